#include "loader/ask/search.h"

#include "common/ledger/spelling.h"
#include "common/log/log.h"
#include "loader/ask/smaller.h"

enum { BODY_MAX = 1 << 18, KEPT = 1 << 20 };

static void page_came(struct client_call *call, const struct answer *answer);

static void ask(struct search *search)
{
    bool narrow = search->step == AT_NARROW || search->step == AT_PROBE;
    struct target_ask ask = {
        .path = search->form->list.path, .no = search->pass.no, .before = search->pass.rows, .size = search->pass.size};
    if (narrow) {
        ask.search = search->step == AT_PROBE ? search->sample : search->number;
    }
    target_call_clear(&search->call.wire, BODY_MAX, BODY_MAX);
    search->driver->list_call(&search->call.wire, search->form, &ask);
    search->call.path = search->form->list.path.data;
    search->call.done = page_came;
    search->call.user = search;
    search->call.sized = true;
    client_start(search->client, &search->call);
}

static void step(struct search *search, enum search_step to)
{
    search->step = to;
    pass_fini(&search->pass);
    pass_init(&search->pass);
    ask(search);
}

static void tell(struct search *search, enum target_told told, struct text id, const struct answer *answer)
{
    search->done(search, told, id, answer);
}

static void distrust(struct search *search)
{
    *search->trust = SEARCH_FAILS;
    log_event(EVENT_LOOKUP_SEARCH, "the target's list does not find numbers; it is read whole instead", "api",
              LOG_TEXT(search->form->list.path), (const char *)NULL);
    search->alike_id = (struct text){NULL, 0};
    step(search, AT_WHOLE);
}

/* Does finding this record by its number show that numbers are searched? Not where its name holds the number, too. */
static bool proves(const struct target_entry *entry)
{
    return entry->number.size > 0 && text_find_nocase(entry->name, entry->number) < 0;
}

/* Its page is gone before the search is over. */
static struct text keep_record(struct search *search, const cJSON *record)
{
    struct buffer json;
    buffer_init(&json, KEPT / 2);
    json_put_tree(&json, record);
    struct text kept = json.failed ? TEXT("") : arena_text(&search->kept, buffer_text(&json));
    buffer_fini(&json);
    return kept.data ? kept : TEXT("");
}

/* The record of exactly this number; notes the one of another spelling. */
static const struct target_entry *match(struct search *search, const struct target_page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        const struct target_entry *entry = &page->entries[i];
        if (text_equal(entry->number, search->number)) {
            return entry;
        }
        if (search->alike_id.size == 0 && spelling_alike(entry->number, search->number)) {
            search->alike_id = arena_text(&search->kept, entry->id);
            search->alike = keep_record(search, entry->record);
        }
    }
    return NULL;
}

/* Nothing more to read, and no record of exactly this number. */
static void over(struct search *search)
{
    if (search->alike_id.size > 0) {
        struct answer answer = {.class = REPLY_DONE, .message = TEXT(""), .code = TEXT("")};
        bool whole = json_parse(&search->arena, search->alike, KEPT, JSON_STRICT, &answer.data, NULL) == 0;
        tell(search, TOLD_ALIKE, search->alike_id, whole ? &answer : NULL);
    } else if (search->step == AT_NARROW && *search->trust == SEARCH_UNTRIED) {
        step(search, AT_SAMPLE);
    } else {
        tell(search, TOLD_ABSENT, TEXT(""), NULL);
    }
}

/* A record that stands there, to see whether the search parameter finds it. */
static void take_sample(struct search *search, const struct target_page *page)
{
    if (page->count == 0) {
        tell(search, TOLD_ABSENT, TEXT(""), NULL);
        return;
    }
    for (size_t i = 0; i < page->count; i++) {
        if (proves(&page->entries[i])) {
            search->sample = arena_text(&search->kept, page->entries[i].number);
            search->sample_id = arena_text(&search->kept, page->entries[i].id);
            if (search->sample.data && search->sample_id.data) {
                step(search, AT_PROBE);
                return;
            }
        }
    }
    distrust(search);
}

static void judge_probe(struct search *search, const struct target_page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        if (text_equal(page->entries[i].id, search->sample_id)) {
            *search->trust = SEARCH_WORKS;
            tell(search, TOLD_ABSENT, TEXT(""), NULL);
            return;
        }
    }
    distrust(search);
}

static void read_on(struct search *search, const struct target_page *page)
{
    enum pass_next next = pass_page(&search->pass, page);
    if (next == PASS_ASK) {
        ask(search);
    } else if (next == PASS_DONE) {
        over(search);
    } else if (search->step == AT_NARROW) {
        distrust(search);
    } else {
        tell(search, TOLD_NOTHING, TEXT(""), NULL);
    }
}

static void page_came(struct client_call *call, const struct answer *answer)
{
    struct search *search = call->user;
    struct target_page page = {.total = -1, .pages = -1};
    bool narrow = search->step == AT_NARROW || search->step == AT_PROBE;
    arena_reset(&search->arena, KEPT);
    if (answer->too_large && list_smaller(&search->pass, search->call.path)) {
        ask(search);
        return;
    }
    /* There is no page behind the last, or nothing of that number. */
    bool end = answer->class == REPLY_REJECT && (pass_enough(&search->pass) || (narrow && answer->gone));
    if (!end &&
        (answer->class != REPLY_DONE || search->driver->list_read(&search->arena, search->form, answer, &page) != 0)) {
        if (narrow && answer->class == REPLY_REJECT) {
            distrust(search);
        } else {
            tell(search, TOLD_NOTHING, TEXT(""), NULL);
        }
        return;
    }
    const struct target_entry *found = match(search, &page);
    if (found) {
        *search->trust = narrow && proves(found) ? SEARCH_WORKS : *search->trust;
        tell(search, TOLD_FOUND, found->id, answer);
    } else if (search->step == AT_SAMPLE) {
        take_sample(search, &page);
    } else if (search->step == AT_PROBE) {
        judge_probe(search, &page);
    } else {
        read_on(search, &page);
    }
}

void search_start(struct search *search, struct text number)
{
    if (!search->begun) {
        search->begun = true;
        arena_init(&search->arena, ANSWER_ARENA_MAX);
        arena_init(&search->kept, KEPT);
    }
    arena_reset(&search->kept, KEPT);
    search->number = number;
    search->alike_id = (struct text){NULL, 0};
    step(search, search->form->list.search.size > 0 && *search->trust != SEARCH_FAILS ? AT_NARROW : AT_WHOLE);
}

void search_fini(struct search *search)
{
    if (search->begun) {
        pass_fini(&search->pass);
        arena_fini(&search->arena);
        arena_fini(&search->kept);
        target_call_fini(&search->call.wire);
        search->begun = false;
    }
}
