#include "shops.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { VIEWS = 16, EDITS_MAX = 100000, FIELD_PLATFORM = 0, CHINA = 8 * 3600 };

struct shop_settings shop_settings;

struct edit {
    uint32_t entry;
    int field;
    char *json; /* insides of a JSON string, or a number */
};
struct view {
    struct shop_view shops;
    char platform[64], shop_no[64], is_disabled[4];
    bool used;
};

static uint32_t *all; /* every shop in the order of the source */
static size_t all_count, all_room;
static uint32_t last_serial;
static struct edit *edits;
static size_t edit_count;
static unsigned char *edited[2]; /* a bit for each serial, by whether disabled */
static size_t edited_room[2];
static struct view views[VIEWS];
static size_t next_view;
static int64_t edit_times;

static void views_clear(void)
{
    for (size_t i = 0; i < VIEWS; i++) {
        free(views[i].shops.entries);
        views[i] = (struct view){0};
    }
}

void shops_fini(void)
{
    views_clear();
    for (size_t i = 0; i < edit_count; i++) {
        free(edits[i].json);
    }
    free(edits);
    free(all);
    free(edited[0]);
    free(edited[1]);
    edits = NULL;
    all = NULL;
    edited[0] = edited[1] = NULL;
    edited_room[0] = edited_room[1] = 0;
    edit_count = all_count = all_room = 0;
}

void shops_make(void)
{
    shops_fini();
    uint64_t plain = (uint64_t)shop_settings.shops, off = (uint64_t)shop_settings.disabled;
    if (plain >= SHOP_SERIALS) {
        plain = SHOP_SERIALS - 1;
    }
    if (off >= SHOP_SERIALS) {
        off = SHOP_SERIALS - 1;
    }
    all_count = all_room = (size_t)(plain + off);
    all = blob_memory(NULL, all_room * sizeof *all);
    uint32_t serial = 0, disabled = 0;
    for (size_t i = 0; i < all_count; i++) {
        /* evenly mixed: after i+1 entries, their share of the disabled ones */
        if ((i + 1) * off / all_count > disabled) {
            all[i] = ++disabled | SHOP_DISABLED;
        } else {
            all[i] = ++serial;
        }
    }
    last_serial = serial;
}

void shops_refresh(void)
{
    views_clear();
}

bool shop_is_edited(uint32_t entry)
{
    uint32_t serial = entry & ~SHOP_DISABLED;
    int which = entry & SHOP_DISABLED ? 1 : 0;
    return serial / 8 < edited_room[which] && (edited[which][serial / 8] >> (serial % 8) & 1) != 0;
}

const char *shop_edit(uint32_t entry, int field)
{
    for (size_t i = edit_count; i > 0; i--) {
        if (edits[i - 1].entry == entry && edits[i - 1].field == field) {
            return edits[i - 1].json;
        }
    }
    return NULL;
}

static bool is_off(uint32_t entry, int field)
{
    const char *edit = shop_is_edited(entry) ? shop_edit(entry, field) : NULL;
    return edit ? strcmp(edit, "1") == 0 : (entry & SHOP_DISABLED) != 0;
}

static bool has_platform(uint32_t entry, const char *platform)
{
    const char *edit = shop_is_edited(entry) ? shop_edit(entry, FIELD_PLATFORM) : NULL;
    return strcmp(edit ? edit : shop_platform(entry), platform) == 0;
}

/* The entry that was renamed to this number, or 0. */
static uint32_t entry_renamed(const char *shop_no)
{
    bool number;
    int field = shop_field("shop_no", &number);
    uint32_t found = 0;
    struct blob json = {0};
    blob_quote(&json, shop_no);
    for (size_t i = 0; i < edit_count && !found; i++) {
        const char *edit = edits[i].field == field ? edits[i].json : NULL;
        if (edit && strlen(edit) == json.length - 2 && memcmp(edit, json.data + 1, json.length - 2) == 0) {
            found = edits[i].entry;
        }
    }
    blob_fini(&json);
    return found;
}

/* The entry of a shop number, 0 when it can be none. */
static uint32_t entry_of(const char *shop_no)
{
    char *end = NULL;
    uint32_t renamed = entry_renamed(shop_no);
    if (renamed) {
        return renamed;
    }
    if (*shop_no != 'S' && *shop_no != 'D') {
        return 0;
    }
    unsigned long serial = shop_no[1] >= '0' && shop_no[1] <= '9' ? strtoul(shop_no + 1, &end, 10) : 0;
    if (serial == 0 || *end || serial >= SHOP_SERIALS || strlen(shop_no) < 7) {
        return 0;
    }
    return (uint32_t)serial | (*shop_no == 'D' ? SHOP_DISABLED : 0);
}

static void view_fill(struct view *v)
{
    bool number;
    int off_field = shop_field("is_disabled", &number);
    uint32_t only = *v->shop_no ? entry_of(v->shop_no) : 0;
    v->shops.entries = blob_memory(NULL, (*v->shop_no ? 1 : all_count) * sizeof *all);
    for (size_t i = 0; i < all_count; i++) {
        uint32_t entry = all[i];
        if (*v->shop_no && entry != only) {
            continue;
        }
        if (*v->platform && !has_platform(entry, v->platform)) {
            continue;
        }
        if (*v->is_disabled || !shop_settings.show_disabled) {
            if (is_off(entry, off_field) != (*v->is_disabled == '1')) {
                continue;
            }
        }
        v->shops.entries[v->shops.count++] = entry;
        if (*v->shop_no) {
            break;
        }
    }
}

