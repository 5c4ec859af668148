/* Every setting of every program, made from the one table in settings.h: `--help`, `dianchen settings`, env.example and
 * the table of docs/operation.md come from it (tests/deploy/test_settings.sh). A program binds a row to a variable of
 * its own with OPT_SETTING of config.h. To add a setting: a row in settings.h, OPT_SETTING where it is used, `make
 * docs`. */
#ifndef DIANCHEN_COMMON_CONFIG_SETTING_H
#define DIANCHEN_COMMON_CONFIG_SETTING_H

#include <stdbool.h>
#include <stdint.h>

enum config_kind {
    CONFIG_TEXT,     /* const char * */
    CONFIG_SECRET,   /* const char *; registered with secret_add; no flag (flags show in ps) */
    CONFIG_COUNT,    /* int64_t; minimum..maximum */
    CONFIG_DURATION, /* int64_t milliseconds, written 500ms, 15s, 2m, 30d; minimum..maximum ms */
    CONFIG_SWITCH,   /* bool; a flag without value; no environment name */
    CONFIG_URL,      /* const char *; may hold a password, so NAME_FILE works too; the flag is for URLs without one */
};

#define SETTING(id, ...) SETTING_##id,
enum config_setting_id {
#include "common/config/settings.h"
    SETTING_COUNT
};
#undef SETTING

/* Who reads a setting. */
enum { BY_EXTRACTOR = 1, BY_TRANSFORMER = 2, BY_LOADER = 4, BY_DIANCHEN = 8, BY_STAGES = 7, BY_ALL = 15 };

struct config_setting {
    const char *name;         /* "DIANCHEN_SCHEME", of the environment and the env file */
    const char *const *names; /* NULL = `name` alone; else all names to look for, in this order; NULL at the end */
    const char *flag;         /* "--scheme", or NULL */
    const char *fallback;     /* its default; NULL = unset */
    const char *otherwise;    /* the default as docs tell it, where `fallback` can't; else NULL */
    const char *help;         /* one line */
    const char *section;      /* the title above it and the rows that follow; NULL = it belongs to the row before it */
    int64_t minimum, maximum; /* of numbers; both 0 = any that is >= 0 */
    enum config_kind kind;
    unsigned who;
    bool required;  /* missing or empty: ERR_INPUT with the name and where to set it */
    bool fill;      /* env.example has it without # in front, though it may stay unset */
    bool of_scheme; /* a scheme may name it */
    bool apart;     /* not in --help: a scheme names it, or a library reads it */
};

extern const struct config_setting config_settings[SETTING_COUNT];

#endif
