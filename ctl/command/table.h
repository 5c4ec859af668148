/* The commands of `dianchen`: one file each, one row each in commands.h, from which main dispatches and `--help` is made.
 * To add a command: a file that defines WORD_program and WORD_serve, and that row. */
#ifndef DIANCHEN_CTL_COMMAND_TABLE_H
#define DIANCHEN_CTL_COMMAND_TABLE_H

#include "common/config/config.h"

/* Prints what was asked for on stdout, messages on stderr. `words` are the operands, at most as many as the command's
 * program permits. Returns the exit code. */
typedef int command_fn(char **words, size_t count);

struct command {
    const char *name; /* "check", or two words: "rejects replay" */
    const char *help; /* one line */
    const struct config_program *program;
    command_fn *serve;
};
extern const struct command commands[]; /* ends with a NULL name */

/* The program of a command: `options` is an array. */
#define COMMAND_PROGRAM(synopsis_, about_, options_, ...)                                                              \
    {                                                                                                                  \
        .name = "dianchen", .synopsis = "dianchen " synopsis_, .about = (about_), .options = (options_),               \
        .option_count = sizeof(options_) / sizeof *(options_), __VA_ARGS__                                             \
    }

#define COMMAND(word, name, help)                                                                                      \
    extern const struct config_program word##_program;                                                                 \
    command_fn word##_serve;
#include "ctl/command/commands.h"
#undef COMMAND

#endif
