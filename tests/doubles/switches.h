/* The switches of a double: one table tells flags, live settings and help. */
#ifndef DOUBLES_SWITCHES_H
#define DOUBLES_SWITCHES_H

#include "blob.h"
#include "form.h"

enum { SWITCH_TEXT_ROOM = 4096 };

enum switch_kind {
    SWITCH_COUNT,  /* int64_t, 0 or more */
    SWITCH_SIGNED, /* int64_t */
    SWITCH_RATE,   /* double, 0..1 */
    SWITCH_FLAG,   /* int64_t, 0 or 1 */
    SWITCH_CHOICE, /* int64_t, index into `choices` */
    SWITCH_TEXT,   /* char[SWITCH_TEXT_ROOM] */
};
struct switch_entry {
    const char *name;
    enum switch_kind kind;
    void *value;
    const char *fallback; /* default as text; must be valid */
    const char *choices;  /* "first|always|never" */
    const char *help;
};

/* Makes `table` (ending with a NULL name) the one in force and sets every default. */
void switches_init(const struct switch_entry *table);
/* Reads `--name value`, `--name=value`; prints help and exits 0, or exits 2 on anything unknown. */
void switches_read(int argc, char **argv, const char *about);
/* All of them or none. false: *fault says what is wrong. */
bool switches_set(const struct form *form, struct blob *fault);
/* The table as one JSON object of texts. */
void switches_print(struct blob *out);

#endif
