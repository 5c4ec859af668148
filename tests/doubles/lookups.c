#include "lookups.h"

#include <stdlib.h>

#include "batch.h"
#include "fields.h"
#include "materials.h"
#include "server.h"
#include "spelling.h"

enum { PARAMS = 5, TEXT_ROOM = 400 };

struct lookup_settings lookup_settings;
static size_t moved, moves; /* rows by which the list of materials has moved, and how often */

struct params { /* of a request: text or number alike */
    bool given[PARAMS];
    char text[PARAMS][TEXT_ROOM];
    size_t length[PARAMS];
};
enum { P_ID, P_NUMBER };
static const char *const detail_names[PARAMS] = {"id", "number"};
enum { P_SEARCH, P_PARENT, P_ENABLE, P_PAGE, P_PAGESIZE };
static const char *const list_names[PARAMS] = {"search", "parent", "enable", "page", "pagesize"};

void lookup_refuse(struct blob *out, const char *code, const char *message)
{
    blob_puts(out, "{\"success\":false,\"message\":");
    blob_quote(out, message);
    blob_puts(out, ",\"errorCode\":");
    blob_quote(out, code);
    blob_puts(out, ",\"data\":null}");
}

static bool malformed(struct blob *out, const char *message)
{
    out->length = 0;
    lookup_refuse(out, "40000", message);
    return false;
}

static void put_success(struct blob *out)
{
    blob_puts(out, "{\"success\":true,\"message\":\"\",\"errorCode\":\"0\",\"data\":");
}

static bool read_params(struct scan *s, const char *const *known, struct params *p)
{
    struct scan_value name, value;
    struct blob text = {0};
    bool good = scan_enter(s, '{');
    memset(p->given, 0, sizeof p->given);
    while (good && scan_member(s, &name)) {
        size_t k = 0;
        while (k < PARAMS && !(known[k] && scan_is(&name, known[k]))) {
            k++;
        }
        good = scan_value(s, &value) && k < PARAMS && !p->given[k];
        if (!good || value.type > SCAN_NUMBER) {
            good = false;
            break;
        }
        text.length = 0;
        scan_decode(&value, &text);
        good = text.length < TEXT_ROOM;
        if (good) {
            memcpy(p->text[k], blob_text(&text), text.length + 1);
            p->length[k] = text.length;
            p->given[k] = true;
        }
    }
    blob_fini(&text);
    return good && !s->fault;
}

static bool is_visible(const struct material *m)
{
    return !m->gone && (lookup_settings.visible_ms == 0 || server_now() - m->born >= lookup_settings.visible_ms);
}

/* The material that is asked for by id or else by number. */
static const struct material *seek(const struct params *p)
{
    const struct material *m = NULL;
    if (p->given[P_ID]) {
        m = material_by_id(p->text[P_ID], p->length[P_ID]);
    } else {
        m = material_by_number(p->text[P_NUMBER], p->length[P_NUMBER]);
    }
    while (m && !is_visible(m)) {
        m = p->given[P_ID] ? NULL : material_twin(m);
    }
    return m;
}

bool lookup_detail(const char *body, size_t length, struct blob *out)
{
    struct scan s;
    struct params p;
    scan_init(&s, body, length);
    if (!read_params(&s, detail_names, &p) || !scan_done(&s) || p.given[P_ID] == p.given[P_NUMBER]) {
        return malformed(out, "参数错误: id 或 number");
    }
    const struct material *m = seek(&p);
    if (!m && lookup_settings.not_found == 0) {
        lookup_refuse(out, "46004", batch_settings.gone_words);
        return true;
    }
    put_success(out);
    if (m) {
        material_print(m, out);
    } else {
        blob_puts(out, "null");
    }
    blob_puts(out, "}");
    return true;
}

bool lookup_details(const char *body, size_t length, struct blob *out)
{
    struct scan s;
    struct scan_value name;
    struct params p;
    bool first = true, items = false;
    scan_init(&s, body, length);
    put_success(out);
    blob_puts(out, "[");
    if (!scan_enter(&s, '{')) {
        return malformed(out, "参数错误");
    }
    while (scan_member(&s, &name)) {
        if (items || !scan_is(&name, "items") || !scan_enter(&s, '[')) {
            return malformed(out, "参数错误: items");
        }
        items = true;
        while (scan_element(&s)) {
            if (!read_params(&s, detail_names, &p) || p.given[P_ID] == p.given[P_NUMBER]) {
                return malformed(out, "参数错误: items");
            }
            if (p.given[P_NUMBER] && !lookup_settings.detail_batch_number) {
                out->length = 0;
                lookup_refuse(out, "40001", "id不能为空");
                return true;
            }
            const struct material *m = seek(&p);
            if (!m) {
                continue;
            }
            if (!first) {
                blob_puts(out, ",");
            }
            first = false;
            material_print(m, out);
        }
    }
    if (!scan_done(&s) || !items) {
        return malformed(out, "JSON 格式错误");
    }
    blob_puts(out, "]}");
    return true;
}

