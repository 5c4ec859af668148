/* `dianchen console`: becomes the program console, which stands beside this one. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/config/console.h"
#include "common/log/log.h"
#include "ctl/children/child.h"
#include "ctl/command/table.h"

static struct console_order order;
static const struct config_option options[] = {CONSOLE_OPTIONS(order)};
static const char *const operands[] = CONSOLE_OPERANDS;
const struct config_program console_program =
    COMMAND_PROGRAM("console [OPTION...] | dianchen console token new --name NAME [--read-only]",
                    "The web console and its API. Prints a link that logs one browser in, once.\n"
                    "token new: prints a token for programs and for logging in; token list, token remove NAME.\n"
                    "password: asks for a password, and prints the line for --password-file.",
                    options, .operands = operands, .operand_most = CONSOLE_WORDS);

int console_serve(char **words, size_t count)
{
    char path[PATH_MAX];
    struct cause cause;
    const char *argv[CHILD_WORDS_ALL + CONSOLE_WORDS] = {path};
    const struct {
        const char *flag, *value;
    } pairs[] = {{"--scheme", order.scheme},
                 {"--log", order.log},
                 {"--bind", order.bind},
                 {"--at", order.at},
                 {"--metrics", order.metrics},
                 {"--name", order.name},
                 {"--tls-certificate", order.certificate},
                 {"--tls-key", order.key},
                 {"--password-file", order.password},
                 {"--host", order.hosts}};
    const struct {
        const char *flag;
        bool on;
    } switches[] = {{"--read-only", order.read_only}, {"--published", order.published}, {"--no-link", order.no_link}};
    size_t n = child_put_env_file(argv, 1);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (pairs[i].value) {
            argv[n++] = pairs[i].flag;
            argv[n++] = pairs[i].value;
        }
    }
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++) {
        if (switches[i].on) {
            argv[n++] = switches[i].flag;
        }
    }
    for (size_t i = 0; i < count; i++) {
        argv[n++] = words[i];
    }
    argv[n] = NULL;
    if (child_path("console", path, sizeof path, &cause) != 0) {
        return log_fatal(&cause, EXIT_USAGE);
    }
    /* Not among the words: a password may stand in it, and words show in ps. */
    if (setenv("DIANCHEN_STORE", order.store, 1) == 0) {
        execv(path, (char *const *)argv);
    }
    char why[128];
    (void)cause_set(&cause, ERR_IO, "%s: %s", path, strerror_r(errno, why, sizeof why));
    return log_fatal(&cause, EXIT_REFUSED);
}
