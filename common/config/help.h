/* `--help` of every program, from its table of options. */
#ifndef DIANCHEN_COMMON_CONFIG_HELP_H
#define DIANCHEN_COMMON_CONFIG_HELP_H

#include "common/config/option.h"

extern const char config_exit_codes[]; /* a line for people: the meaning of each exit code */

/* Prints on stdout, in the person's language: usage, purpose, options with the help of their settings, exit codes. */
void config_help(const struct config_program *program);

#endif
