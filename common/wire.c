#include "common/wire.h"

/* ---- reading: tokens, each bounded by the bytes left ---- */

struct token {
    enum {
        TOKEN_NIL,
        TOKEN_BOOL,
        TOKEN_INT,
        TOKEN_REAL,
        TOKEN_TEXT,
        TOKEN_BYTES,
        TOKEN_EXT,
        TOKEN_LIST,
        TOKEN_ODD
    } kind;
    signed char ext;  /* TOKEN_EXT */
    size_t count;     /* TOKEN_LIST: values that follow (a map counts two a pair); covered by bytes */
    bool map;         /* TOKEN_LIST */
    int64_t integer;  /* TOKEN_INT; TOKEN_BOOL: 0 or 1 */
    double real;      /* TOKEN_REAL */
    struct text text; /* TOKEN_TEXT, TOKEN_BYTES, TOKEN_EXT */
};

static inline uint64_t big_endian(const unsigned char *at, size_t size)
{
    uint64_t n = 0;
    for (size_t i = 0; i < size; i++) {
        n = n << 8 | at[i];
    }
    return n;
}

static inline int64_t signed_of(uint64_t n, size_t size)
{
    return size == 1 ? (int8_t)n : size == 2 ? (int16_t)n : size == 4 ? (int32_t)n : (int64_t)n;
}

static inline int token_body(struct token *token, const unsigned char *at, const unsigned char *end, uint64_t size,
                             const unsigned char **next)
{
    if (size > (size_t)(end - at)) {
        return ERR_SYNTAX;
    }
    token->text = (struct text){(const char *)at, (size_t)size};
    *next = at + size;
    return 0;
}

static inline int token_list(struct token *token, const unsigned char *at, const unsigned char *end, uint64_t count,
                             const unsigned char **next)
{
    if (count > (size_t)(end - at)) {
        return ERR_SYNTAX;
    }
    token->kind = TOKEN_LIST;
    token->count = (size_t)count;
    *next = at;
    return 0;
}

/* The tokens whose first byte is 0xc0..0xdf; `at` stands behind that byte. */
static int token_marked(unsigned char mark, struct token *token, const unsigned char *at, const unsigned char *end,
                        const unsigned char **next)
{
    /* Bytes of length or value behind the first byte, from 0xc0 on. */
    static const unsigned char widths[32] = {0, 0, 0, 0, 1, 2, 4, 1, 2, 4, 4, 8, 1, 2, 4, 8,
                                             1, 2, 4, 8, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4};
    size_t width = widths[mark - 0xc0U];
    if (width > (size_t)(end - at)) {
        return ERR_SYNTAX;
    }
    uint64_t n = big_endian(at, width);
    at += width;
    *next = at;
    if (mark >= 0xd9 && mark <= 0xdb) { /* str */
        token->kind = TOKEN_TEXT;
        return token_body(token, at, end, n, next);
    }
    if (mark >= 0xcc && mark <= 0xcf) { /* uint */
        token->kind = n > INT64_MAX ? TOKEN_ODD : TOKEN_INT;
        token->integer = (int64_t)n;
        return 0;
    }
    if (mark >= 0xd0 && mark <= 0xd3) { /* int */
        token->kind = TOKEN_INT;
        token->integer = signed_of(n, width);
        return 0;
    }
    if (mark >= 0xdc) { /* array, map */
        token->map = mark >= 0xde;
        return token_list(token, at, end, token->map ? 2 * n : n, next);
    }
    if (mark >= 0xc4 && mark <= 0xc6) { /* bin */
        token->kind = TOKEN_BYTES;
        return token_body(token, at, end, n, next);
    }
    if ((mark >= 0xc7 && mark <= 0xc9) || mark >= 0xd4) { /* ext, fixext */
        if (at == end) {
            return ERR_SYNTAX;
        }
        token->kind = TOKEN_EXT;
        token->ext = (signed char)*at;
        return token_body(token, at + 1, end, mark >= 0xd4 ? 1ULL << (mark - 0xd4U) : n, next);
    }
    switch (mark) {
    case 0xc0:
        token->kind = TOKEN_NIL;
        return 0;
    case 0xc2:
    case 0xc3:
        token->kind = TOKEN_BOOL;
        token->integer = mark & 1;
        return 0;
    case 0xca: {
        uint32_t bits = (uint32_t)n;
        float f = 0;
        memcpy(&f, &bits, sizeof f);
        token->kind = TOKEN_REAL;
        token->real = (double)f;
        return 0;
    }
    case 0xcb:
        token->kind = TOKEN_REAL;
        memcpy(&token->real, &n, sizeof token->real);
        return 0;
    default: /* 0xc1 is never used */
        return ERR_SYNTAX;
    }
}

