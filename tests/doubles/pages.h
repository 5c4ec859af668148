/* Pages of shops as the API replies them; the first 64 MiB of them are kept rendered. */
#ifndef DOUBLES_PAGES_H
#define DOUBLES_PAGES_H

#include "blob.h"

struct MHD_Response;

enum page_total { TOTAL_FIRST, TOTAL_ALWAYS, TOTAL_NEVER, TOTAL_PAGE };
enum page_empty { EMPTY_ARRAY, EMPTY_ABSENT, EMPTY_OBJECT, EMPTY_STRING, EMPTY_NULL };

enum page_form { FORM_ARRAY, FORM_OBJECT, FORM_NESTED, FORM_STRING, FORM_SINGLE, FORM_TABLE, FORM_NUMBER };
enum page_zero { ZERO_OWN, ZERO_IS_ONE };

struct page_settings {
    int64_t total;                                           /* enum page_total */
    int64_t total_off;                                       /* total_count is that much too large */
    int64_t page_cap;                                        /* most rows of a page, whatever was asked; 0 = as asked */
    int64_t page_zero;                                       /* enum page_zero */
    int64_t short_rows;                                      /* first rows that short_pages leave out */
    int64_t left_out;                                        /* every so manieth place of the list shows nothing */
    int64_t list_form;                                       /* enum page_form */
    int64_t empty;                                           /* enum page_empty: how an empty list looks */
    int64_t flag;                                            /* 1: flag:"success", code:0 beside errorcode */
    int64_t repeat_page;                                     /* this page answers as the one before; 0 = none */
    int64_t bad_status;                                      /* HTTP status of bad_pages */
    int64_t endless;                                         /* 1: beyond the end the last page comes again */
    char list_key[4096], short_pages[4096], bad_pages[4096]; /* lists of page numbers: "0,2" */
};
extern struct page_settings page_settings;

struct record_table;
struct form;
struct page_query {
    const struct record_table *table; /* records.h; NULL = shops */
    const struct form *form;          /* the call, for what a table filters by; lives as long as the call */
    char platform[64], shop_no[64], is_disabled[4];
    int64_t page_no, page_size;
};
struct page_fact {
    uint64_t key; /* of the query */
    size_t rows;
    bool repeated, beyond;
};

/* What the page will hold. */
struct page_fact page_look(const struct page_query *q);
void page_render(struct blob *out, const struct page_query *q);
/* The rendered page, kept for the next time; NULL when the store of pages is full. */
struct MHD_Response *page_kept(const struct page_query *q);
/* Whether the list names this page. */
bool page_is_listed(const char *list, int64_t page_no);
void pages_forget(void); /* after any change */

#endif
