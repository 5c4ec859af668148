/* What the book of the entity in use (fields.h) answers when it is asked: one record, several, lists. */
#ifndef DOUBLES_LOOKUPS_H
#define DOUBLES_LOOKUPS_H

#include "blob.h"

struct lookup_settings {
    int64_t detail_batch_number; /* 0: material_detail_batch takes ids only */
    int64_t not_found;           /* 0: success:false, 1: data null */
    int64_t visible_ms;          /* a new material is shown that much later */
    int64_t more_units;          /* 1: the list of units has a fourth, 吨 */
    int64_t no_units;            /* 1: the list of units is empty, as for a user who may not see it */
    int64_t list_max;            /* most rows of a list page */
    int64_t list_ignores_page;   /* 1: every page is page 1 */
    int64_t list_count;          /* enum list_told */
    int64_t list_totalpage;      /* enum list_told */
    int64_t list_tells;          /* 0: pagesize and totalpage of the capped size, 1: of the size asked for */
    int64_t list_pad;            /* bytes more in each row of a list of records */
    int64_t list_moves;          /* after each page of materials the first N go to the end */
    int64_t list_moves_for;      /* pages after which that ends; 0 = never */
    int64_t list_swaps;          /* after this page of materials, once, the first is deleted and one made; 0 = never */
    int64_t list_search;         /* enum list_search: what `search` looks at */
};
enum list_search { SEARCH_ALL, SEARCH_NAMES, SEARCH_NOTHING };
enum list_told { TOLD, TOLD_ZERO, TOLD_NOT, TOLD_LESS };
extern struct lookup_settings lookup_settings;

/* Each puts the whole reply. false: the request was malformed (the reply says so). */
bool lookup_detail(const char *body, size_t length, struct blob *out);
bool lookup_details(const char *body, size_t length, struct blob *out);
bool lookup_list(const char *body, size_t length, struct blob *out);
bool lookup_groups(const char *body, size_t length, struct blob *out);
bool lookup_units(const char *body, size_t length, struct blob *out);
void lookup_refuse(struct blob *out, const char *code, const char *message);

#endif
