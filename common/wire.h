/* What stands in a frame. One msgpack array a message: [WIRE_VERSION, type, …]. Reading trusts nothing:
 * wire_check bounds nesting and every count by the bytes left before anything is unpacked
 * (five bytes can make msgpack-c ask for gigabytes).
 *
 * HELLO   [1, 1, role, protocol, scheme_hash, store_id, peer_name]        WELCOME [1, 2, same]
 * CREDIT  [1, 3, records]                  BATCH [1, 4, run, slice, no, fence, attempt, [record…]]
 * ACK     [1, 5, run, slice, no, fence, map, wait, write, commit, calls]      (page_times.h; µs, cut when read)
 * NACK    [1, 6, run, slice, no, fence, reason, retry_after_ms, text]
 * PING    [1, 7]    DRAIN [1, 8]    BYE [1, 9]    ERROR [1, 10, text]
 *
 * A source record (extractor → transformer) is an array of values, one per slot of scheme->slots:
 * nil, bool, integer, float, text; nested JSON as ext type 1 holding its text. One that is set apart: wire_put_apart.
 * A mapped record (transformer → loader) is [kind, key, number, hash(bin 16), payload(str), source(bin), class, code, message];
 * the last three only for RECORD_UNMAPPABLE. `source` is the source record's msgpack bytes, untouched. */
#ifndef DIANCHEN_COMMON_WIRE_H
#define DIANCHEN_COMMON_WIRE_H

#include <msgpack.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/ledger.h"
#include "common/page_times.h"
#include "common/run.h"
#include "common/text.h"

enum {
    WIRE_VERSION = 1,  /* of the frame */
    WIRE_PROTOCOL = 2, /* of the conversation: told in HELLO */
    WIRE_DEPTH = 6,
    WIRE_FRAME_MAX = 16 << 20,
    WIRE_ROWS_MAX = 1000,
    WIRE_NAME_MAX = 100, /* bytes of scheme hash, store id, peer name */
    WIRE_NOTE_MAX = 600, /* bytes of a sentence; longer ones are cut, writing and reading */
};
enum { /* elements: of a page's name, of an ACK, of a mapped record, of a refused one */
       WIRE_PAGE_FIELDS = 4,
       WIRE_ACK_FIELDS = 9,
       WIRE_MAPPED_FIELDS = 6,
       WIRE_REFUSED_FIELDS = 9,
       WIRE_EXT_JSON = 1,
       WIRE_EXT_APART = 2
};
static inline struct text wire_short(struct text t, size_t limit)
{
    return t.size <= limit ? t : (struct text){t.data, text_cut(t, limit)};
}
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
    WIRE_ERROR
};
enum wire_nack {
    NACK_STALE = 1 /* drop it: not this page's holder any more */,
    NACK_BUSY = 2 /* again after retry_after */,
    NACK_DRAIN = 3 /* give it to another */,
    NACK_FAILED = 4 /* the worker can't; again after retry_after */
};

/* A value of a source record. */
struct value {
    enum value_kind { VALUE_NIL, VALUE_BOOL, VALUE_INT, VALUE_REAL, VALUE_TEXT, VALUE_JSON } kind;
    union {
        bool flag;
        int64_t integer;
        double real;
    };
    struct text text; /* TEXT and JSON; points into the frame or the arena */
};

/* Is this one whole msgpack value, no deeper than WIRE_DEPTH, every count covered by bytes? 0 or ERR_SYNTAX/ERR_LIMIT. */
int wire_check(struct text frame) WARN_UNUSED;

/* Packing: plain appends to a buffer. */
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
    struct page page;        /* BATCH, ACK, NACK */
    struct page_times times; /* ACK; fetch and queue stay here */
    int64_t attempt;         /* BATCH */
    size_t rows;             /* BATCH */
    struct text records;     /* BATCH: the bytes of the records, one after another */
    int64_t retry_after;     /* NACK, ms */
    struct text note;        /* NACK, ERROR: a sentence */
};
/* Texts point into `frame`. ERR_REFUSED for a message of another version, ERR_SYNTAX or ERR_LIMIT for anything else
 * that is not a well-formed message of this one. Calls wire_check itself. Numbers are >= 0, but their meaning
 * is not checked; the records of a BATCH are checked only as msgpack. */
int wire_read(struct text frame, struct wire_message *out) WARN_UNUSED;
/* For a BATCH only the part before the records: the caller appends them. */
void wire_write(struct buffer *out, const struct wire_message *message);

/* One source record off the front of *records (advanced); `slots` values are filled, missing ones NIL. *raw gets its
 * bytes. ERR_SYNTAX where it is none or has more values than slots: *records and *raw stay, values are undefined then. */
int wire_take_source(struct text *records, size_t slots, struct value *values, struct text *raw) WARN_UNUSED;
/* A source record that is not to be mapped, because it ended every worker that it was given to: ext type 2 around its
 * bytes. wire_take_source refuses it. False, and *records stays, where the first record is none. */
void wire_put_apart(struct buffer *out, struct text raw);
bool wire_take_apart(struct text *records, struct text *raw);
/* A source record as a JSON object, for people. ERR_SYNTAX (and nothing added) where it is none of this form. */
int wire_put_source(struct buffer *out, const struct source_form *form, struct text raw) WARN_UNUSED;
/* One mapped record off the front; fills the in-part of `row` and clears the rest. ERR_SYNTAX where it is none, and for
 * a RECORD_PAYLOAD without key or payload, or with a key or number above KEY_MAX: the transformer refuses those itself. */
int wire_take_mapped(struct text *records, struct ledger_row *row) WARN_UNUSED;
void wire_put_mapped(struct buffer *out, const struct ledger_row *row);

#endif
