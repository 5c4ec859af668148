/* dianchen: finds the command in the table, reads its options, serves it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/base/columns.h"
#include "common/base/harden.h"
#include "common/base/language.h"
#include "common/base/print.h"
#include "common/config/help.h"
#include "common/log/log.h"
#include "ctl/command/table.h"

enum { COMMANDS_MOST = 64 };

static int usage(FILE *out)
{
    print_line(out,
               "dianchen: copies records from 旺店通·企业奇门 into 金蝶云星辰V1, and can prove what it did with each "
               "one");
    print_line(out, "usage: %s", "dianchen COMMAND [OPTION...]");
    print_line(out, "%s", "");
    for (const struct command *c = commands; c->name != NULL; c++) {
        print_line(out, "  %-14s  %s", c->name, _(c->help));
    }
    print_line(out, "%s", "");
    print_line(out, "dianchen COMMAND --help tells its options, --lang zh speaks Chinese.");
    print_line(out, "%s", _(config_exit_codes));
    return out == stdout ? EXIT_COMPLETE : EXIT_USAGE;
}

/* How many words of argv the command's name takes; 0 = it is not this one. */
static int words_taken(const struct command *command, int argc, char **argv)
{
    const char *name = command->name;
    int taken = 0;
    while (taken < argc) {
        size_t size = strcspn(name, " ");
        if (strlen(argv[taken]) != size || strncmp(argv[taken], name, size) != 0) {
            return 0;
        }
        taken++;
        if (name[size] == '\0') {
            return taken;
        }
        name += size + 1;
    }
    return 0;
}

static int serve(const struct command *command, int argc, char **argv)
{
    struct cause cause;
    char **words = NULL;
    size_t count = 0;
    int result = config_read(command->program, argc, argv, &words, &count, &cause);
    if (result == CONFIG_DONE) {
        return EXIT_COMPLETE;
    }
    if (result == 0) {
        result = log_open("dianchen", "warn", &cause);
    }
    return result != 0 ? log_fatal(&cause, EXIT_USAGE) : command->serve(words, count);
}

/* The command that `argv` begins with, and how many words its name takes. NULL: none. */
static const struct command *find(int argc, char **argv, int *taken)
{
    const struct command *found = NULL;
    *taken = 0;
    for (const struct command *c = commands; c->name != NULL; c++) {
        int words = words_taken(c, argc, argv);
        if (words > *taken) {
            found = c;
            *taken = words;
        }
    }
    return found;
}

/* How many words of `--lang zh` stand before the command. */
static int language_words(int argc, char **argv)
{
    int words = 0;
    while (words + 1 < argc) {
        const char *word = argv[words + 1];
        int more = strncmp(word, "--lang=", 7) == 0 ? 1 : strcmp(word, "--lang") == 0 ? 2 : 0;
        if (more == 0 || words + more >= argc) {
            break;
        }
        words += more;
    }
    return words;
}

/* The commands whose first word it is: "dianchen api try, dianchen api new"; "" = none. */
static const char *longer_commands(const char *word, char *out, size_t room)
{
    size_t size = strlen(word), used = 0;
    out[0] = '\0';
    for (const struct command *c = commands; c->name != NULL; c++) {
        if (strncmp(c->name, word, size) == 0 && c->name[size] == ' ' && used < room) {
            used += (size_t)snprintf(out + used, room - used, "%sdianchen %s", used > 0 ? ", " : "", c->name);
        }
    }
    return out;
}

/* Why a word is no command, with the way out. */
static int refuse(const char *word)
{
    const char *names[COMMANDS_MOST];
    char longer[200];
    size_t count = 0;
    for (const struct command *c = commands; c->name != NULL && count < COMMANDS_MOST; c++) {
        names[count++] = c->name;
    }
    const char *nearest = config_nearest(word, names, count);
    if (word[0] == '-') {
        print_line(stderr, "dianchen: %s: first the command, then its options; dianchen --help lists the commands",
                   word);
    } else if (longer_commands(word, longer, sizeof longer)[0] != '\0') {
        print_line(stderr, "dianchen: %s: the next word is missing: %s", word, longer);
    } else if (nearest != NULL) {
        print_line(stderr, "dianchen: %s: no such command; did you mean %s?", word, nearest);
    } else {
        print_line(stderr, "dianchen: %s: no such command; dianchen --help lists them", word);
    }
    return EXIT_USAGE;
}

/* `dianchen help COMMAND` is `dianchen COMMAND --help`. `argv` begins with `help`. */
static void turn_help(int argc, char **argv)
{
    static char flag[] = "--help";
    for (int i = 0; i + 1 < argc; i++) {
        argv[i] = argv[i + 1];
    }
    argv[argc - 1] = flag;
}

static int run(int argc, char **argv)
{
    struct cause cause;
    int taken, before = language_words(argc, argv);
    if (config_language(argc, argv, &cause) != 0) {
        return log_fatal(&cause, EXIT_USAGE);
    }
    int left = argc - 1 - before;
    char **words = argv + 1 + before;
    if (left == 0) {
        return usage(stderr);
    }
    if (strcmp(words[0], "help") == 0) {
        turn_help(left, words);
    }
    if (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0) {
        return usage(stdout);
    }
    if (strcmp(words[0], "--version") == 0) {
        print_line(stdout, "%s %s", "dianchen", dianchen_version);
        return EXIT_COMPLETE;
    }
    const struct command *found = find(left, words, &taken);
    if (found == NULL) {
        return refuse(words[0]);
    }
    for (int i = before; i > 0; i--) { /* behind the command, where its options are read */
        argv[i + taken] = argv[i];
    }
    return serve(found, argc - taken, argv + taken);
}

int main(int argc, char **argv)
{
    harden();
    /* A reader of ours that goes away is seen where we write; our children inherit this. */
    (void)signal(SIGPIPE, SIG_IGN);
    return print_end("dianchen", run(argc, argv));
}
