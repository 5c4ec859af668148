#include "extractor/unread.h"

#include <stdio.h>

#include "common/log/log.h"

enum { BYTES_MAX = 64 << 10 };

static bool is_json(struct text record)
{
    struct json_walk walk;
    struct text name, value;
    int more = json_walk_begin(&walk, record) == 0 ? 1 : ERR_SYNTAX;
    while (more == 1) {
        more = json_walk_next(&walk, &name, &value);
    }
    return more == 0;
}

bool unread_torn(const struct source_answer *answer, int64_t asked)
{
    if (answer->class != REPLY_DONE || (int64_t)answer->rows >= asked) {
        return false;
    }
    for (size_t i = 0; i < answer->rows; i++) {
        struct text record = answer->records[i];
        if (record.size > 0 && record.data[0] == '{' && !is_json(record)) {
            return true;
        }
    }
    return false;
}

void unread_stand_in(const struct unread_place *place, struct text body, struct arena *arena,
                     struct source_answer *answer)
{
    bool large = answer->too_large;
    char where[120], why[sizeof answer->why + 40];
    int64_t number = place->record > 0 ? place->record : place->page;
    (void)snprintf(where, sizeof where, "%s %lld of slice %d", place->record > 0 ? "record" : "page", (long long)number,
                   place->slice);
    if (answer->refused) {
        (void)snprintf(why, sizeof why, "the source fails at it again and again: %s", answer->why);
    } else {
        (void)snprintf(why, sizeof why, large ? "its reply is larger than %d MiB" : "its reply can't be read",
                       SOURCE_BODY_MAX >> 20);
    }
    log_event(EVENT_RECORD_UNREADABLE, "a record can't be read, alone neither: it becomes a reject", "place",
              LOG_STR(where), "why", LOG_STR(why), NULL);
    struct buffer text;
    buffer_init(&text, BYTES_MAX);
    buffer_format(&text, "(%s: %s)", where, why);
    if (place->record > 0 && !large) { /* the bytes of a page would name others, which have no fault */
        body.size = body.size < BYTES_MAX / 2 ? body.size : (size_t)BYTES_MAX / 2;
        buffer_add_char(&text, ' ');
        buffer_add_text(&text, body);
    }
    struct text *record = arena_take(arena, sizeof *record);
    struct text kept = arena_text(arena, buffer_text(&text));
    buffer_fini(&text);
    *answer = (struct source_answer){.class = REPLY_DONE, .wait = -1, .total = -1, .heard = true, .stand_in = true};
    if (!record || !kept.data) {
        answer->class = REPLY_RETRY;
        (void)snprintf(answer->why, sizeof answer->why, "out of memory");
        return;
    }
    *record = kept;
    answer->records = record;
    answer->rows = 1;
}