/* One token off the front of *in; lists leave their values there. */
static inline int token_take(struct text *in, struct token *token)
{
    if (in->size == 0) {
        return ERR_SYNTAX;
    }
    const unsigned char *at = (const unsigned char *)in->data;
    const unsigned char *end = at + in->size;
    const unsigned char *next = at + 1;
    unsigned char first = *at++;
    int error = 0;
    token->map = false;
    if (first < 0x80 || first >= 0xe0) {
        token->kind = TOKEN_INT;
        token->integer = first < 0x80 ? first : first - 0x100;
    } else if (first < 0xa0) {
        token->map = first < 0x90;
        error = token_list(token, at, end, token->map ? 2U * (first & 15U) : first & 15U, &next);
    } else if (first < 0xc0) {
        token->kind = TOKEN_TEXT;
        error = token_body(token, at, end, first & 31U, &next);
    } else {
        error = token_marked(first, token, at, end, &next);
    }
    if (error == 0) {
        *in = (struct text){(const char *)next, (size_t)(end - next)};
    }
    return error;
}

int wire_check(struct text frame)
{
    size_t left[WIRE_DEPTH];
    size_t depth = 0;
    struct token token;
    if (frame.size > WIRE_FRAME_MAX) {
        return ERR_LIMIT;
    }
    do {
        if (token_take(&frame, &token)) {
            return ERR_SYNTAX;
        }
        if (token.kind == TOKEN_LIST) {
            if (depth == WIRE_DEPTH) {
                return ERR_LIMIT;
            }
            left[depth++] = token.count + 1; /* less one for the list itself, below */
        }
        while (depth > 0 && --left[depth - 1] == 0) {
            depth--;
        }
    } while (depth > 0);
    return frame.size == 0 ? 0 : ERR_SYNTAX;
}

/* ---- messages ---- */

static int field_number(const msgpack_object *object, int64_t *out)
{
    if (object->type != MSGPACK_OBJECT_POSITIVE_INTEGER || object->via.u64 > INT64_MAX) {
        return ERR_SYNTAX;
    }
    *out = (int64_t)object->via.u64;
    return 0;
}

static int field_text(const msgpack_object *object, struct text *out)
{
    if (object->type != MSGPACK_OBJECT_STR) {
        return ERR_SYNTAX;
    }
    *out = (struct text){object->via.str.ptr, object->via.str.size};
    return 0;
}

static int page_of(const int64_t numbers[WIRE_PAGE_FIELDS], struct page *out)
{
    if (numbers[1] > INT32_MAX) {
        return ERR_SYNTAX;
    }
    *out = (struct page){.run = numbers[0], .slice = (int32_t)numbers[1], .no = numbers[2], .fence = numbers[3]};
    return 0;
}

static int field_page(const msgpack_object *objects, struct page *out)
{
    int64_t numbers[WIRE_PAGE_FIELDS];
    for (size_t i = 0; i < WIRE_PAGE_FIELDS; i++) {
        if (field_number(&objects[i], &numbers[i])) {
            return ERR_SYNTAX;
        }
    }
    return page_of(numbers, out);
}

static int read_hello(const msgpack_object *objects, struct wire_hello *out)
{
    int64_t role = 0;
    if (field_number(&objects[0], &role) || field_number(&objects[1], &out->protocol) ||
        field_text(&objects[2], &out->scheme_hash) || field_text(&objects[3], &out->store_id) ||
        field_text(&objects[4], &out->peer_name)) {
        return ERR_SYNTAX;
    }
    if (role < ROLE_EXTRACTOR || role > ROLE_LOADER || out->scheme_hash.size > WIRE_NAME_MAX ||
        out->store_id.size > WIRE_NAME_MAX || out->peer_name.size > WIRE_NAME_MAX) {
        return ERR_SYNTAX;
    }
    out->role = (enum wire_role)role;
    return 0;
}

