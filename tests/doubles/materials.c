#include "materials.h"

#include <stdlib.h>

#include "dice.h"
#include "fields.h"
#include "spelling.h"

enum { NO_NUMBER = UINT32_MAX };
/* Ids of 18 and 19 digits in turn, none of which a double can hold. */
#define ID_SHORT 812345678901234567U
#define ID_LONG 1812345678901234567U
#define ID_STEP 1013U
#define ID_KIND 1000000000000000U /* between the first ids of two kinds */

struct number {
    char *text;
    uint32_t sends, count; /* times sent; materials that have it */
    uint32_t first, last;  /* materials, index + 1 */
};

static struct book {
    struct material *materials;
    size_t material_count, material_room, gone_count, disabled_count;
    struct number *numbers;
    size_t number_count, number_room, numbers_used, numbers_doubled;
    uint32_t *slots; /* index + 1 into numbers; open addressing */
    size_t slot_room;
    uint32_t most_sends;
    struct {
        uint64_t *keys;
        uint32_t *counts;
        size_t room, used;
    } names;
} books[ENTITIES];
static struct blob folded;

static struct book *book(void)
{
    return &books[entity_kind()];
}

size_t materials_count(void)
{
    return book()->material_count;
}
size_t materials_gone(void)
{
    return book()->gone_count;
}
size_t materials_disabled(void)
{
    return book()->disabled_count;
}
size_t materials_numbers(void)
{
    return book()->numbers_used;
}
size_t materials_doubled(void)
{
    return book()->numbers_doubled;
}
uint32_t materials_most_sends(void)
{
    return book()->most_sends;
}

void materials_fini(void)
{
    for (const struct book *b = books; b < books + ENTITIES; b++) {
        for (size_t i = 0; i < b->material_count; i++) {
            free(b->materials[i].text);
            free(b->materials[i].spelling);
        }
        for (size_t i = 0; i < b->number_count; i++) {
            free(b->numbers[i].text);
        }
        free(b->materials);
        free(b->numbers);
        free(b->slots);
        free(b->names.keys);
        free(b->names.counts);
    }
    blob_fini(&folded);
}

static void slots_grow(void)
{
    book()->slot_room = book()->slot_room > 0 ? book()->slot_room * 2 : 4096;
    free(book()->slots);
    book()->slots = blob_memory(NULL, book()->slot_room * sizeof *book()->slots);
    memset(book()->slots, 0, book()->slot_room * sizeof *book()->slots);
    for (size_t i = 0; i < book()->number_count; i++) {
        size_t at = dice_hash(book()->numbers[i].text, strlen(book()->numbers[i].text)) & (book()->slot_room - 1);
        while (book()->slots[at]) {
            at = (at + 1) & (book()->slot_room - 1);
        }
        book()->slots[at] = (uint32_t)i + 1;
    }
}

/* Index of a number, made when `make`, else NO_NUMBER. */
static uint32_t number_find(const char *spelt, size_t length, bool make)
{
    const char *text = spelling_key(spelt, &length, &folded);
    if (book()->number_count * 2 >= book()->slot_room) {
        slots_grow();
    }
    size_t at = dice_hash(text, length) & (book()->slot_room - 1);
    for (; book()->slots[at]; at = (at + 1) & (book()->slot_room - 1)) {
        const struct number *n = &book()->numbers[book()->slots[at] - 1];
        if (strncmp(n->text, text, length) == 0 && n->text[length] == '\0') {
            return book()->slots[at] - 1;
        }
    }
    if (!make) {
        return NO_NUMBER;
    }
    if (book()->number_count == book()->number_room) {
        book()->number_room = book()->number_room > 0 ? book()->number_room * 2 : 1024;
        book()->numbers = blob_memory(book()->numbers, book()->number_room * sizeof *book()->numbers);
    }
    struct number n = {.text = blob_memory(NULL, length + 1)};
    memcpy(n.text, text, length);
    n.text[length] = '\0';
    book()->numbers[book()->number_count++] = n;
    book()->slots[at] = (uint32_t)book()->number_count;
    return (uint32_t)book()->number_count - 1;
}