/* The string value of a stored field, decoded. */
static void put_field(const struct material *m, const char *field, struct blob *out)
{
    struct blob object = {0};
    struct scan s;
    struct scan_value name, value;
    blob_puts(&object, "{");
    blob_put(&object, m->text, m->length);
    blob_puts(&object, "}");
    scan_init(&s, object.data, object.length);
    bool open = scan_enter(&s, '{');
    while (open && scan_member(&s, &name) && scan_value(&s, &value)) {
        if (scan_is(&name, field)) {
            scan_decode(&value, out);
            break;
        }
    }
    blob_fini(&object);
}

/* Whether the search is part of the number, as numbers are compared. */
static bool number_holds(const struct material *m, const char *search, size_t length)
{
    struct blob a = {0}, b = {0};
    const char *number = material_number(m);
    size_t number_length = strlen(number);
    number = spelling_key(number, &number_length, &a);
    search = spelling_key(search, &length, &b);
    bool holds = memmem(number, number_length, search, length) != NULL;
    blob_fini(&a);
    blob_fini(&b);
    return holds;
}

static bool matches(const struct material *m, const struct params *p)
{
    bool asked = p->given[P_ENABLE] && p->length[P_ENABLE] > 0, all = asked && strcmp(p->text[P_ENABLE], "-1") == 0;
    bool good = is_visible(m) && (all || m->disabled == (asked && strcmp(p->text[P_ENABLE], "0") == 0));
    struct blob text = {0};
    if (good && p->given[P_SEARCH] && p->length[P_SEARCH] > 0 && lookup_settings.list_search != SEARCH_NOTHING &&
        (lookup_settings.list_search == SEARCH_NAMES || !number_holds(m, p->text[P_SEARCH], p->length[P_SEARCH]))) {
        put_field(m, "name", &text);
        good = strstr(blob_text(&text), p->text[P_SEARCH]) != NULL;
    }
    if (good && p->given[P_PARENT] && p->length[P_PARENT] > 0) {
        text.length = 0;
        put_field(m, "parent_id", &text);
        good = strcmp(blob_text(&text), p->text[P_PARENT]) == 0;
    }
    blob_fini(&text);
    return good;
}

static void put_row(struct blob *out, const struct material *m)
{
    struct blob text = {0};
    blob_puts(out, "{\"id\":\"");
    blob_integer(out, (int64_t)m->id);
    blob_puts(out, "\",");
    blob_quote(out, entity_number());
    blob_puts(out, ":");
    blob_quote(out, material_number(m));
    for (size_t i = 0; i < sizeof entity->shown / sizeof *entity->shown && entity->shown[i]; i++) {
        text.length = 0;
        put_field(m, entity->shown[i], &text);
        blob_puts(out, ",");
        blob_quote(out, entity->shown[i]);
        blob_puts(out, ":");
        blob_string(out, text.data, text.length);
    }
    if (entity_kind() == ENTITY_BILL) {
        blob_puts(out, m->audited ? ",\"billstatus\":\"C\"" : ",\"billstatus\":\"Z\"");
    }
    if (lookup_settings.list_pad > 0) {
        blob_puts(out, ",\"remark\":\"");
        blob_reserve(out, (size_t)lookup_settings.list_pad);
        memset(out->data + out->length, 'x', (size_t)lookup_settings.list_pad);
        out->length += (size_t)lookup_settings.list_pad;
        blob_puts(out, "\"");
    }
    blob_puts(out, m->disabled ? ",\"enable\":\"0\"}" : ",\"enable\":\"1\"}");
    blob_fini(&text);
}

struct paging {
    size_t page, asked, size; /* size: asked, or what the list gives at most */
};

static bool read_paging(const struct params *p, struct paging *out)
{
    *out = (struct paging){.page = 1, .asked = 20};
    size_t *const to[] = {&out->page, &out->asked};
    for (int i = P_PAGE; i <= P_PAGESIZE; i++) {
        if (!p->given[i] || p->length[i] == 0) {
            continue;
        }
        char *end = NULL;
        unsigned long value = strtoul(p->text[i], &end, 10);
        if (*end || *p->text[i] == '-' || value == 0 || value > 1000000000) {
            return false;
        }
        *to[i - P_PAGE] = value;
    }
    size_t most = lookup_settings.list_max > 0 ? (size_t)lookup_settings.list_max : 1;
    out->size = out->asked > most ? most : out->asked;
    return true;
}

static void put_told(struct blob *out, const char *name, int64_t how, size_t value)
{
    if (how != TOLD_NOT) {
        value -= how == TOLD_LESS && value > 0;
        blob_printf(out, ",\"%s\":%zu", name, how == TOLD_ZERO ? 0 : value);
    }
}

