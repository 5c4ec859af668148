#include "loader/ask/pass.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/language.h"

enum { PAGE_SIZE = 100, PASSES_MAX = 6, CALLS_MAX = 400000, IDS_MAX = 1 << 25, ROOM_LEAST = 1024 };

static uint64_t hash_text(uint64_t hash, struct text t)
{
    for (size_t i = 0; i < t.size; i++) {
        hash = (hash ^ (unsigned char)t.data[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

static uint64_t hash_id(struct text id)
{
    uint64_t hash = hash_text(UINT64_C(14695981039346656037), id);
    return hash ? hash : 1;
}

/* ---- a set ---- */

static bool set_put(struct id_set *set, uint64_t hash)
{
    size_t at = (size_t)hash & (set->room - 1);
    while (set->slots[at] && set->slots[at] != hash) {
        at = (at + 1) & (set->room - 1);
    }
    bool fresh = !set->slots[at];
    set->slots[at] = hash;
    set->count += fresh;
    return fresh;
}

static int set_grow(struct id_set *set)
{
    struct id_set larger = {.room = set->room ? set->room * 2 : ROOM_LEAST};
    if (larger.room > IDS_MAX) {
        return ERR_LIMIT;
    }
    larger.slots = calloc(larger.room, sizeof *larger.slots);
    if (!larger.slots) {
        return ERR_MEMORY;
    }
    for (size_t i = 0; i < set->room; i++) {
        if (set->slots[i]) {
            (void)set_put(&larger, set->slots[i]);
        }
    }
    free(set->slots);
    *set = larger;
    return 0;
}

void id_set_clear(struct id_set *set)
{
    free(set->slots);
    *set = (struct id_set){NULL, 0, 0};
}

int id_set_put(struct id_set *set, struct text id, bool *fresh)
{
    int error = 2 * (set->count + 1) > set->room ? set_grow(set) : 0;
    *fresh = !error && set_put(set, hash_id(id));
    return error;
}

/* ---- a pass ---- */

void pass_init(struct pass *pass)
{
    *pass = (struct pass){.no = 1, .size = PAGE_SIZE, .passes = 1};
}

void pass_fini(struct pass *pass)
{
    id_set_clear(&pass->seen);
}

bool pass_smaller(struct pass *pass)
{
    int64_t calls = pass->calls, size = pass->size / 2;
    if (size == 0) {
        return false;
    }
    id_set_clear(&pass->seen);
    pass_init(pass);
    pass->calls = calls;
    pass->size = size;
    return true;
}

bool pass_enough(const struct pass *pass)
{
    return pass->total > 0 && (int64_t)pass->seen.count >= pass->total;
}

static enum pass_next unproven(struct pass *pass, const char *what)
{
    char of[40] = "";
    if (pass->total > 0) {
        (void)snprintf(of, sizeof of, " of %lld", (long long)pass->total);
    }
    (void)snprintf(pass->why, sizeof pass->why,
                   N_("%zu%s records were seen, %s; start again when nobody edits them, or ask the target's support "
                      "why its list can't be paged through"),
                   pass->seen.count, of, what);
    return PASS_UNPROVEN;
}

static enum pass_next next_pass(struct pass *pass, const char *what)
{
    if (++pass->passes > PASSES_MAX) {
        return unproven(pass, what);
    }
    pass->no = 1;
    pass->rows = 0;
    pass->again = 0;
    pass->shrank = false;
    pass->before = 0;
    return PASS_ASK;
}

/* The pass is over: was it all? */
static enum pass_next pass_over(struct pass *pass, bool empty)
{
    if (pass->shrank) {
        id_set_clear(&pass->seen);
        return next_pass(pass, N_("and records vanished each time while it was read"));
    }
    if (pass->total > 0 ? !pass_enough(pass) : !empty) {
        return next_pass(pass, N_("and no reading brought more"));
    }
    pass->again = pass->no - 2; /* page `no` brought nothing, and from the one before nothing moves behind it */
    pass->no = 1;
    pass->rows = 0;
    return pass->again > 0 ? PASS_ASK : PASS_DONE;
}

static int64_t next_page(struct pass *pass, const struct target_page *page)
{
    pass->rows += (int64_t)page->count;
    return ++pass->no;
}

enum pass_next pass_page(struct pass *pass, const struct target_page *page)
{
    size_t fresh = 0;
    uint64_t digest = UINT64_C(14695981039346656037);
    /* Behind the last page some lists count 0. On the first one it means that all of it was deleted. */
    bool emptied = pass->no == 1 && page->count == 0 && page->total == 0;
    int64_t total = page->total > 0 || emptied ? page->total : pass->total;
    pass->shrank = pass->shrank || (total < pass->total && pass->no > 1);
    if (total < pass->total && pass->no == 1) {
        id_set_clear(&pass->seen);
    }
    for (size_t i = 0; i < page->count; i++) {
        bool is_fresh;
        if (id_set_put(&pass->seen, page->entries[i].id, &is_fresh)) {
            return unproven(pass, N_("and there is no memory for more"));
        }
        fresh += is_fresh;
        digest = hash_text(digest, page->entries[i].id);
    }
    bool repeated = page->count > 0 && digest == pass->before, moved = total != pass->total;
    pass->before = digest;
    pass->total = total;
    if (++pass->calls > CALLS_MAX) {
        return unproven(pass, N_("and the list never ends"));
    }
    if (pass->again > 0) {
        if (fresh > 0 || moved || page->count == 0) {
            return next_pass(pass, N_("and it changed each time while it was read"));
        }
        return next_page(pass, page) <= pass->again ? PASS_ASK : PASS_DONE;
    }
    if (page->count == 0 || (fresh == 0 && pass_enough(pass) && pass->passes == 1)) {
        return pass_over(pass, page->count == 0);
    }
    if (repeated) {
        if (pass_enough(pass)) {
            return pass_over(pass, false);
        }
        return unproven(pass, N_("and a page repeats the one before"));
    }
    (void)next_page(pass, page);
    return PASS_ASK;
}
