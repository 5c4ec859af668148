/* `dianchen store`: care of the store as a whole. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"
#include "common/stage.h"
#include "ctl/command.h"

static int serve_backup(const struct stage_options *o, char **operands)
{
    struct cause cause;
    int error = store_backup(o->store, operands[0], &cause);
    if (error != 0) {
        return log_fatal(&cause, error == ERR_INPUT || error == ERR_NOT_FOUND ? EXIT_USAGE : EXIT_REFUSED);
    }
    struct stat st;
    char size[32];
    printf("%s: a consistent copy of the store, %s bytes; it is opened with --store sqlite:%s\n", operands[0],
           command_digits(stat(operands[0], &st) == 0 ? (int64_t)st.st_size : 0, size, sizeof size), operands[0]);
    return EXIT_COMPLETE;
}

static int serve_copy(const struct stage_options *o, char **operands)
{
    (void)o;
    struct cause cause;
    int64_t rows = 0;
    int error = store_copy(operands[0], operands[1], &rows, &cause);
    if (error != 0) {
        return log_fatal(&cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    }
    char digits[32];
    printf("%s rows copied; %s is retired: set DIANCHEN_STORE to the new one\n",
           command_digits(rows, digits, sizeof digits), operands[0]);
    return EXIT_COMPLETE;
}

/* What can be done with a store. Operands: all that the synopsis names. */
static const struct action {
    const char *name, *synopsis;
    size_t operands;
    int (*serve)(const struct stage_options *o, char **operands);
} actions[] = {
    {"backup", "dianchen store backup FILE", 1, serve_backup},
    {"copy", "dianchen store copy sqlite:FILE postgresql://USER@HOST/DATABASE", 2, serve_copy},
};

int command_store_care(int argc, char **argv)
{
    struct stage_options o = {0};
    const struct config_option options[] = {STAGE_OPTION_STORE(o)};
    static const char *const names[] = {"backup", "copy", "[WORD...]", NULL};
    const struct config_program program = {
        "dianchen",
        "dianchen store backup FILE | copy sqlite:FILE postgresql://USER@HOST/DATABASE",
        "backup: a consistent copy of the store into the new file FILE, while runs go on.\n"
        "copy:   everything moves into a PostgreSQL database that holds no run yet, and the file is retired. No run "
        "may\n"
        "        be open. A password comes by PGPASSWORD, PGPASSWORD_FILE or PGPASSFILE.",
        options,
        sizeof options / sizeof *options,
        names};
    char **operands = NULL;
    size_t count = 0;
    int exit_code = EXIT_COMPLETE;
    if (command_read(&program, argc, argv, 3, &operands, &count, &exit_code) != 0) {
        return exit_code;
    }
    for (size_t i = 0; count > 0 && i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(operands[0], actions[i].name) == 0) {
            if (count - 1 == actions[i].operands) {
                return actions[i].serve(&o, operands + 1);
            }
            fprintf(stderr, "dianchen: store %s: usage: %s\n", actions[i].name, actions[i].synopsis);
            return EXIT_USAGE;
        }
    }
    fprintf(stderr, "dianchen: store: usage: %s\n", program.synopsis);
    return EXIT_USAGE;
}
