#include <msgpack.h>

#include "common/wire/form.h"

/* msgpack-c packs straight into the buffer. */

static int buffer_sink(void *user, const char *bytes, size_t size)
{
    struct buffer *out = user;
    buffer_add(out, bytes, size);
    return out->failed ? -1 : 0;
}

static inline msgpack_packer packer_on(struct buffer *out)
{
    msgpack_packer packer;
    msgpack_packer_init(&packer, out, buffer_sink);
    return packer;
}

void wire_put_array(struct buffer *out, size_t count)
{
    msgpack_packer packer = packer_on(out);
    (void)msgpack_pack_array(&packer, count);
}

void wire_put_nil(struct buffer *out)
{
    wire_put_value(out, &(struct value){.kind = VALUE_NIL});
}

void wire_put_integer(struct buffer *out, int64_t n)
{
    msgpack_packer packer = packer_on(out);
    (void)msgpack_pack_int64(&packer, n);
}

void wire_put_text(struct buffer *out, struct text t)
{
    msgpack_packer packer = packer_on(out);
    (void)msgpack_pack_str(&packer, t.size);
    if (t.size > 0) {
        (void)msgpack_pack_str_body(&packer, t.data, t.size);
    }
}

void wire_put_bytes(struct buffer *out, struct text t)
{
    msgpack_packer packer = packer_on(out);
    (void)msgpack_pack_bin(&packer, t.size);
    if (t.size > 0) {
        (void)msgpack_pack_bin_body(&packer, t.data, t.size);
    }
}

static void put_ext(struct buffer *out, signed char type, struct text bytes)
{
    msgpack_packer packer = packer_on(out);
    (void)msgpack_pack_ext(&packer, bytes.size, type);
    if (bytes.size > 0) {
        (void)msgpack_pack_ext_body(&packer, bytes.data, bytes.size);
    }
}

void wire_put_apart(struct buffer *out, struct text raw)
{
    put_ext(out, FORM_APART, raw);
}

void wire_put_value(struct buffer *out, const struct value *value)
{
    msgpack_packer packer = packer_on(out);
    switch (value->kind) {
    case VALUE_NIL:
        (void)msgpack_pack_nil(&packer);
        break;
    case VALUE_BOOL:
        (void)(value->flag ? msgpack_pack_true(&packer) : msgpack_pack_false(&packer));
        break;
    case VALUE_INT:
        (void)msgpack_pack_int64(&packer, value->integer);
        break;
    case VALUE_REAL:
        (void)msgpack_pack_double(&packer, value->real);
        break;
    case VALUE_TEXT:
        if (value->repaired) {
            put_ext(out, FORM_TEXT_REPAIRED, value->text);
        } else {
            wire_put_text(out, value->text);
        }
        break;
    case VALUE_NUMBER:
        put_ext(out, FORM_NUMBER, value->text);
        break;
    case VALUE_JSON:
        put_ext(out, value->repaired ? FORM_JSON_REPAIRED : FORM_JSON, value->text);
        break;
    case VALUE_BROKEN:
        put_ext(out, FORM_BROKEN, value->text);
        break;
    }
}

void wire_put_mapped(struct buffer *out, const struct mapped *mapped)
{
    bool refused = mapped->kind == RECORD_UNMAPPABLE;
    wire_put_array(out, refused ? FORM_REFUSED : FORM_MAPPED);
    wire_put_integer(out, mapped->kind);
    wire_put_text(out, mapped->key);
    wire_put_text(out, mapped->number);
    wire_put_bytes(out, (struct text){(const char *)mapped->hash, HASH_SIZE});
    wire_put_text(out, mapped->payload);
    wire_put_bytes(out, mapped->source);
    wire_put_integer(out, mapped->notes);
    if (refused) {
        wire_put_text(out, mapped->refusal.class);
        wire_put_text(out, mapped->refusal.code);
        wire_put_text(out, mapped->refusal.message);
    }
}

static void put_page(struct buffer *out, const struct page *page)
{
    wire_put_integer(out, page->run);
    wire_put_integer(out, page->slice);
    wire_put_integer(out, page->no);
    wire_put_integer(out, page->fence);
}

static void put_times(struct buffer *out, const struct page_times *times)
{
    wire_put_integer(out, page_span(times->map));
    wire_put_integer(out, page_span(times->wait));
    wire_put_integer(out, page_span(times->write));
    wire_put_integer(out, page_span(times->commit));
    wire_put_integer(out, times->calls);
}

void wire_write(struct buffer *out, const struct wire_message *message)
{
    wire_put_array(out, 2 + form_fields(message->type));
    wire_put_integer(out, WIRE_VERSION);
    wire_put_integer(out, message->type);
    switch (message->type) {
    case WIRE_HELLO:
    case WIRE_WELCOME:
        wire_put_integer(out, message->hello.role);
        wire_put_integer(out, message->hello.protocol);
        wire_put_text(out, form_short(message->hello.scheme_hash, WIRE_NAME_MAX));
        wire_put_text(out, form_short(message->hello.store_id, WIRE_NAME_MAX));
        wire_put_text(out, form_short(message->hello.peer_name, WIRE_NAME_MAX));
        break;
    case WIRE_CREDIT:
        wire_put_integer(out, message->credit);
        break;
    case WIRE_BATCH:
        put_page(out, &message->page);
        wire_put_integer(out, message->attempt);
        wire_put_array(out, message->rows);
        break;
    case WIRE_ACK:
        put_page(out, &message->page);
        put_times(out, &message->times);
        break;
    case WIRE_TOUCH:
        put_page(out, &message->page);
        break;
    case WIRE_NACK:
        put_page(out, &message->page);
        wire_put_integer(out, message->reason);
        wire_put_integer(out, message->retry_after);
        wire_put_text(out, form_short(message->note, WIRE_NOTE_MAX));
        break;
    case WIRE_ERROR:
        wire_put_text(out, form_short(message->note, WIRE_NOTE_MAX));
        break;
    case WIRE_PING:
    case WIRE_DRAIN:
    case WIRE_BYE:
        break;
    }
}
