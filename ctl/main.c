#include <stdio.h>
#include <string.h>

#include "ctl/command.h"

const struct command commands[] = {
    {"check", "try scheme, store and both APIs with real calls that change nothing", command_check},
    {"lookup", "ids of the target: accounts, units, categories, materials", command_lookup},
    {"preview", "fetch a page and map it: source and payload side by side; writes nothing", command_preview},
    {"run", "one run on this machine: starts the stages, shows progress, prints the report", command_run},
    {"status", "what goes on", command_status},
    {"top", "live: what flows, what waits, and which stage or API limits it", command_top},
    {"report", "what a run did", command_report},
    {"rejects", "what was refused, and why", command_rejects},
    {"explain", "everything known of one record", command_explain},
    {"store", "backup: a copy of the store while runs go on", command_store_care},
    {"lint", "a scheme's errors with line and path", command_lint},
    {"keys", "make the keys by which stages on several hosts know each other", command_keys},
    {"health", "how a stage does, by its /healthz", command_health},
    {NULL, NULL, NULL},
};

static int usage(FILE *out)
{
    fputs("dianchen: copies records from 旺店通·企业奇门 into 金蝶云星辰V1, and can prove what it did with each one\n"
          "usage: dianchen COMMAND [OPTION...]\n\n",
          out);
    for (const struct command *c = commands; c->name != NULL; c++) {
        fprintf(out, "  %-8s  %s\n", c->name, c->about);
    }
    fputs(
        "\ndianchen COMMAND --help tells its options. Exit codes: 0 complete, 1 refused or failed, 2 wrong before any\n"
        "call, 3 complete with rejects, 4 unfinished and resumable.\n",
        out);
    return out == stdout ? EXIT_COMPLETE : EXIT_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        return usage(stderr);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        return usage(stdout);
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("dianchen %s\n", dianchen_version);
        return EXIT_COMPLETE;
    }
    for (const struct command *c = commands; c->name != NULL; c++) {
        if (strcmp(argv[1], c->name) == 0) {
            return c->serve(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "dianchen: %s: no such command; dianchen --help lists them\n", argv[1]);
    return EXIT_USAGE;
}
