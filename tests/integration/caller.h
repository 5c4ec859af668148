/* Single right calls to the doubles, made by the test itself: to judge a double without any of the programs. */
#ifndef DIANCHEN_TESTS_CALLER_H
#define DIANCHEN_TESTS_CALLER_H

#include "tests/integration/rig.h"

struct caller_reply {
    long status; /* 0: no reply came */
    char *body;  /* NUL-terminated behind `size` bytes */
    size_t size;
    char type[120], encoding[40], location[200], retry_after[60];
};

/* One signed wdt.shop.query for this page; `decoded`: libcurl undoes Content-Encoding. Freed by caller_free. */
struct caller_reply caller_page(const char *source, int page_no, int page_size, bool decoded);
/* A POST of the body to `path` ("jdy/basedata/material_list") with the token; login is caller_token's. */
struct caller_reply caller_post(const char *target, const char *path, const char *token, const char *body);
/* Logs in; the whole reply, and the token where it worked ("" else). */
struct caller_reply caller_login(const char *target, char token[200]);
/* tests/doubles/README.md has a row for every switch of this double, else the test fails. */
void caller_manual_names_switches(const char *double_url);
void caller_free(struct caller_reply *reply);
/* The body as JSON; fails where it is none. The caller deletes. */
cJSON *caller_json(const struct caller_reply *reply);

#endif