static size_t name_slot(uint64_t name)
{
    size_t at = (size_t)name & (book()->names.room - 1);
    while (book()->names.keys[at] && book()->names.keys[at] != name) {
        at = (at + 1) & (book()->names.room - 1);
    }
    return at;
}

static void name_count(uint64_t name, int change)
{
    if (book()->names.used * 2 >= book()->names.room) {
        size_t old_room = book()->names.room;
        uint64_t *old_keys = book()->names.keys;
        uint32_t *old_counts = book()->names.counts;
        book()->names.room = old_room > 0 ? old_room * 2 : 4096;
        book()->names.keys = blob_memory(NULL, book()->names.room * sizeof *book()->names.keys);
        book()->names.counts = blob_memory(NULL, book()->names.room * sizeof *book()->names.counts);
        memset(book()->names.keys, 0, book()->names.room * sizeof *book()->names.keys);
        memset(book()->names.counts, 0, book()->names.room * sizeof *book()->names.counts);
        for (size_t i = 0; i < old_room; i++) {
            if (!old_keys[i]) {
                continue;
            }
            size_t at = name_slot(old_keys[i]);
            book()->names.keys[at] = old_keys[i];
            book()->names.counts[at] = old_counts[i];
        }
        free(old_keys);
        free(old_counts);
    }
    size_t at = name_slot(name);
    book()->names.used += book()->names.keys[at] == 0;
    book()->names.keys[at] = name;
    book()->names.counts[at] += (uint32_t)change;
}

bool material_name_taken(uint64_t name, const struct material *m)
{
    if (book()->names.room == 0) {
        return false;
    }
    uint32_t own = m && m->name == name ? 1 : 0;
    return book()->names.counts[name_slot(name)] > own;
}

struct material *material_at(size_t index)
{
    return index < book()->material_count ? &book()->materials[index] : NULL;
}

static uint64_t id_of(size_t index)
{
    return (index % 2 ? ID_SHORT : ID_LONG) + entity_kind() * ID_KIND + index * ID_STEP;
}

struct material *material_by_id(const char *id, size_t length)
{
    if (length != 18 && length != 19) {
        return NULL;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        if (id[i] < '0' || id[i] > '9') {
            return NULL;
        }
        value = value * 10 + (uint64_t)(id[i] - '0');
    }
    size_t index = (size_t)((value - (length == 18 ? ID_SHORT : ID_LONG) - entity_kind() * ID_KIND) / ID_STEP);
    return index < book()->material_count && book()->materials[index].id == value && !book()->materials[index].gone
               ? &book()->materials[index]
               : NULL;
}

struct material *material_by_number(const char *number, size_t length)
{
    uint32_t n = number_find(number, length, false);
    return n != NO_NUMBER && book()->numbers[n].first ? &book()->materials[book()->numbers[n].first - 1] : NULL;
}

struct material *material_twin(const struct material *m)
{
    return m->twin ? &book()->materials[m->twin - 1] : NULL;
}

const char *material_number(const struct material *m)
{
    return m->spelling ? m->spelling : book()->numbers[m->number].text;
}

size_t material_number_count(const struct material *m)
{
    return book()->numbers[m->number].count;
}

bool material_is_first(const struct material *m)
{
    return book()->numbers[m->number].first == (uint32_t)(m - book()->materials) + 1;
}

static void link_number(struct material *m, uint32_t number)
{
    struct number *n = &book()->numbers[number];
    uint32_t self = (uint32_t)(m - book()->materials) + 1;
    m->number = number;
    m->twin = MATERIAL_NONE;
    if (n->first) {
        book()->materials[n->last - 1].twin = self;
    } else {
        n->first = self;
    }
    n->last = self;
    n->count++;
    book()->numbers_used += n->count == 1;
    book()->numbers_doubled += n->count == 2;
}

static void unlink_number(struct material *m)
{
    struct number *n = &book()->numbers[m->number];
    uint32_t self = (uint32_t)(m - book()->materials) + 1, before = 0;
    for (uint32_t at = n->first; at != self; at = book()->materials[at - 1].twin) {
        before = at;
    }
    if (before) {
        book()->materials[before - 1].twin = m->twin;
    } else {
        n->first = m->twin;
    }
    if (n->last == self) {
        n->last = before;
    }
    n->count--;
    book()->numbers_used -= n->count == 0;
    book()->numbers_doubled -= n->count == 1;
}