const struct shop_view *shops_view(const char *platform, const char *shop_no, const char *is_disabled)
{
    for (size_t i = 0; i < VIEWS; i++) {
        const struct view *v = &views[i];
        if (v->used && strcmp(v->platform, platform) == 0 && strcmp(v->shop_no, shop_no) == 0 &&
            strcmp(v->is_disabled, is_disabled) == 0) {
            return &v->shops;
        }
    }
    struct view *v = &views[next_view];
    next_view = (next_view + 1) % VIEWS;
    free(v->shops.entries);
    *v = (struct view){.used = true};
    snprintf(v->platform, sizeof v->platform, "%s", platform);
    snprintf(v->shop_no, sizeof v->shop_no, "%s", shop_no);
    snprintf(v->is_disabled, sizeof v->is_disabled, "%s", is_disabled);
    view_fill(v);
    return &v->shops;
}

size_t shops_count(void)
{
    return shops_view("", "", "")->count;
}

void shops_add(size_t count, bool front)
{
    if (count >= SHOP_SERIALS - last_serial) {
        return;
    }
    views_clear();
    all_room = all_count + count;
    all = blob_memory(all, all_room * sizeof *all);
    size_t at = all_count;
    if (front) {
        memmove(all + count, all, all_count * sizeof *all);
        at = 0;
    }
    for (size_t i = 0; i < count; i++) {
        all[at + i] = ++last_serial;
    }
    all_count += count;
}

static size_t position_of(const char *shop_no)
{
    uint32_t entry = entry_of(shop_no);
    size_t at = 0;
    while (at < all_count && all[at] != entry) {
        at++;
    }
    return at;
}

bool shops_remove(const char *shop_no)
{
    size_t at = position_of(shop_no);
    if (at == all_count) {
        return false;
    }
    views_clear();
    memmove(all + at, all + at + 1, (all_count - at - 1) * sizeof *all);
    all_count--;
    return true;
}

bool shops_return(const char *shop_no)
{
    uint32_t entry = entry_of(shop_no);
    if (entry == 0 || position_of(shop_no) < all_count) {
        return false;
    }
    views_clear();
    all_room = all_count + 1;
    all = blob_memory(all, all_room * sizeof *all);
    all[all_count++] = entry;
    return true;
}

bool shops_print(const char *shop_no, struct blob *out)
{
    size_t at = position_of(shop_no);
    if (at == all_count) {
        return false;
    }
    shop_render(out, all[at]);
    return true;
}

static void mark_edited(uint32_t entry)
{
    uint32_t serial = entry & ~SHOP_DISABLED;
    int which = entry & SHOP_DISABLED ? 1 : 0;
    size_t room = serial / 8 + 1;
    if (room > edited_room[which]) {
        edited[which] = blob_memory(edited[which], room);
        memset(edited[which] + edited_room[which], 0, room - edited_room[which]);
        edited_room[which] = room;
    }
    edited[which][serial / 8] = (unsigned char)(edited[which][serial / 8] | 1U << (serial % 8));
}

/* The field that a pair of an edit sets. */
static int edit_field(const struct form_pair *pair, bool *number)
{
    return shop_field(strcmp(pair->name, "to") == 0 ? "shop_no" : pair->name, number);
}

static void edit_put(uint32_t entry, int field, bool number, const char *value)
{
    struct blob json = {0};
    if (number) {
        blob_puts(&json, value);
    } else {
        blob_quote(&json, value);
    }
    size_t cut = number ? 0 : 1;
    size_t length = json.length - 2 * cut;
    char *kept = blob_memory(NULL, length + 1);
    memcpy(kept, json.data + cut, length);
    kept[length] = '\0';
    blob_fini(&json);
    for (size_t i = 0; i < edit_count; i++) {
        if (edits[i].entry == entry && edits[i].field == field) {
            free(edits[i].json);
            edits[i].json = kept;
            return;
        }
    }
    edits = blob_memory(edits, (edit_count + 1) * sizeof *edits);
    edits[edit_count++] = (struct edit){entry, field, kept};
}

static bool is_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && text[digits] == '\0' && (digits == 1 || *text != '0');
}

bool shops_edit(const char *shop_no, const struct form *form, struct blob *fault)
{
    size_t at = position_of(shop_no);
    if (at == all_count || edit_count + form->count >= EDITS_MAX) {
        blob_printf(fault, "no shop %s, or too many edits\n", shop_no);
        return false;
    }
    bool number = false;
    for (size_t i = 0; i < form->count; i++) {
        int field = edit_field(&form->pairs[i], &number);
        if (field < 0 || (number && !is_number(form->pairs[i].value))) {
            blob_printf(fault, "no field %s with such a value\n", form->pairs[i].name);
            return false;
        }
    }
    views_clear();
    for (size_t i = 0; i < form->count; i++) {
        int field = edit_field(&form->pairs[i], &number);
        if (strcmp(form->pairs[i].name, "shop_no") != 0) {
            edit_put(all[at], field, number, form->pairs[i].value);
        }
    }
    /* China has no daylight saving; every edit is at least a second newer than the one before. */
    time_t now = time(NULL) + CHINA + (time_t)edit_times++;
    struct tm parts;
    char text[32];
    gmtime_r(&now, &parts);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    edit_put(all[at], shop_field("modified", &number), false, text);
    mark_edited(all[at]);
    return true;
}
