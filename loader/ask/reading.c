#include "loader/ask/reading.h"

#include "loader/ask/smaller.h"

enum { BODY_MAX = 1024, KEPT = 1 << 20 };

static void page_came(struct client_call *call, const struct answer *answer)
{
    struct reading *reading = call->user;
    struct loader *loader = reading->loader;
    struct target_page page = {.total = -1, .pages = -1};
    reading->asking = false;
    arena_reset(&reading->arena, KEPT);
    if (answer->absent) {
        reading->failed(reading, ERR_NOT_FOUND, "this account does not have the call ", text_of(reading->call.path));
        return;
    }
    if (answer->too_large) {
        if (list_smaller(&reading->pass, reading->call.path)) {
            reading_next(reading);
        } else {
            reading->failed(reading, ERR_LIMIT, "", TEXT("a single record of it is too large"));
        }
        return;
    }
    if (answer->class == REPLY_REJECT && !pass_enough(&reading->pass)) {
        reading->failed(reading, ERR_REFUSED, "it was refused: ", answer->message);
        return;
    }
    if (answer->class != REPLY_REJECT) { /* else: there is no page behind the last */
        int error = loader->driver->list_read(&reading->arena, reading->form, answer, &page);
        if (error) {
            reading->failed(reading, error, "it comes in an unknown form: ", text_of(error_text(error)));
            return;
        }
    }
    enum pass_next next = pass_page(&reading->pass, &page);
    if (next == PASS_UNPROVEN) {
        reading->failed(reading, ERR_REFUSED, "", text_of(reading->pass.why));
        return;
    }
    reading->page(reading, &page, next == PASS_DONE);
}

void reading_next(struct reading *reading)
{
    reading->asking = true;
    target_call_clear(&reading->call.wire, BODY_MAX, BODY_MAX);
    const struct target_ask ask = {.path = text_of(reading->call.path),
                                   .no = reading->pass.no,
                                   .before = reading->pass.rows,
                                   .size = reading->pass.size,
                                   .other = reading->other};
    reading->loader->driver->list_call(&reading->call.wire, reading->form, &ask);
    client_start(reading->loader->client, &reading->call);
}

void reading_start(struct reading *reading, const char *path, bool other)
{
    reading->other = other;
    pass_fini(&reading->pass);
    pass_init(&reading->pass);
    reading->call.path = path;
    reading->call.done = page_came;
    reading->call.user = reading;
    reading->call.sized = true;
    reading->call.optional = true;
    reading_next(reading);
}

void reading_init(struct reading *reading, struct loader *loader)
{
    reading->loader = loader;
    reading->form = loader->form;
    pass_init(&reading->pass);
    arena_init(&reading->arena, ANSWER_ARENA_MAX);
}

void reading_fini(struct reading *reading)
{
    target_call_fini(&reading->call.wire);
    arena_fini(&reading->arena);
    pass_fini(&reading->pass);
}
