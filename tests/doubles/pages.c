#include "pages.h"

#include <microhttpd.h>
#include <stdlib.h>

#include "dice.h"
#include "shops.h"

enum { KEPT_MAX = 4096, KEPT_SLOTS = 16384, KEPT_BYTES = 64 << 20 };

struct page_settings page_settings;

static struct kept {
    uint64_t key;
    struct MHD_Response *response;
} slots[KEPT_SLOTS];
static size_t kept_count, kept_bytes;

struct slice {
    const struct shop_view *shops;
    size_t from, count;
    bool repeated, beyond;
};

static struct slice cut_out(const struct page_query *q)
{
    struct slice s = {.shops = shops_view(q->platform, q->shop_no, q->is_disabled)};
    size_t size = (size_t)q->page_size, page = (size_t)q->page_no;
    if (page > 0 && q->page_no == page_settings.repeat_page) {
        page--;
        s.repeated = true;
    }
    size_t pages = (s.shops->count + size - 1) / size;
    if (page >= pages) {
        s.beyond = true;
        if (!page_settings.endless || pages == 0) {
            return s;
        }
        page = pages - 1;
    }
    s.from = page * size;
    s.count = s.shops->count - s.from < size ? s.shops->count - s.from : size;
    return s;
}

struct page_fact page_look(const struct page_query *q)
{
    struct slice s = cut_out(q);
    uint64_t key = dice_hash(q->platform, strlen(q->platform));
    key = dice_mix(key ^ dice_hash(q->shop_no, strlen(q->shop_no)));
    key = dice_mix(key ^ dice_hash(q->is_disabled, strlen(q->is_disabled)));
    key = dice_mix(key ^ ((uint64_t)q->page_no << 16 | (uint64_t)q->page_size));
    return (struct page_fact){.key = key, .rows = s.count, .repeated = s.repeated, .beyond = s.beyond};
}

static void put_number(struct blob *out, const char *member, size_t value)
{
    const char *quote = shop_settings.numbers ? "\"" : "";
    blob_printf(out, "%s%s%zu%s", member, quote, value, quote);
}

void page_render(struct blob *out, const struct page_query *q)
{
    static const char *const nothing[] = {"[]", "", "{}", "\"\"", "null"};
    struct slice s = cut_out(q);
    blob_puts(out, "{\"response\":{");
    if (page_settings.flag) {
        blob_puts(out, "\"flag\":\"success\",");
        put_number(out, "\"code\":", 0);
        blob_puts(out, ",");
    }
    put_number(out, "\"errorcode\":", 0);
    blob_puts(out, ",\"message\":\"ok\"");
    if (page_settings.total == TOTAL_ALWAYS || (page_settings.total == TOTAL_FIRST && q->page_no == 0)) {
        put_number(out, ",\"total_count\":", s.shops->count);
    }
    if (s.count > 0 || page_settings.empty != EMPTY_ABSENT) {
        blob_puts(out, ",");
        blob_quote(out, page_settings.list_key);
        blob_puts(out, ":");
    }
    if (s.count == 0) {
        blob_puts(out, nothing[page_settings.empty]);
    }
    for (size_t i = 0; i < s.count; i++) {
        blob_put(out, i == 0 ? "[" : ",", 1);
        shop_render(out, s.shops->entries[s.from + i]);
    }
    blob_puts(out, s.count > 0 ? "]}}" : "}}");
}

struct MHD_Response *page_kept(const struct page_query *q)
{
    uint64_t key = page_look(q).key;
    size_t at = key % KEPT_SLOTS;
    while (slots[at].response && slots[at].key != key) {
        at = (at + 1) % KEPT_SLOTS;
    }
    if (slots[at].response) {
        return slots[at].response;
    }
    if (kept_count == KEPT_MAX || kept_bytes >= KEPT_BYTES) {
        return NULL;
    }
    struct blob page = {0};
    page_render(&page, q);
    char *exact = blob_memory(page.data, page.length);
    struct MHD_Response *response = MHD_create_response_from_buffer(page.length, exact, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        free(exact);
        return NULL;
    }
    MHD_add_response_header(response, "Content-Type", "application/json;charset=UTF-8");
    slots[at] = (struct kept){key, response};
    kept_count++;
    kept_bytes += page.length;
    return response;
}

void pages_forget(void)
{
    for (size_t i = 0; i < KEPT_SLOTS; i++) {
        if (slots[i].response) {
            MHD_destroy_response(slots[i].response);
        }
        slots[i] = (struct kept){0};
    }
    kept_count = kept_bytes = 0;
}
