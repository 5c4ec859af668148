/* The messages of the link, and how each stands in a frame: one msgpack array [WIRE_VERSION, type, …].
 * msgpack-c packs, token.h reads. Frames are untrusted: wire_check bounds depth and counts by the bytes left
 * before anything else reads the frame. All functions are pure: any thread, no memory but the buffers given.
 *
 * HELLO   [1, 1, role, protocol, scheme_hash, store_id, peer_name]        WELCOME [1, 2, same]
 * CREDIT  [1, 3, records]                  BATCH [1, 4, run, slice, no, fence, attempt, [record…]]
 * ACK     [1, 5, run, slice, no, fence, map, wait, write, commit, calls]      (times.h; µs, cut to PAGE_TIME_MAX when read)
 * NACK    [1, 6, run, slice, no, fence, reason, retry_after_ms, text]
 * PING    [1, 7]    DRAIN [1, 8]    BYE [1, 9]    ERROR [1, 10, text]    TOUCH [1, 11, run, slice, no, fence]
 *
 * A source record (extractor → transformer) is an array of values, one per slot of scheme->slots:
 * nil, bool, integer, float, text; nested JSON as ext type 1 holding its text. A record set apart: see wire_put_apart.
 * A mapped record (transformer → loader) is [kind, key, number, hash(bin 16), payload(str), source(bin), notes, class, code, message];
 * the last three only for RECORD_UNMAPPABLE. `source` is the source record's msgpack bytes, untouched. */
#ifndef DIANCHEN_COMMON_WIRE_WIRE_H
#define DIANCHEN_COMMON_WIRE_WIRE_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/text.h"
#include "common/scheme/value.h"
#include "common/wire/mapped.h"
#include "common/wire/page.h"
#include "common/wire/times.h"

enum {
    WIRE_VERSION = 1,          /* of the frame */
    WIRE_PROTOCOL = 4,         /* of the conversation: HELLO carries it */
    WIRE_DEPTH = 6,            /* arrays and maps inside one another */
    WIRE_FRAME_MAX = 16 << 20, /* bytes */
    WIRE_CONTROL_MAX = 4096,   /* bytes of any message but BATCH, with what CURVE adds */
    WIRE_ROWS_MAX = 1000,      /* records of a batch */
    WIRE_NAME_MAX = 100,       /* bytes of scheme hash, store id, peer name */
    WIRE_NOTE_MAX = 600,       /* bytes of a sentence; writing and reading cut longer ones */
};
enum wire_type {
    WIRE_HELLO = 1,
    WIRE_WELCOME,
    WIRE_CREDIT,
    WIRE_BATCH,
    WIRE_ACK,
    WIRE_NACK,
    WIRE_PING,
    WIRE_DRAIN,
    WIRE_BYE,
    WIRE_ERROR,
    WIRE_TOUCH /* the batch still moves here */
};
enum wire_nack {
    NACK_STALE = 1 /* drop it: another claim of the page is valid now */,
    NACK_BUSY = 2 /* send it again after retry_after */,
    NACK_DRAIN = 3 /* give it to another worker */,
    NACK_FAILED = 4 /* the worker can't handle it; send it again after retry_after */
};

/* 0: `frame` is one whole msgpack value, and every count in it is covered by bytes. ERR_LIMIT: deeper than WIRE_DEPTH, or
 * above WIRE_FRAME_MAX. ERR_SYNTAX: anything else. */
int wire_check(struct text frame) WARN_UNUSED;

/* Packing. Each appends one value to `out`; check out->failed at the end. */
void wire_put_array(struct buffer *out, size_t count);
void wire_put_nil(struct buffer *out);
void wire_put_integer(struct buffer *out, int64_t n);
void wire_put_text(struct buffer *out, struct text t);
void wire_put_bytes(struct buffer *out, struct text t);
void wire_put_value(struct buffer *out, const struct value *value);

struct wire_hello {
    enum wire_role { ROLE_EXTRACTOR = 1, ROLE_TRANSFORMER, ROLE_LOADER } role;
    int64_t protocol;
    struct text scheme_hash, store_id /* "" from a transformer */, peer_name /* host:pid, for logs */;
};
struct wire_message {
    enum wire_type type;
    enum wire_nack reason;   /* NACK */
    struct wire_hello hello; /* HELLO, WELCOME */
    int64_t credit;          /* CREDIT */
    struct page page;        /* BATCH, ACK, NACK, TOUCH */
    struct page_times times; /* ACK; without fetch and queue, which the extractor knows itself */
    int64_t attempt;         /* BATCH */
    size_t rows;             /* BATCH */
    struct text records;     /* BATCH: the bytes of the records, one after another */
    int64_t retry_after;     /* NACK, ms */
    struct text note;        /* NACK, ERROR: a sentence */
};
/* Reads a message; its texts point into `frame`. ERR_REFUSED: another WIRE_VERSION. ERR_SYNTAX or ERR_LIMIT: no valid
 * message. Calls wire_check itself. Numbers are >= 0 and otherwise unchecked; the records of a BATCH are checked as msgpack
 * only. */
int wire_read(struct text frame, struct wire_message *out) WARN_UNUSED;
/* Appends the message to `out`; of a BATCH without its records, which the caller appends. */
void wire_write(struct buffer *out, const struct wire_message *message);

/* Takes the first source record of *records: fills `slots` values (missing ones are VALUE_NIL), *raw gets its bytes. Texts
 * point into the records. ERR_SYNTAX: no source record, or more values than slots; then *records and *raw are unchanged,
 * and the values are undefined. */
int wire_take_source(struct text *records, size_t slots, struct value *values, struct text *raw) WARN_UNUSED;
/* A record that ended every worker is set apart, so that it is not mapped again: it is sent as ext type 2 around its bytes.
 * wire_take_source refuses such a record. wire_take_apart returns false, and *records is unchanged, if the first record is
 * not set apart. */
void wire_put_apart(struct buffer *out, struct text raw);
bool wire_take_apart(struct text *records, struct text *raw);
/* Appends a source record as a JSON object, for people. ERR_SYNTAX, and nothing is appended: it does not have this form. */
int wire_put_source(struct buffer *out, const struct source_form *form, struct text raw) WARN_UNUSED;
/* Takes the first mapped record; its texts point into the records. ERR_SYNTAX: no mapped record, or one that no transformer
 * sends: a RECORD_PAYLOAD without key or payload, or with a key or number above KEY_MAX. */
int wire_take_mapped(struct text *records, struct mapped *out) WARN_UNUSED;
void wire_put_mapped(struct buffer *out, const struct mapped *mapped);

#endif
