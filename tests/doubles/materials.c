#include "materials.h"

#include <stdlib.h>

#include "dice.h"

enum { NO_NUMBER = UINT32_MAX };
/* Ids of 18 and 19 digits in turn, none of which a double can hold. */
#define ID_SHORT 812345678901234567U
#define ID_LONG 1812345678901234567U
#define ID_STEP 1013U

struct number {
    char *text;
    uint32_t sends, count; /* times sent; materials that have it */
    uint32_t first, last;  /* materials, index + 1 */
};

static struct material *materials;
static size_t material_count, material_room;
static struct number *numbers;
static size_t number_count, number_room, numbers_used, numbers_doubled;
static uint32_t *slots; /* index + 1 into numbers; open addressing */
static size_t slot_room;
static uint32_t most_sends;
static struct {
    uint64_t *keys;
    uint32_t *counts;
    size_t room, used;
} names;

size_t materials_count(void)
{
    return material_count;
}
size_t materials_numbers(void)
{
    return numbers_used;
}
size_t materials_doubled(void)
{
    return numbers_doubled;
}
uint32_t materials_most_sends(void)
{
    return most_sends;
}

void materials_fini(void)
{
    for (size_t i = 0; i < material_count; i++) {
        free(materials[i].text);
    }
    for (size_t i = 0; i < number_count; i++) {
        free(numbers[i].text);
    }
    free(materials);
    free(numbers);
    free(slots);
    free(names.keys);
    free(names.counts);
}

static void slots_grow(void)
{
    slot_room = slot_room > 0 ? slot_room * 2 : 4096;
    free(slots);
    slots = blob_memory(NULL, slot_room * sizeof *slots);
    memset(slots, 0, slot_room * sizeof *slots);
    for (size_t i = 0; i < number_count; i++) {
        size_t at = dice_hash(numbers[i].text, strlen(numbers[i].text)) & (slot_room - 1);
        while (slots[at]) {
            at = (at + 1) & (slot_room - 1);
        }
        slots[at] = (uint32_t)i + 1;
    }
}

/* Index of a number, made when `make`, else NO_NUMBER. */
static uint32_t number_find(const char *text, size_t length, bool make)
{
    if (number_count * 2 >= slot_room) {
        slots_grow();
    }
    size_t at = dice_hash(text, length) & (slot_room - 1);
    for (; slots[at]; at = (at + 1) & (slot_room - 1)) {
        const struct number *n = &numbers[slots[at] - 1];
        if (strncmp(n->text, text, length) == 0 && n->text[length] == '\0') {
            return slots[at] - 1;
        }
    }
    if (!make) {
        return NO_NUMBER;
    }
    if (number_count == number_room) {
        number_room = number_room > 0 ? number_room * 2 : 1024;
        numbers = blob_memory(numbers, number_room * sizeof *numbers);
    }
    struct number n = {.text = blob_memory(NULL, length + 1)};
    memcpy(n.text, text, length);
    n.text[length] = '\0';
    numbers[number_count++] = n;
    slots[at] = (uint32_t)number_count;
    return (uint32_t)number_count - 1;
}

static size_t name_slot(uint64_t name)
{
    size_t at = (size_t)name & (names.room - 1);
    while (names.keys[at] && names.keys[at] != name) {
        at = (at + 1) & (names.room - 1);
    }
    return at;
}

static void name_count(uint64_t name, int change)
{
    if (names.used * 2 >= names.room) {
        size_t old_room = names.room;
        uint64_t *old_keys = names.keys;
        uint32_t *old_counts = names.counts;
        names.room = old_room > 0 ? old_room * 2 : 4096;
        names.keys = blob_memory(NULL, names.room * sizeof *names.keys);
        names.counts = blob_memory(NULL, names.room * sizeof *names.counts);
        memset(names.keys, 0, names.room * sizeof *names.keys);
        memset(names.counts, 0, names.room * sizeof *names.counts);
        for (size_t i = 0; i < old_room; i++) {
            if (!old_keys[i]) {
                continue;
            }
            size_t at = name_slot(old_keys[i]);
            names.keys[at] = old_keys[i];
            names.counts[at] = old_counts[i];
        }
        free(old_keys);
        free(old_counts);
    }
    size_t at = name_slot(name);
    names.used += names.keys[at] == 0;
    names.keys[at] = name;
    names.counts[at] += (uint32_t)change;
}