/* A stranger's numbers: cut to what can be added up. */
static int field_times(const msgpack_object *objects, struct page_times *out)
{
    struct page_times times = {0};
    int64_t *const fields[] = {&times.map, &times.wait, &times.write, &times.commit, &times.calls};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (field_number(&objects[i], fields[i])) {
            return ERR_SYNTAX;
        }
        *fields[i] = page_span(*fields[i]);
    }
    times.calls = times.calls < PAGE_CALLS_MAX ? times.calls : PAGE_CALLS_MAX;
    *out = times;
    return 0;
}

/* `objects` are the `count` elements behind version and type. */
static int read_control(const msgpack_object *objects, size_t count, struct wire_message *out)
{
    int64_t reason = 0;
    switch (out->type) {
    case WIRE_HELLO:
    case WIRE_WELCOME:
        return count == 5 ? read_hello(objects, &out->hello) : ERR_SYNTAX;
    case WIRE_CREDIT:
        return count == 1 ? field_number(&objects[0], &out->credit) : ERR_SYNTAX;
    case WIRE_ACK:
        return count == WIRE_ACK_FIELDS && field_page(objects, &out->page) == 0
                   ? field_times(objects + WIRE_PAGE_FIELDS, &out->times)
                   : ERR_SYNTAX;
    case WIRE_NACK:
        if (count != 7 || field_page(objects, &out->page) || field_number(&objects[4], &reason) ||
            field_number(&objects[5], &out->retry_after) || field_text(&objects[6], &out->note) ||
            reason < NACK_STALE || reason > NACK_FAILED) {
            return ERR_SYNTAX;
        }
        out->reason = (enum wire_nack)reason;
        out->note = wire_short(out->note, WIRE_NOTE_MAX);
        return 0;
    case WIRE_ERROR:
        if (count != 1 || field_text(&objects[0], &out->note)) {
            return ERR_SYNTAX;
        }
        out->note = wire_short(out->note, WIRE_NOTE_MAX);
        return 0;
    case WIRE_PING:
    case WIRE_DRAIN:
    case WIRE_BYE:
        return count == 0 ? 0 : ERR_SYNTAX;
    case WIRE_BATCH: /* read_batch */
        break;
    }
    return ERR_SYNTAX;
}

/* `rest` stands behind version and type; `count` elements are left. A direct walk: no tree of the records is built. */
static int read_batch(struct text rest, size_t count, struct wire_message *out)
{
    int64_t numbers[WIRE_PAGE_FIELDS + 1];
    struct token token;
    if (count != WIRE_PAGE_FIELDS + 2) {
        return ERR_SYNTAX;
    }
    for (size_t i = 0; i <= WIRE_PAGE_FIELDS; i++) {
        if (token_take(&rest, &token) || token.kind != TOKEN_INT || token.integer < 0) {
            return ERR_SYNTAX;
        }
        numbers[i] = token.integer;
    }
    if (token_take(&rest, &token) || token.kind != TOKEN_LIST || token.map || page_of(numbers, &out->page)) {
        return ERR_SYNTAX;
    }
    if (token.count > WIRE_ROWS_MAX) {
        return ERR_LIMIT;
    }
    out->attempt = numbers[WIRE_PAGE_FIELDS];
    out->rows = token.count;
    out->records = rest;
    return 0;
}

int wire_read(struct text frame, struct wire_message *out)
{
    struct wire_message message = {0};
    struct token head, version, type;
    struct text rest = frame;
    int error = wire_check(frame);
    if (error) {
        return error;
    }
    if (token_take(&rest, &head) || head.kind != TOKEN_LIST || head.map || head.count < 2 ||
        token_take(&rest, &version) || version.kind != TOKEN_INT) {
        return ERR_SYNTAX;
    }
    if (version.integer != WIRE_VERSION) {
        return ERR_REFUSED;
    }
    if (token_take(&rest, &type) || type.kind != TOKEN_INT || type.integer < WIRE_HELLO || type.integer > WIRE_ERROR) {
        return ERR_SYNTAX;
    }
    message.type = (enum wire_type)type.integer;
    if (message.type == WIRE_BATCH) {
        error = read_batch(rest, head.count - 2, &message);
    } else {
        msgpack_unpacked unpacked;
        msgpack_unpacked_init(&unpacked);
        size_t offset = 0;
        msgpack_unpack_return got = msgpack_unpack_next(&unpacked, frame.data, frame.size, &offset);
        error = ERR_SYNTAX;
        if (got == MSGPACK_UNPACK_NOMEM_ERROR) {
            error = ERR_MEMORY;
        } else if (got == MSGPACK_UNPACK_SUCCESS) {
            error = read_control(unpacked.data.via.array.ptr + 2, unpacked.data.via.array.size - 2, &message);
        }
        msgpack_unpacked_destroy(&unpacked);
    }
    if (error == 0) {
        *out = message;
    }
    return error;
}

