/* `--help` of every program, from its table of options. */
#ifndef DIANCHEN_COMMON_CONFIG_HELP_H
#define DIANCHEN_COMMON_CONFIG_HELP_H

#include "common/config/option.h"

extern const char config_exit_codes[]; /* a line for people: what each exit code says */

/* On stdout, in the person's language: usage, what it does, its options with what their settings say, its exit codes. */
void config_help(const struct config_program *program);

#endif
