#include "common/wire/form.h"
#include "common/wire/token.h"

/* ---- fields of a message ---- */

static inline int take_array(struct text *rest, size_t *count)
{
    struct token token;
    if (token_take(rest, &token) || token.kind != TOKEN_LIST || token.map) {
        return ERR_SYNTAX;
    }
    *count = token.count;
    return 0;
}

/* A number of a message: never below zero. */
static inline int take_number(struct text *rest, int64_t *out)
{
    struct token token;
    if (token_take(rest, &token) || token.kind != TOKEN_INT || token.integer < 0) {
        return ERR_SYNTAX;
    }
    *out = token.integer;
    return 0;
}

static inline int take_text(struct text *rest, struct text *out)
{
    struct token token;
    if (token_take(rest, &token) || token.kind != TOKEN_TEXT) {
        return ERR_SYNTAX;
    }
    *out = token.text;
    return 0;
}

static int take_name(struct text *rest, struct text *out)
{
    return take_text(rest, out) || out->size > WIRE_NAME_MAX ? ERR_SYNTAX : 0;
}

static int take_note(struct text *rest, struct text *out)
{
    if (take_text(rest, out)) {
        return ERR_SYNTAX;
    }
    *out = form_short(*out, WIRE_NOTE_MAX);
    return 0;
}

static int take_page(struct text *rest, struct page *out)
{
    int64_t slice = 0;
    if (take_number(rest, &out->run) || take_number(rest, &slice) || slice > INT32_MAX || take_number(rest, &out->no) ||
        take_number(rest, &out->fence)) {
        return ERR_SYNTAX;
    }
    out->slice = (int32_t)slice;
    return 0;
}

static int take_hello(struct text *rest, struct wire_hello *out)
{
    int64_t role = 0;
    if (take_number(rest, &role) || role < ROLE_EXTRACTOR || role > ROLE_LOADER || take_number(rest, &out->protocol) ||
        take_name(rest, &out->scheme_hash) || take_name(rest, &out->store_id) || take_name(rest, &out->peer_name)) {
        return ERR_SYNTAX;
    }
    out->role = (enum wire_role)role;
    return 0;
}

/* A stranger's numbers: cut to what can be added up. */
static int take_times(struct text *rest, struct page_times *out)
{
    int64_t *const fields[] = {&out->map, &out->wait, &out->write, &out->commit, &out->calls};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (take_number(rest, fields[i])) {
            return ERR_SYNTAX;
        }
        *fields[i] = page_span(*fields[i]);
    }
    out->calls = out->calls < PAGE_CALLS_MAX ? out->calls : PAGE_CALLS_MAX;
    return 0;
}

static int take_nack(struct text *rest, struct wire_message *out)
{
    int64_t reason = 0;
    if (take_page(rest, &out->page) || take_number(rest, &reason) || reason < NACK_STALE || reason > NACK_FAILED ||
        take_number(rest, &out->retry_after) || take_note(rest, &out->note)) {
        return ERR_SYNTAX;
    }
    out->reason = (enum wire_nack)reason;
    return 0;
}

/* The records stay packed: they are taken one by one, by whoever knows what they hold. */
static int take_batch(struct text *rest, struct wire_message *out)
{
    if (take_page(rest, &out->page) || take_number(rest, &out->attempt) || take_array(rest, &out->rows)) {
        return ERR_SYNTAX;
    }
    if (out->rows > WIRE_ROWS_MAX) {
        return ERR_LIMIT;
    }
    out->records = *rest;
    return 0;
}

static int take_fields(struct text *rest, struct wire_message *out)
{
    switch (out->type) {
    case WIRE_HELLO:
    case WIRE_WELCOME:
        return take_hello(rest, &out->hello);
    case WIRE_CREDIT:
        return take_number(rest, &out->credit);
    case WIRE_BATCH:
        return take_batch(rest, out);
    case WIRE_ACK:
        return take_page(rest, &out->page) ? ERR_SYNTAX : take_times(rest, &out->times);
    case WIRE_NACK:
        return take_nack(rest, out);
    case WIRE_TOUCH:
        return take_page(rest, &out->page);
    case WIRE_ERROR:
        return take_note(rest, &out->note);
    case WIRE_PING:
    case WIRE_DRAIN:
    case WIRE_BYE:
        return 0;
    }
    return ERR_SYNTAX;
}