/* ---- records ---- */

static inline int value_of(const struct token *token, struct value *out)
{
    switch (token->kind) {
    case TOKEN_NIL:
        out->kind = VALUE_NIL;
        return 0;
    case TOKEN_BOOL:
        out->kind = VALUE_BOOL;
        out->flag = token->integer != 0;
        return 0;
    case TOKEN_INT:
        out->kind = VALUE_INT;
        out->integer = token->integer;
        return 0;
    case TOKEN_REAL:
        out->kind = VALUE_REAL;
        out->real = token->real;
        return 0;
    case TOKEN_TEXT:
        out->kind = VALUE_TEXT;
        out->text = token->text;
        return 0;
    case TOKEN_EXT:
        out->kind = VALUE_JSON;
        out->text = token->text;
        return token->ext == WIRE_EXT_JSON ? 0 : ERR_SYNTAX;
    case TOKEN_BYTES:
    case TOKEN_LIST:
    case TOKEN_ODD:
        break;
    }
    return ERR_SYNTAX;
}

bool wire_take_apart(struct text *records, struct text *raw)
{
    struct text rest = *records;
    struct token token;
    if (token_take(&rest, &token) || token.kind != TOKEN_EXT || token.ext != WIRE_EXT_APART) {
        return false;
    }
    *raw = token.text;
    *records = rest;
    return true;
}

int wire_take_source(struct text *records, size_t slots, struct value *values, struct text *raw)
{
    struct text rest = *records;
    struct token token;
    if (token_take(&rest, &token) || token.kind != TOKEN_LIST || token.map || token.count > slots) {
        return ERR_SYNTAX;
    }
    size_t count = token.count;
    for (size_t i = 0; i < count; i++) {
        if (token_take(&rest, &token) || value_of(&token, &values[i])) {
            return ERR_SYNTAX;
        }
    }
    for (size_t i = count; i < slots; i++) {
        values[i].kind = VALUE_NIL;
    }
    *raw = (struct text){records->data, records->size - rest.size};
    *records = rest;
    return 0;
}

static inline int take_text(struct text *rest, int kind, struct text *out)
{
    struct token token;
    if (token_take(rest, &token) || (int)token.kind != kind) {
        return ERR_SYNTAX;
    }
    *out = token.text;
    return 0;
}

int wire_take_mapped(struct text *records, struct ledger_row *row)
{
    struct ledger_row in = {0};
    struct text rest = *records;
    struct text hash;
    struct token list, kind;
    if (token_take(&rest, &list) || list.kind != TOKEN_LIST || list.map || token_take(&rest, &kind) ||
        kind.kind != TOKEN_INT || kind.integer < RECORD_PAYLOAD || kind.integer > RECORD_UNMAPPABLE) {
        return ERR_SYNTAX;
    }
    in.kind = (enum record_kind)kind.integer;
    bool refused = in.kind == RECORD_UNMAPPABLE;
    if (list.count != (refused ? WIRE_REFUSED_FIELDS : WIRE_MAPPED_FIELDS) || take_text(&rest, TOKEN_TEXT, &in.key) ||
        take_text(&rest, TOKEN_TEXT, &in.number) || take_text(&rest, TOKEN_BYTES, &hash) || hash.size != HASH_SIZE ||
        take_text(&rest, TOKEN_TEXT, &in.payload) || take_text(&rest, TOKEN_BYTES, &in.source)) {
        return ERR_SYNTAX;
    }
    if (refused && (take_text(&rest, TOKEN_TEXT, &in.refusal.class) || take_text(&rest, TOKEN_TEXT, &in.refusal.code) ||
                    take_text(&rest, TOKEN_TEXT, &in.refusal.message))) {
        return ERR_SYNTAX;
    }
    if (in.kind == RECORD_PAYLOAD &&
        (in.key.size == 0 || in.key.size > KEY_MAX || in.number.size > KEY_MAX || in.payload.size == 0)) {
        return ERR_SYNTAX;
    }
    memcpy(in.hash, hash.data, HASH_SIZE);
    *row = in;
    *records = rest;
    return 0;
}
