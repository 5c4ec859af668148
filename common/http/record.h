/* Records calls with their replies, one JSON file a call: evidence for a bug report, which the tests' doubles can replay.
 * Secrets are never in a file; personal fields are masked unless the user asks for them (mask.h). A file is written on the
 * loop's thread, with mode 0600: for investigations, not for every day. The format: docs/cassettes.md. */
#ifndef DIANCHEN_COMMON_HTTP_RECORD_H
#define DIANCHEN_COMMON_HTTP_RECORD_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/base/text.h"

struct curl_slist;
struct http_reply;
struct http_record;

/* The settings. */
struct record_options {
    const char *folder; /* --record; NULL = calls are not recorded */
    const char *fields; /* --record-fields: masked or all; NULL = masked */
};
/* Rows for a program's option table. */
#define RECORD_OPTIONS(o) OPT_SETTING(RECORD, (o).folder), OPT_SETTING(RECORD_FIELDS, (o).fields)

/* *out is NULL when there is no folder. Makes the folder where it is missing (its parent must be there). ERR_INPUT with the
 * cure: the folder can't be made or written, or `fields` is another word. */
int record_open(const struct record_options *options, struct http_record **out, struct cause *cause) WARN_UNUSED;
void record_close(struct http_record **record);

struct record_call {
    void *easy; /* libcurl's handle: the URL and the reply's headers; NULL = libcurl never had the call */
    const struct curl_slist *headers;
    const char *api;
    const char *method;
    struct text body;
    const struct http_reply *reply;
};
/* Writes one file; nothing if `record` is NULL, or libcurl never had the call. A failure is logged once and ends the
 * recording; calls are not affected. */
void record_write(struct http_record *record, const struct record_call *call);

#endif