static void put_paging(struct blob *out, size_t count, const struct paging *p)
{
    size_t told = lookup_settings.list_tells ? p->asked : p->size, size = told > 0 ? told : 1;
    blob_puts(out, "]");
    put_told(out, "count", lookup_settings.list_count, count);
    put_told(out, "totalpage", lookup_settings.list_totalpage, (count + size - 1) / size);
    blob_printf(out, ",\"page\":%zu,\"pagesize\":%zu}}", p->page, size);
}

static bool read_list(const char *body, size_t length, struct params *p, struct paging *paging)
{
    struct scan s;
    scan_init(&s, body, length);
    return read_params(&s, list_names, p) && scan_done(&s) && read_paging(p, paging);
}

/* The material at this place of the list, which may move. */
static const struct material *listed(size_t place)
{
    return material_at((place + moved) % materials_count());
}

static void move_list(void)
{
    bool still = lookup_settings.list_moves_for == 0 || moves < (size_t)lookup_settings.list_moves_for;
    if (still && lookup_settings.list_moves > 0) {
        moved += (size_t)lookup_settings.list_moves;
        moves++;
    }
}

/* The list loses one and gains one: its count stays, and all that stand between them move forward. */
static void swap_in_list(size_t page)
{
    static const char text[] = "\"number\":\"SWAPPED\",\"name\":\"换上的\"";
    bool due = lookup_settings.list_swaps > 0 && page == (size_t)lookup_settings.list_swaps;
    for (size_t i = 0; due && i < materials_count(); i++) {
        if (!material_at(i)->gone) {
            material_remove(material_at(i));
            (void)material_create("SWAPPED", strlen("SWAPPED"), 1, text, strlen(text), 0);
            lookup_settings.list_swaps = 0;
            return;
        }
    }
}

bool lookup_list(const char *body, size_t length, struct blob *out)
{
    struct params p;
    struct paging paging;
    size_t count = 0;
    if (!read_list(body, length, &p, &paging)) {
        return malformed(out, "参数错误");
    }
    bool filtered = lookup_settings.visible_ms > 0 || materials_gone() > 0 || materials_disabled() > 0;
    for (int i = P_SEARCH; i < P_ENABLE; i++) {
        filtered = filtered || (p.given[i] && p.length[i] > 0);
    }
    size_t from = lookup_settings.list_ignores_page ? 0 : (paging.page - 1) * paging.size, until = from + paging.size;
    put_success(out);
    blob_puts(out, "{\"rows\":[");
    for (size_t i = filtered ? 0 : from; i < materials_count(); i++) {
        const struct material *m = listed(i);
        if (!filtered) {
            count = i;
        } else if (!matches(m, &p)) {
            continue;
        }
        if (count >= from && count < until) {
            if (count > from) {
                blob_puts(out, ",");
            }
            put_row(out, m);
        } else if (!filtered) {
            break;
        }
        count++;
    }
    put_paging(out, filtered ? count : materials_count(), &paging);
    move_list();
    swap_in_list(paging.page);
    return true;
}

struct entry {
    const char *id, *number, *name;
};

static bool put_entries(const char *body, size_t length, struct blob *out, const struct entry *entries, size_t total)
{
    struct params p;
    struct paging paging;
    size_t count = 0;
    if (!read_list(body, length, &p, &paging)) {
        return malformed(out, "参数错误");
    }
    size_t from = lookup_settings.list_ignores_page ? 0 : (paging.page - 1) * paging.size;
    put_success(out);
    blob_puts(out, "{\"rows\":[");
    for (size_t i = 0; i < total; i++) {
        const struct entry *e = &entries[i];
        if (p.given[P_SEARCH] && !strstr(e->name, p.text[P_SEARCH]) && !strstr(e->number, p.text[P_SEARCH])) {
            continue;
        }
        if (count >= from && count < from + paging.size) {
            blob_printf(out, "%s{\"id\":\"%s\",\"number\":\"%s\",\"name\":\"%s\",\"enable\":\"1\"}",
                        count > from ? "," : "", e->id, e->number, e->name);
        }
        count++;
    }
    put_paging(out, count, &paging);
    return true;
}

bool lookup_groups(const char *body, size_t length, struct blob *out)
{
    static const struct entry groups[] = {
        {"900001", "01", "店铺"}, {"900002", "02", "商品"}, {"900003", "03", "服务"}, {"900004", "04", "包材"}};
    return put_entries(body, length, out, groups, sizeof groups / sizeof *groups);
}

bool lookup_units(const char *body, size_t length, struct blob *out)
{
    static const struct entry units[] = {{"1", "01", "个"}, {"2", "02", "件"}, {"3", "03", "箱"}, {"4", "04", "吨"}};
    size_t count = sizeof units / sizeof *units - (lookup_settings.more_units ? 0 : 1);
    return put_entries(body, length, out, units, lookup_settings.no_units ? 0 : count);
}
