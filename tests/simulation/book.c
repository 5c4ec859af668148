#include "book.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/json/json.h"

struct book book;

static bool same_text(struct text a, struct text b)
{
    return a.size == b.size &&
           (book.spells ? strncasecmp(a.data, b.data, a.size) : strncmp(a.data, b.data, a.size)) == 0;
}

/* As the book keeps it. */
static void spell(char out[32], const char *number)
{
    snprintf(out, 32, "%s", number);
    for (char *c = out; book.spells && *c; c++) {
        *c = (char)toupper((unsigned char)*c);
    }
}

static bool same_number(const char *a, struct text b)
{
    return same_text(text_of(a), b);
}

static struct material *material_add(const char *number, const char *name)
{
    assert(book.count < MATERIALS_MAX);
    struct material *material = &book.materials[book.count++];
    *material = (struct material){.made_at = sim.now, .shown_at = sim.now};
    snprintf(material->id, sizeof material->id, "%zu", 7000 + book.count);
    spell(material->number, number);
    snprintf(material->name, sizeof material->name, "%s", name);
    return material;
}

void target_make(void)
{
    memset(&book, 0, sizeof book);
    book.strict = sim_chance(250);
    book.whole = sim_chance(600);
    book.as_list = !book.whole && sim_chance(500);
    book.no_bulk = sim_chance(300);
    book.forgets = sim_chance(300);
    book.spells = sim_chance(250);
    book.moves = sim_chance(300) ? 1 + (int)sim_dice(3) : 0;
    book.swaps = sim_chance(300) ? 1 + (int64_t)sim_dice(4) : 0;
    book.moves = book.swaps > 0 ? 0 : book.moves; /* no record moves past both readings of the list */
    book.without = sim_chance(300) ? 1 + (enum without)sim_dice(3) : WITHOUT_NOTHING;
    book.list_cap = sim_chance(500) ? 2 + (int64_t)sim_dice(5) : INT64_MAX;
    book.names_guilty = (int)sim_dice(3);
    bool late = sim_chance(25);
    for (int unit = 0; unit < UNITS; unit++) {
        int64_t appears = sim_chance(700) ? sim.now + (int64_t)sim_dice(30000) : INT64_MAX;
        book.units[unit] = late && unit > 0 ? appears : 0;
    }
    if (book.swaps > 0) {
        material_add("Y", "by hand"); /* no shop's: it goes, and all others move forward */
    }
    for (int64_t i = 0; i < source_size() && sim_chance(700); i++) { /* stood there before us */
        char number[32];
        source_number(source_shop(i), number);
        bool twice = false;
        for (size_t k = 0; k < book.count; k++) {
            twice = twice || same_number(book.materials[k].number, text_of(number));
        }
        if (!twice && sim_chance(300)) {
            material_add(number, "by hand");
        }
    }
}

bool target_has_unit(int unit)
{
    return unit < 0 || book.units[unit] <= sim.now;
}

int64_t target_units_known(void)
{
    enum { AGAIN = 63000 /* ms: a minute, and what a page may take */ };
    int64_t known = 0;
    for (int unit = 0; unit < UNITS; unit++) {
        bool comes = book.units[unit] > 0 && book.units[unit] < INT64_MAX;
        known = comes && book.units[unit] + AGAIN > known ? book.units[unit] + AGAIN : known;
    }
    return known;
}

void target_forget(void)
{
    if (book.count > 0) {
        struct material *material = &book.materials[sim_dice(book.count)];
        sim_note("somebody deletes the material %s", material->number);
        material->gone = true;
    }
}

size_t target_size(void)
{
    return book.count;
}

const struct material *target_material(size_t at)
{
    return &book.materials[at];
}

struct material *book_by_id(struct text id)
{
    for (size_t i = 0; i < book.count; i++) {
        if (!book.materials[i].gone && text_equal(text_of(book.materials[i].id), id)) {
            return &book.materials[i];
        }
    }
    return NULL;
}

