#include "ctl/command/table.h"

#define COMMAND(word, name, help) {name, help, &word##_program, word##_serve},
const struct command commands[] = {
#include "ctl/command/commands.h"
    {NULL, NULL, NULL, NULL},
};
#undef COMMAND