int wire_read(struct text frame, struct wire_message *out)
{
    struct wire_message message = {0};
    size_t count;
    int64_t version, type;
    int error = wire_check(frame);
    if (error) {
        return error;
    }
    if (take_array(&frame, &count) || count < 2 || take_number(&frame, &version)) {
        return ERR_SYNTAX;
    }
    if (version != WIRE_VERSION) {
        return ERR_REFUSED;
    }
    if (take_number(&frame, &type) || type < WIRE_HELLO || type > WIRE_TOUCH) {
        return ERR_SYNTAX;
    }
    message.type = (enum wire_type)type;
    if (count != 2 + form_fields(message.type)) {
        return ERR_SYNTAX;
    }
    error = take_fields(&frame, &message);
    if (error == 0) {
        *out = message;
    }
    return error;
}

/* ---- records of the source ---- */

static inline int ext_of(const struct token *token, struct value *out)
{
    static const unsigned char kinds[] = {[FORM_JSON] = VALUE_JSON,
                                          [FORM_NUMBER] = VALUE_NUMBER,
                                          [FORM_BROKEN] = VALUE_BROKEN,
                                          [FORM_TEXT_REPAIRED] = VALUE_TEXT,
                                          [FORM_JSON_REPAIRED] = VALUE_JSON};
    if (token->ext < 0 || (size_t)token->ext >= sizeof kinds || kinds[token->ext] == VALUE_NIL) {
        return ERR_SYNTAX;
    }
    out->kind = (enum value_kind)kinds[token->ext];
    out->repaired = token->ext >= FORM_TEXT_REPAIRED;
    out->text = token->text;
    return 0;
}

static inline int value_of(const struct token *token, struct value *out)
{
    out->repaired = false;
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
        return ext_of(token, out);
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
    if (token_take(&rest, &token) || token.kind != TOKEN_EXT || token.ext != FORM_APART) {
        return false;
    }
    *raw = token.text;
    *records = rest;
    return true;
}

int wire_take_source(struct text *records, size_t slots, struct value *values, struct text *raw)
{
    struct text rest = *records;
    size_t count;
    if (take_array(&rest, &count) || count > slots) {
        return ERR_SYNTAX;
    }
    for (size_t i = 0; i < count; i++) {
        struct token token;
        if (token_take(&rest, &token) || value_of(&token, &values[i])) {
            return ERR_SYNTAX;
        }
    }
    for (size_t i = count; i < slots; i++) {
        values[i].kind = VALUE_NIL;
        values[i].repaired = false;
    }
    *raw = (struct text){records->data, records->size - rest.size};
    *records = rest;
    return 0;
}

/* ---- mapped records ---- */

static inline int take_bytes(struct text *rest, struct text *out)
{
    struct token token;
    if (token_take(rest, &token) || token.kind != TOKEN_BYTES) {
        return ERR_SYNTAX;
    }
    *out = token.text;
    return 0;
}

static int take_refusal(struct text *rest, struct refusal *out)
{
    return take_text(rest, &out->class) || take_text(rest, &out->code) || take_text(rest, &out->message) ? ERR_SYNTAX
                                                                                                         : 0;
}

int wire_take_mapped(struct text *records, struct mapped *out)
{
    struct mapped row = {0};
    struct text rest = *records;
    struct text hash;
    size_t count;
    int64_t kind, notes = 0;
    if (take_array(&rest, &count) || take_number(&rest, &kind) || kind > RECORD_UNMAPPABLE) {
        return ERR_SYNTAX;
    }
    row.kind = (enum record_kind)kind;
    bool refused = row.kind == RECORD_UNMAPPABLE;
    if (count != (refused ? FORM_REFUSED : FORM_MAPPED) || take_text(&rest, &row.key) ||
        take_text(&rest, &row.number) || take_bytes(&rest, &hash) || hash.size != HASH_SIZE ||
        take_text(&rest, &row.payload) || take_bytes(&rest, &row.source) || take_number(&rest, &notes) ||
        notes > NOTES_ALL || (refused && take_refusal(&rest, &row.refusal))) {
        return ERR_SYNTAX;
    }
    if (row.kind == RECORD_PAYLOAD &&
        (row.key.size == 0 || row.key.size > KEY_MAX || row.number.size > KEY_MAX || row.payload.size == 0)) {
        return ERR_SYNTAX;
    }
    row.notes = (unsigned)notes;
    memcpy(row.hash, hash.data, HASH_SIZE);
    *out = row;
    *records = rest;
    return 0;
}
