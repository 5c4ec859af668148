/* What the book answers when it is asked: one material, several, lists. */
#ifndef DOUBLES_LOOKUPS_H
#define DOUBLES_LOOKUPS_H

#include "blob.h"

struct lookup_settings {
    int64_t detail_batch_number; /* 0: material_detail_batch takes ids only */
    int64_t not_found;           /* 0: success:false, 1: data null */
    int64_t visible_ms;          /* a new material is shown that much later */
    int64_t list_max;            /* most rows of a list page */
};
extern struct lookup_settings lookup_settings;

/* Each puts the whole reply. false: the request was malformed (the reply says so). */
bool lookup_detail(const char *body, size_t length, struct blob *out);
bool lookup_details(const char *body, size_t length, struct blob *out);
bool lookup_list(const char *body, size_t length, struct blob *out);
bool lookup_groups(const char *body, size_t length, struct blob *out);
bool lookup_units(const char *body, size_t length, struct blob *out);
void lookup_refuse(struct blob *out, const char *code, const char *message);

#endif
