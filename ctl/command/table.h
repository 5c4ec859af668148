/* The table of `dianchen`'s commands. Each has a file, and a row in commands.h; main and `--help` go by these rows.
 * To add a command: write a file that defines WORD_program and WORD_serve, and add that row. */
#ifndef DIANCHEN_CTL_COMMAND_TABLE_H
#define DIANCHEN_CTL_COMMAND_TABLE_H

#include "common/config/config.h"

/* Runs a command: prints the result on stdout, messages on stderr. `words` are the operands, no more than the command's program
 * permits; they live as long as the process. May block. Returns the exit code. */
typedef int command_fn(char **words, size_t count);

struct command {
    const char *name; /* "check", or two words: "rejects replay" */
    const char *help; /* one line */
    const struct config_program *program;
    command_fn *serve;
};
extern const struct command commands[]; /* ends with a NULL name */

/* Defines the program of a command; `options_` must be an array. */
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