static char *copy(const char *text, size_t length)
{
    char *kept = blob_memory(NULL, length);
    if (length > 0) {
        memcpy(kept, text, length);
    }
    return kept;
}

static void set_spelling(struct material *m, const char *number, size_t length)
{
    free(m->spelling);
    m->spelling = NULL;
    if (strncmp(book()->numbers[m->number].text, number, length) != 0 || book()->numbers[m->number].text[length]) {
        m->spelling = blob_memory(NULL, length + 1);
        memcpy(m->spelling, number, length);
        m->spelling[length] = '\0';
    }
}

struct material *material_create(const char *number, size_t number_length, uint64_t name, const char *text,
                                 size_t length, int64_t born)
{
    if (book()->material_count == book()->material_room) {
        book()->material_room = book()->material_room > 0 ? book()->material_room * 2 : 1024;
        book()->materials = blob_memory(book()->materials, book()->material_room * sizeof *book()->materials);
    }
    uint32_t n = number_find(number, number_length, true);
    struct material *m = &book()->materials[book()->material_count];
    *m = (struct material){.id = id_of(book()->material_count),
                           .born = born,
                           .name = name,
                           .text = copy(text, length),
                           .length = (uint32_t)length};
    book()->material_count++;
    link_number(m, n);
    set_spelling(m, number, number_length);
    name_count(name, 1);
    return m;
}

void material_update(struct material *m, const char *number, size_t number_length, uint64_t name, const char *text,
                     size_t length)
{
    uint32_t n = number_find(number, number_length, true);
    if (n != m->number) {
        unlink_number(m);
        link_number(m, n);
    }
    set_spelling(m, number, number_length);
    if (name != m->name) {
        name_count(m->name, -1);
        name_count(name, 1);
        m->name = name;
    }
    free(m->text);
    m->text = copy(text, length);
    m->length = (uint32_t)length;
}

void material_disable(struct material *m, bool disabled)
{
    book()->disabled_count += disabled - m->disabled;
    m->disabled = disabled;
}

void material_remove(struct material *m)
{
    unlink_number(m);
    name_count(m->name, -1);
    m->gone = true;
    book()->gone_count++;
}

void material_sent(const char *number, size_t length)
{
    uint32_t found = number_find(number, length, true); /* may move the numbers */
    struct number *n = &book()->numbers[found];
    if (++n->sends > book()->most_sends) {
        book()->most_sends = n->sends;
    }
}

void materials_forget_sends(void)
{
    book()->most_sends = 0;
    for (size_t i = 0; i < book()->number_count; i++) {
        book()->numbers[i].sends = 0;
    }
}

void material_print(const struct material *m, struct blob *out)
{
    blob_puts(out, "{\"id\":\"");
    blob_integer(out, (int64_t)m->id);
    blob_puts(out, m->length > 0 ? "\"," : "\"");
    blob_put(out, m->text, m->length);
    if (entity_kind() == ENTITY_BILL) {
        blob_puts(out, m->audited ? ",\"billstatus\":\"C\"" : ",\"billstatus\":\"Z\"");
    }
    blob_put(out, "}", 1);
}

void materials_compare_anew(void)
{
    struct number *old = book()->numbers;
    size_t old_count = book()->number_count;
    book()->numbers = NULL;
    book()->number_count = book()->number_room = book()->numbers_used = book()->numbers_doubled = book()->most_sends =
        0;
    slots_grow();
    for (size_t i = 0; i < book()->material_count; i++) {
        struct material *m = &book()->materials[i];
        char *number = m->spelling ? m->spelling : copy(old[m->number].text, strlen(old[m->number].text) + 1);
        m->spelling = NULL;
        if (!m->gone) {
            link_number(m, number_find(number, strlen(number), true));
            set_spelling(m, number, strlen(number));
        }
        free(number);
    }
    for (size_t i = 0; i < old_count; i++) {
        free(old[i].text);
    }
    free(old);
}
