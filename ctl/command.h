/* The commands of `dianchen`. Each reads its own words (argv[0] is the command's name), prints what was
 * asked for on stdout, and returns the exit code. */
#ifndef DIANCHEN_CTL_COMMAND_H
#define DIANCHEN_CTL_COMMAND_H

#include "common/config.h"
#include "common/store.h"

struct command {
    const char *name;
    const char *about; /* one line */
    int (*serve)(int argc, char **argv);
};
extern const struct command commands[]; /* ends with a NULL name */

int command_check(int argc, char **argv);
int command_lookup(int argc, char **argv);
int command_preview(int argc, char **argv);
int command_run(int argc, char **argv);
int command_status(int argc, char **argv);
int command_top(int argc, char **argv);
int command_report(int argc, char **argv);
int command_rejects(int argc, char **argv);
int command_replay(int argc, char **argv); /* `rejects replay`, argv[0] is "replay" */
int command_explain(int argc, char **argv);
int command_store_care(int argc, char **argv);
int command_lint(int argc, char **argv);
int command_keys(int argc, char **argv);
int command_health(int argc, char **argv);

/* A command's words by its option table. 0 = go on; else *exit_code says how to end. At most `most` operands. */
int command_read(const struct config_program *program, int argc, char **argv, size_t most, char ***operands,
                 size_t *count, int *exit_code);

/* Opens the store for reading; without one there is nothing to tell yet: says so. 0, or *exit_code is set. */
int command_store(const char *url, struct store **out, int *exit_code);

/* An operand that must be a positive number. 0, or prints the fault and returns EXIT_USAGE. */
int command_number(const char *what, const char *word, int64_t *out);

/* Digits in groups of three: "1,234,567". Returns `out`. */
char *command_digits(int64_t n, char *out, size_t room);

#endif
