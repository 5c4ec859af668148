/* What the source holds beside shops: tables of records, made from a seed when their number is set, kept field by field so
 * that each can be edited. */
#ifndef DOUBLES_RECORDS_H
#define DOUBLES_RECORDS_H

#include "form.h"
#include "pages.h"

enum { RECORD_FIELDS_MAX = 40, RECORD_PARAMS_MAX = 10 };

struct record_field {
    const char *name;
    enum { RECORD_TEXT, RECORD_NUMBER /* as shop_settings.numbers says */, RECORD_JSON } kind;
};
struct record_table {
    const char *name, *method, *list; /* "warehouse"; of the call; key of the list in a reply */
    const char
        *params[RECORD_PARAMS_MAX];    /* beside page_no and page_size; one that a field is named after filters by it */
    const struct record_field *fields; /* the first is the key */
    size_t field_count;
    int64_t *wanted;      /* the switch with the number of records */
    const char *modified; /* field with the time of the last change */
    const char *shipped;  /* field that a window filters by, unless is_by_modified=1 is sent; NULL = modified */
    bool windowed;        /* start_time and end_time are needed, or the key */
    void (*make)(size_t index, char *values[]);
};

struct record_settings {
    int64_t warehouses, goods, stockouts, providers;
    int64_t goods_days; /* over which their changes are spread */
    int64_t shown_late; /* seconds until a change shows; until then its record does not */
};
extern struct record_settings record_settings;

/* NULL when there is none; `method` without the prefix of its SDK. */
const struct record_table *record_table_by_method(const char *method);
const struct record_table *record_table_by_name(const char *name); /* NULL allowed */

void records_make(void); /* as the settings say; what is there already stays */
void records_fini(void);
/* As pages.h, for q->table. */
/* Why a table takes no such call, or NULL. */
const char *record_refuses(const struct page_query *q);
struct page_fact record_page_look(const struct page_query *q);
void record_page_render(struct blob *out, const struct page_query *q);
/* Controls: sets fields of a record and bumps `modified`; takes one away; prints the keys, a line each. */
bool records_edit(const struct record_table *table, const char *key, const struct form *form);
bool records_remove(const struct record_table *table, const char *key);
void records_list(const struct record_table *table, struct blob *out);
bool records_print(const struct record_table *table, const char *key, struct blob *out); /* as a page would hold it */

#endif
