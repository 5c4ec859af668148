/* Flags beat environment, environment beats the env file (--env-file FILE, default .env where it
 * stands), that beats defaults. Every secret NAME may also come as NAME_FILE: a file whose contents,
 * less one trailing line end, are the value. One table per program parses, checks, documents. */
#ifndef DIANCHEN_COMMON_CONFIG_H
#define DIANCHEN_COMMON_CONFIG_H

#include "common/error.h"
#include "common/text.h"

enum config_kind {
    CONFIG_TEXT,     /* const char * */
    CONFIG_SECRET,   /* const char *; registered with log_secret; no flag (flags show in ps) */
    CONFIG_COUNT,    /* int64_t; minimum..maximum */
    CONFIG_DURATION, /* int64_t milliseconds, written 500ms, 15s, 2m, 30d; minimum..maximum ms */
    CONFIG_SWITCH,   /* bool; a flag without value; no environment name */
    CONFIG_URL, /* const char *; a password may stand in it: also by NAME_FILE, and a flag for where there is none */
};

struct config_option {
    const char *flag; /* "--scheme", or NULL where only the environment serves */
    const char *name; /* "DIANCHEN_SCHEME", or NULL where only the flag serves */
    enum config_kind kind;
    const char *fallback;     /* NULL = unset (text NULL, numbers left as they stand in *value) */
    bool required;            /* missing or empty: ERR_INPUT with the name and where to set it */
    const char *help;         /* one line */
    void *value;              /* where it goes, by kind; texts live as long as the program */
    int64_t minimum, maximum; /* of numbers; both 0 = any that is >= 0 */
};

struct config_program {
    const char *name;     /* "extractor" */
    const char *synopsis; /* "extractor [--once] [OPTION...]" */
    const char *about;    /* lines printed above the table by --help */
    const struct config_option *options;
    size_t option_count;
    const char *const *operands; /* names of operands for --help, NULL-terminated, or NULL */
};

enum config_result { CONFIG_GO = 0, CONFIG_DONE = 1 /* --help or --version was served on stdout: exit 0 */ };

/* Reads all of it. CONFIG_GO, CONFIG_DONE, or ERR_INPUT with the cause ("--bnid: no such option; did
 * you mean --bind?"). Operands (words that are no flags; "--" ends flags) are left in *operands,
 * pointing into argv. --flag VALUE and --flag=VALUE both work. --help, --version and --env-file are
 * known to every program. A variable that is set but empty counts as unset. */
int config_read(const struct config_program *program, int argc, char **argv, char ***operands, size_t *operand_count,
                struct cause *cause) WARN_UNUSED;

/* After config_read: a variable by name from environment or env file (for {{env.NAME}} of schemes);
 * NULL when unset or empty. Also NAME_FILE. */
const char *config_variable(const char *name);
/* What --env-file named, for programs that start others; NULL when it was not given. */
const char *config_env_file(void);
/* "15s" to milliseconds. ERR_SYNTAX. */
int config_duration(struct text t, int64_t *out_ms) WARN_UNUSED;

/* "Did you mean": the known word that is nearest to `word`, or NULL when none is near. */
const char *config_nearest(const char *word, const char *const *known, size_t count);

extern const char dianchen_version[]; /* "0.1.0" */

#endif
