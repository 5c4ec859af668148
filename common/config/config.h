/* The options of a program, from one table that parses, checks and documents them. Flags beat the environment, that
 * beats the env file (--env-file FILE; default .env, if it exists), that beats the defaults. A secret NAME may also
 * come as NAME_FILE: the value is the contents of that file without one trailing line end. Call from one thread, at the
 * start. */
#ifndef DIANCHEN_COMMON_CONFIG_CONFIG_H
#define DIANCHEN_COMMON_CONFIG_CONFIG_H

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/config/option.h"

enum config_result { CONFIG_GO = 0, CONFIG_DONE = 1 /* --help or --version was served on stdout: exit 0 */ };

/* Reads all options. CONFIG_GO, CONFIG_DONE, or ERR_INPUT with the cause ("--bnid: no such option; did
 * you mean --bind?"). *operands gets the words that are no flags ("--" ends the flags); they point
 * into argv. --flag VALUE and --flag=VALUE both work. --help, --version, --env-file and
 * --lang are known to every program. A variable that is set but empty counts as unset. */
int config_read(const struct config_program *program, int argc, char **argv, char ***operands, size_t *operand_count,
                struct cause *cause) WARN_UNUSED;

/* Chooses the language of what is printed, as config_read does: by --lang among the words, or by the environment.
 * ERR_INPUT with a cause. For a program that prints before it reads its options. */
int config_language(int argc, char **argv, struct cause *cause) WARN_UNUSED;

/* After config_read: a variable by name from environment or env file (for {{env.NAME}} of schemes);
 * NULL when unset or empty. Also NAME_FILE. */
const char *config_variable(const char *name);
struct config_needed {
    enum config_setting_id id;
    const char *value; /* NULL = not set */
};
/* For options that are `checked_later`: 0, or ERR_INPUT with the names of all that are missing, and where to set
 * them. */
int config_needs(const struct config_needed *needed, size_t count, struct cause *cause) WARN_UNUSED;
/* As config_variable, without NAME_FILE: a scheme must not make a program read a file. */
const char *config_variable_plain(const char *name);
/* Does NAME or NAME_FILE stand in the environment, so that what the env file says of them is not read? Any thread. */
bool config_in_environment(const char *name);
/* Set for the programs that a program starts: they don't repeat its warnings about the env file. */
#define CONFIG_CHILD "DIANCHEN_CHILD"
/* The value of --env-file, for programs that start others; NULL if it was not given. */
const char *config_env_file(void);
/* "15s" to milliseconds. ERR_SYNTAX. */
int config_duration(struct text t, int64_t *out_ms) WARN_UNUSED;

/* "Did you mean": the known word that is nearest to `word`, or NULL when none is near. */
const char *config_nearest(const char *word, const char *const *known, size_t count);

extern const char dianchen_version[]; /* "0.1.0" */

#endif
