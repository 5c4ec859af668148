/* A program and its options, as a table: config.h reads it, `--help` prints it (help.h), docs are made from it. */
#ifndef DIANCHEN_COMMON_CONFIG_OPTION_H
#define DIANCHEN_COMMON_CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config/setting.h"

/* The type of the variable at `value`. */
enum config_holds { CONFIG_HOLDS_TEXT, CONFIG_HOLDS_NUMBER, CONFIG_HOLDS_SWITCH };

/* A row of a program's options: written by the macros below. */
struct config_option {
    const struct config_setting *setting; /* NULL = a flag of this program alone */
    const char *flag;                     /* "--limit" */
    const char *name;                     /* a variable; for tests: those of programs are settings */
    const char *fallback;                 /* NULL = the setting's, or unset: texts NULL, numbers as *value is */
    const char *help;                     /* one line; NULL = the setting's */
    void *value;                          /* where it goes, by kind; texts live as long as the program */
    int64_t minimum, maximum;             /* of numbers; both 0 = any that is >= 0 */
    enum config_kind kind;
    enum config_holds holds;
    bool required;
    bool checked_later; /* required, but not by config_read: the code that needs it calls config_needs */
};

#define OPT_INTO(v)                                                                                                    \
    .value = &(v), .holds = _Generic(&(v), const char **                                                               \
                                     : CONFIG_HOLDS_TEXT, int64_t *                                                    \
                                     : CONFIG_HOLDS_NUMBER, bool *                                                     \
                                     : CONFIG_HOLDS_SWITCH)
/* More members may follow the arguments: OPT_SETTING(LOG, o.log, .fallback = "warn"). */
#define OPT_SETTING(id, v, ...)                                                                                        \
    {                                                                                                                  \
        .setting = &config_settings[SETTING_##id], OPT_INTO(v), __VA_ARGS__                                            \
    }
#define OPT_KIND(kind_, flag_, v, ...)                                                                                 \
    {                                                                                                                  \
        .flag = (flag_), .kind = (kind_), OPT_INTO(v), .help = __VA_ARGS__                                             \
    }
#define OPT_TEXT(flag_, v, ...) OPT_KIND(CONFIG_TEXT, flag_, v, __VA_ARGS__)
#define OPT_SWITCH(flag_, v, ...) OPT_KIND(CONFIG_SWITCH, flag_, v, __VA_ARGS__)
/* Numbers of least..most; a duration in ms. Both 0: any that is not negative. */
#define OPT_COUNT(flag_, v, least, most, ...)                                                                          \
    OPT_KIND(CONFIG_COUNT, flag_, v, __VA_ARGS__, .minimum = (least), .maximum = (most))
#define OPT_DURATION(flag_, v, least, most, ...)                                                                       \
    OPT_KIND(CONFIG_DURATION, flag_, v, __VA_ARGS__, .minimum = (least), .maximum = (most))

struct config_program {
    const char *name;     /* "extractor" */
    const char *synopsis; /* "extractor [--once] [OPTION...]" */
    const char *about;    /* lines printed above the table by --help */
    const struct config_option *options;
    size_t option_count;
    const char *const *operands; /* names of operands for --help, NULL-terminated, or NULL */
    size_t operand_most;         /* 0 = any number of them */
};

#endif
