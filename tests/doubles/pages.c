#include "pages.h"

#include <microhttpd.h>
#include <stdlib.h>

#include "dice.h"
#include "records.h"
#include "shops.h"
#include "spoil.h"

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

bool page_is_listed(const char *list, int64_t page_no)
{
    for (char *end; *list; list = *end == ',' ? end + 1 : end) {
        long long listed = strtoll(list, &end, 10);
        if (end == list) {
            return false;
        }
        if (listed == page_no) {
            return true;
        }
    }
    return false;
}

/* Places are counted in the whole list, before it is cut into pages. */
static bool is_left_out(size_t place)
{
    return page_settings.left_out > 0 && (place + 1) % (size_t)page_settings.left_out == 0;
}

static size_t rows_of(const struct slice *s)
{
    size_t rows = 0;
    for (size_t i = s->from; i < s->from + s->count; i++) {
        rows += !is_left_out(i);
    }
    return rows;
}

static struct slice cut_out(const struct page_query *q)
{
    struct slice s = {.shops = shops_view(q->platform, q->shop_no, q->is_disabled)};
    size_t size = (size_t)q->page_size, page = (size_t)q->page_no, cap = (size_t)page_settings.page_cap;
    if (cap > 0 && size > cap) {
        size = cap;
    }
    if (page > 0 && page_settings.page_zero == ZERO_IS_ONE) {
        s.repeated = page == 1;
        page--;
    }
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
    if (page_is_listed(page_settings.short_pages, q->page_no)) {
        size_t out = (size_t)page_settings.short_rows < s.count ? (size_t)page_settings.short_rows : s.count;
        s.from += out;
        s.count -= out;
    }
    return s;
}

struct page_fact page_look(const struct page_query *q)
{
    if (q->table) {
        return record_page_look(q);
    }
    struct slice s = cut_out(q);
    uint64_t key = dice_hash(q->platform, strlen(q->platform));
    key = dice_mix(key ^ dice_hash(q->shop_no, strlen(q->shop_no)));
    key = dice_mix(key ^ dice_hash(q->is_disabled, strlen(q->is_disabled)));
    key = dice_mix(key ^ ((uint64_t)q->page_no << 16 | (uint64_t)q->page_size));
    return (struct page_fact){.key = key, .rows = rows_of(&s), .repeated = s.repeated, .beyond = s.beyond};
}

static void put_number(struct blob *out, const char *member, int64_t value)
{
    struct blob digits = {0};
    blob_integer(&digits, value);
    blob_puts(out, member);
    shop_put_number(out, digits.data, digits.length);
    blob_fini(&digits);
}

/* Codes are whole numbers or text, however other numbers come. */
static void put_code(struct blob *out, const char *member)
{
    blob_printf(out, shop_settings.numbers == NUMBERS_TEXT ? "%s\"0\"" : "%s0", member);
}

static void put_rows(struct blob *out, const struct slice *s, const char *open, const char *close)
{
    bool keyed = page_settings.list_form == FORM_OBJECT;
    size_t rows = 0;
    blob_puts(out, open);
    for (size_t i = s->from; i < s->from + s->count; i++) {
        if (is_left_out(i)) {
            continue;
        }
        blob_put(out, ",", rows > 0);
        if (keyed) {
            blob_printf(out, "\"%zu\":", i + 1);
        }
        spoil_render(out, s->shops->entries[i], rows++ == 0);
    }
    blob_puts(out, close);
}

/* A table: names once, then rows of values. Nobody said that this API would do so. */
static void put_table(struct blob *out, const struct slice *s)
{
    blob_puts(out, "{\"columns\":[\"shop_no\",\"shop_name\"],\"values\":[");
    for (size_t i = 0; i < s->count; i++) {
        blob_puts(out, i > 0 ? ",[\"" : "[\"");
        shop_number(out, s->shops->entries[s->from + i]);
        blob_puts(out, "\",\"店\"]");
    }
    blob_puts(out, "]}");
}

static void put_list(struct blob *out, const struct slice *s)
{
    struct blob text = {0};
    switch (page_settings.list_form) {
    case FORM_OBJECT:
        put_rows(out, s, "{", "}");
        break;
    case FORM_NESTED:
        put_rows(out, s, "{\"shop\":[", "]}");
        break;
    case FORM_STRING:
        put_rows(&text, s, "[", "]");
        blob_string(out, text.data, text.length);
        break;
    case FORM_SINGLE:
        put_rows(out, s, s->count == 1 ? "" : "[", s->count == 1 ? "" : "]");
        break;
    case FORM_TABLE:
        put_table(out, s);
        break;
    case FORM_NUMBER:
        blob_integer(out, (int64_t)s->count);
        break;
    default:
        put_rows(out, s, "[", "]");
    }
    blob_fini(&text);
}

void page_render(struct blob *out, const struct page_query *q)
{
    static const char *const nothing[] = {"[]", "", "{}", "\"\"", "null"};
    if (q->table) {
        record_page_render(out, q);
        return;
    }
    struct slice s = cut_out(q);
    size_t rows = rows_of(&s);
    blob_puts(out, "{\"response\":{");
    if (page_settings.flag) {
        blob_puts(out, "\"flag\":\"success\",");
        put_code(out, "\"code\":");
        blob_puts(out, ",");
    }
    put_code(out, "\"errorcode\":");
    blob_puts(out, ",\"message\":\"ok\"");
    if (page_settings.total == TOTAL_ALWAYS || (page_settings.total == TOTAL_FIRST && q->page_no == 0)) {
        put_number(out, ",\"total_count\":", (int64_t)s.shops->count + page_settings.total_off);
    }
    if (page_settings.total == TOTAL_PAGE) { /* the page's own count */
        put_number(out, ",\"total_count\":", (int64_t)rows);
    }
    if (rows > 0 || page_settings.empty != EMPTY_ABSENT) {
        blob_puts(out, ",");
        blob_quote(out, page_settings.list_key);
        blob_puts(out, ":");
    }
    if (rows == 0) {
        blob_puts(out, nothing[page_settings.empty]);
    } else {
        put_list(out, &s);
    }
    blob_puts(out, "}}");
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