bool material_name_taken(uint64_t name, const struct material *m)
{
    if (names.room == 0) {
        return false;
    }
    uint32_t own = m && m->name == name ? 1 : 0;
    return names.counts[name_slot(name)] > own;
}

struct material *material_at(size_t index)
{
    return index < material_count ? &materials[index] : NULL;
}

static uint64_t id_of(size_t index)
{
    return (index % 2 ? ID_SHORT : ID_LONG) + index * ID_STEP;
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
    size_t index = (size_t)((value - (length == 18 ? ID_SHORT : ID_LONG)) / ID_STEP);
    return index < material_count && materials[index].id == value ? &materials[index] : NULL;
}

struct material *material_by_number(const char *number, size_t length)
{
    uint32_t n = number_find(number, length, false);
    return n != NO_NUMBER && numbers[n].first ? &materials[numbers[n].first - 1] : NULL;
}

struct material *material_twin(const struct material *m)
{
    return m->twin ? &materials[m->twin - 1] : NULL;
}

const char *material_number(const struct material *m)
{
    return numbers[m->number].text;
}

size_t material_number_count(const struct material *m)
{
    return numbers[m->number].count;
}

bool material_is_first(const struct material *m)
{
    return numbers[m->number].first == (uint32_t)(m - materials) + 1;
}

static void link_number(struct material *m, uint32_t number)
{
    struct number *n = &numbers[number];
    uint32_t self = (uint32_t)(m - materials) + 1;
    m->number = number;
    m->twin = MATERIAL_NONE;
    if (n->first) {
        materials[n->last - 1].twin = self;
    } else {
        n->first = self;
    }
    n->last = self;
    n->count++;
    numbers_used += n->count == 1;
    numbers_doubled += n->count == 2;
}

static void unlink_number(struct material *m)
{
    struct number *n = &numbers[m->number];
    uint32_t self = (uint32_t)(m - materials) + 1, before = 0;
    for (uint32_t at = n->first; at != self; at = materials[at - 1].twin) {
        before = at;
    }
    if (before) {
        materials[before - 1].twin = m->twin;
    } else {
        n->first = m->twin;
    }
    if (n->last == self) {
        n->last = before;
    }
    n->count--;
    numbers_used -= n->count == 0;
    numbers_doubled -= n->count == 1;
}

static char *copy(const char *text, size_t length)
{
    char *kept = blob_memory(NULL, length);
    if (length > 0) {
        memcpy(kept, text, length);
    }
    return kept;
}

struct material *material_create(const char *number, size_t number_length, uint64_t name, const char *text,
                                 size_t length, int64_t born)
{
    if (material_count == material_room) {
        material_room = material_room > 0 ? material_room * 2 : 1024;
        materials = blob_memory(materials, material_room * sizeof *materials);
    }
    uint32_t n = number_find(number, number_length, true);
    struct material *m = &materials[material_count];
    *m = (struct material){.id = id_of(material_count),
                           .born = born,
                           .name = name,
                           .text = copy(text, length),
                           .length = (uint32_t)length};
    material_count++;
    link_number(m, n);
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
    if (name != m->name) {
        name_count(m->name, -1);
        name_count(name, 1);
        m->name = name;
    }
    free(m->text);
    m->text = copy(text, length);
    m->length = (uint32_t)length;
}

void material_sent(const char *number, size_t length)
{
    uint32_t found = number_find(number, length, true); /* may move the numbers */
    struct number *n = &numbers[found];
    if (++n->sends > most_sends) {
        most_sends = n->sends;
    }
}

void materials_forget_sends(void)
{
    most_sends = 0;
    for (size_t i = 0; i < number_count; i++) {
        numbers[i].sends = 0;
    }
}

void material_print(const struct material *m, struct blob *out)
{
    blob_puts(out, "{\"id\":\"");
    blob_integer(out, (int64_t)m->id);
    blob_puts(out, m->length > 0 ? "\"," : "\"");
    blob_put(out, m->text, m->length);
    blob_put(out, "}", 1);
}
