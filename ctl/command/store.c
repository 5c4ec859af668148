/* `dianchen store`: care of the store as a whole. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/print.h"
#include "common/log/log.h"
#include "common/store/store.h"
#include "ctl/command/table.h"
#include "ctl/show/digits.h"

static const char *url;
static const struct config_option options[] = {OPT_SETTING(STORE, url)};
static const char *const operands[] = {"backup", "copy", "[WORD...]", NULL};
const struct config_program store_program = COMMAND_PROGRAM(
    "store backup FILE | copy sqlite:FILE postgresql://USER@HOST/DATABASE",
    "backup: a consistent copy of the store into the new file FILE, while runs go on.\n"
    "copy:   everything moves into a PostgreSQL database that holds no run yet, and the file is retired. No run may\n"
    "        be open. A password comes by PGPASSWORD, PGPASSWORD_FILE or PGPASSFILE.",
    options, .operands = operands, .operand_most = 3);

static int serve_backup(char **words)
{
    struct cause cause;
    int error = store_backup(url, words[0], &cause);
    if (error != 0) {
        return log_fatal(&cause, error == ERR_INPUT || error == ERR_NOT_FOUND ? EXIT_USAGE : EXIT_REFUSED);
    }
    struct stat st;
    char size[32];
    print_line(stdout, "%s: a consistent copy of the store, %s bytes; it is opened with --store sqlite:%s", words[0],
               digits_of(stat(words[0], &st) == 0 ? (int64_t)st.st_size : 0, size, sizeof size), words[0]);
    return EXIT_COMPLETE;
}

static int serve_copy(char **words)
{
    struct cause cause;
    int64_t rows = 0;
    int error = store_copy(words[0], words[1], &rows, &cause);
    if (error != 0) {
        return log_fatal(&cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    }
    char shown[DIGITS_ROOM];
    print_line(stdout, "%s rows copied; %s is retired: set DIANCHEN_STORE to the new one",
               digits_of(rows, shown, sizeof shown), words[0]);
    return EXIT_COMPLETE;
}

/* What can be done with a store. `operands`: as many as that the synopsis names. */
static const struct action {
    const char *name, *synopsis;
    size_t operands;
    int (*serve)(char **words);
} actions[] = {
    {"backup", "dianchen store backup FILE", 1, serve_backup},
    {"copy", "dianchen store copy sqlite:FILE postgresql://USER@HOST/DATABASE", 2, serve_copy},
};

int store_serve(char **words, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (secret_url_has(words[i])) {
            print_line(stderr,
                       "dianchen: store %s: a password among the words shows in ps: give it by PGPASSWORD, "
                       "PGPASSWORD_FILE or PGPASSFILE",
                       words[0]);
            return EXIT_USAGE;
        }
    }
    for (size_t i = 0; count > 0 && i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(words[0], actions[i].name) == 0) {
            if (count - 1 == actions[i].operands) {
                return actions[i].serve(words + 1);
            }
            print_line(stderr, "dianchen: store %s: usage: %s", actions[i].name, actions[i].synopsis);
            return EXIT_USAGE;
        }
    }
    print_line(stderr, "dianchen: store: usage: %s", store_program.synopsis);
    return EXIT_USAGE;
}