struct material *book_by_number(struct text number, bool shown)
{
    for (size_t i = 0; i < book.count; i++) {
        struct material *material = &book.materials[i];
        if (!material->gone && (!shown || sim.now >= material->shown_at) && same_number(material->number, number)) {
            return material;
        }
    }
    return NULL;
}

const struct material *book_listed(size_t place)
{
    return &book.materials[(place + book.moved) % book.count];
}

void book_swap(void)
{
    if (!book.materials[0].gone) {
        sim_note("somebody deletes the material %s and makes another", book.materials[0].number);
        book.materials[0].gone = true;
        material_add("Z", "by hand");
    }
    book.swaps = 0;
}

/* ---- rows of a save ---- */

static void item_judge(struct item *item, const struct item *before, size_t count)
{
    bool update = item->id.size > 0;
    bool taken = !update && book_by_number(item->number, false);
    for (size_t i = 0; i < count; i++) {
        taken = taken || (!update && before[i].id.size == 0 && same_text(before[i].number, item->number));
    }
    if (item->name.data[item->name.size - 1] == '!') {
        item->refused = "this content is not wanted";
    } else if (update && !book_by_id(item->id)) {
        item->refused = "the material does not exist: 不存在";
    } else if (book.strict && update && book_by_id(item->id)->audited) {
        item->refused = "it is audited and can't be changed";
    } else if (book.strict && taken) {
        item->refused = "编码已存在";
    }
}

void book_save(struct item *item)
{
    if (item->id.size > 0) {
        struct material *material = book_by_id(item->id);
        assert(material);
        if (material->audited) {
            sim_break("changed: %s, though it is audited", material->name);
        }
        snprintf(material->name, sizeof material->name, "%.*s", TEXT_ARG(item->name));
        char number[32];
        snprintf(number, sizeof number, "%.*s", TEXT_ARG(item->number));
        spell(material->number, number);
        snprintf(material->unit, sizeof material->unit, "%.*s", TEXT_ARG(item->unit));
        sim.count.updates++;
        item->saved = material;
        return;
    }
    char number[32], name[32];
    snprintf(number, sizeof number, "%.*s", TEXT_ARG(item->number));
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(item->name));
    struct material *material = material_add(number, name);
    material->ours = true;
    snprintf(material->unit, sizeof material->unit, "%.*s", TEXT_ARG(item->unit));
    material->shown_at = sim.now + (int64_t)sim_dice((uint64_t)sim.times.visible);
    sim.count.creates++;
    item->saved = material;
    judge_created(material);
}

void book_result(struct buffer *out, const struct item *items, size_t count, size_t base)
{
    size_t refused = 0;
    buffer_add_text(out, TEXT("{\"successPkIds\":["));
    for (size_t i = count, n = 0; i-- > 0;) { /* in another order than they came */
        if (items[i].saved) {
            buffer_format(out, "%s\"%s\"", n++ > 0 ? "," : "", items[i].saved->id);
        }
        refused += items[i].refused != NULL;
    }
    buffer_format(out, "],\"success\":%s,\"message\":\"%s\",\"errorInfo\":[", refused > 0 ? "false" : "true",
                  refused > 0 ? "some refused" : "");
    for (size_t i = 0, n = 0; i < count && !(book.names_guilty == 2 && count > 1); i++) {
        if (items[i].refused) {
            buffer_format(out, "%s{\"id\":\"", n++ > 0 ? "," : "");
            if (book.names_guilty == 1) {
                buffer_format(out, "%zu", base + i);
            } else {
                buffer_add_text(out, items[i].number);
            }
            buffer_format(out, "\",\"msg\":\"%s\"}", items[i].refused);
        }
    }
    buffer_add_text(out, TEXT("]}"));
}

size_t book_items(const cJSON *list, struct item *items)
{
    size_t count = 0;
    for (const cJSON *item = list->child; item; item = item->next) {
        assert(count < ITEMS_MAX);
        items[count] = (struct item){json_text(json_get(item, "id")),
                                     json_text(json_get(item, "number")),
                                     json_text(json_get(item, "name")),
                                     json_text(json_get(item, "unit")),
                                     NULL,
                                     NULL};
        item_judge(&items[count], items, count);
        count++;
    }
    return count;
}
