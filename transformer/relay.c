#include "transformer/relay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/rule.h"
#include "common/log/log.h"

enum { TICK = 1000 /* ms */, RECORDS_KEEP = 1 << 20, RELAY_BATCHES_MAX = 1 << 16 /* pages */ };
enum { MESSAGE_MAX = 300, STUB_ROOM = 1500 /* bytes of a mapped record beside payload and source */ };

/* A page that ended its loaders and now goes out record by record; link_in_batch.user points to it. */
struct split {
    struct buffer records; /* mapped, all of the page */
    size_t done;           /* bytes of it that were sent */
};

struct relay {
    struct stage *stage;
    struct map *map;
    struct link_in *in;
    struct link_out *out;
    struct link_in_batch **batches; /* in hand, in no order; each is its own tag at `out` */
    size_t batch_count, batch_room;
    struct buffer records; /* mapped records of the page at work */
    struct value *values;  /* of one record */
    struct loop_ms alone;  /* since when there is no loader; .ms 0 = there is one */
    bool draining, stopped;
    struct loop_timer tick, stop;
    struct metric *outcomes[3]; /* by enum record_kind */
};

static void update_window(struct relay *relay)
{
    struct flow_state state;
    link_out_state(relay->out, &state);
    int64_t page = relay->stage->scheme->source.page_size;
    link_in_window(relay->in, state.peers == 0 ? 0 : state.credit + page, (int64_t)state.out_rows);
}

static void stop_when_empty(struct relay *relay)
{
    if (relay->draining && !relay->stopped && link_in_batches(relay->in) == 0) {
        relay->stopped = true;
        stage_end(relay->stage, EXIT_COMPLETE);
    }
}

/* Room for one page more. */
static bool batches_reserve(struct relay *relay)
{
    if (relay->batch_count < relay->batch_room) {
        return true;
    }
    size_t room = relay->batch_room ? 2 * relay->batch_room : 64;
    struct link_in_batch **batches =
        room <= RELAY_BATCHES_MAX ? reallocarray(relay->batches, room, sizeof(void *)) : NULL;
    if (!batches) {
        return false;
    }
    relay->batches = batches;
    relay->batch_room = room;
    return true;
}

static void split_free(struct link_in_batch *batch)
{
    struct split *split = batch->user;
    batch->user = NULL;
    if (split) {
        buffer_fini(&split->records);
        free(split);
    }
}

static bool batches_remove(struct relay *relay, struct link_in_batch *batch)
{
    for (size_t i = 0; i < relay->batch_count; i++) {
        if (relay->batches[i] == batch) {
            relay->batches[i] = relay->batches[--relay->batch_count];
            split_free(batch);
            return true;
        }
    }
    return false;
}

static void log_page(enum event_id event, const char *sentence, const struct page *page)
{
    log_event(event, sentence, LOG_PAGE(page), NULL);
}

/* ---- pages from extractors ---- */

/* A record that leaves the others of its page no room on the link: it goes on as a stub, without its bytes. */
static void too_large(struct mapped *row, char message[static MESSAGE_MAX])
{
    size_t size = row->source.size + row->payload.size;
    (void)snprintf(message, MESSAGE_MAX,
                   "the record has %zu bytes in the fields that the scheme uses: too many for its page; lower "
                   "/source/pagination/pageSize",
                   size);
    row->kind = RECORD_UNMAPPABLE;
    row->refusal = (struct refusal){TEXT("mapping"), TEXT(""), text_of(message)};
    row->payload = row->source = TEXT("");
}

/* Fills relay->records. A record may take `most` bytes. NULL, or why the page can't be handled. */
static const char *map_rows(struct relay *relay, const struct link_in_batch *batch, size_t most, int64_t counts[3])
{
    struct text rest = batch->records;
    bool lost = page_is_vanished(&batch->page);
    buffer_clear(&relay->records, RECORDS_KEEP);
    for (size_t i = 0; i < batch->rows; i++) {
        struct text inner, raw;
        struct mapped row = {0};
        bool apart = wire_take_apart(&rest, &inner);
        struct text *from = apart ? &inner : &rest;
        if (wire_take_source(from, relay->stage->scheme->slot_count, relay->values, &raw) != 0) {
            return "a page holds bytes that are no records of this scheme; it is asked for again in 60 s";
        }
        if ((apart ? map_apart : lost ? map_lost : map_record)(relay->map, relay->values, raw, &row) != 0) {
            return "out of memory for a page; it is asked for again in 60 s";
        }
        char message[MESSAGE_MAX];
        if (row.source.size + row.payload.size > most) {
            too_large(&row, message);
        }
        if (row.notes & NOTE_TRIMMED) {
            log_event(EVENT_RECORD_TRIMMED,
                      "a number had blanks at its ends, or control characters: it goes out without them", "key",
                      LOG_TEXT(row.key), "number", LOG_TEXT(row.number), NULL);
        }
        counts[row.kind]++;
        wire_put_mapped(&relay->records, &row);
    }
    return rest.size > 0 ? "a page holds more bytes than records; it is asked for again in 60 s" : NULL;
}

static const char *map_page(struct relay *relay, const struct link_in_batch *batch)
{
    int64_t counts[3] = {0};
    const char *fault = map_rows(relay, batch, SIZE_MAX, counts);
    if (!fault && relay->records.failed) {
        memset(counts, 0, sizeof counts);
        fault = map_rows(relay, batch, relay->records.limit / batch->rows - STUB_ROOM, counts);
    }
    if (fault) {
        return fault;
    }
    if (relay->records.failed) {
        return "a page is too large for the link once it is mapped; make /source/pagination/pageSize smaller";
    }
    for (size_t kind = 0; kind < sizeof counts / sizeof *counts; kind++) {
        metric_add(relay->outcomes[kind], counts[kind]);
    }
    return NULL;
}

static void on_batch(void *user, struct link_in_batch *batch)
{
    struct relay *relay = user;
    link_out_working(relay->out, true);
    const char *fault = map_page(relay, batch);
    link_out_working(relay->out, false);
    if (fault) {
        log_page(EVENT_PAGE_MALFORMED, fault, &batch->page);
        link_in_nack(relay->in, batch, NACK_FAILED, RELAY_RETRY);
        return;
    }
    int error = batches_reserve(relay) ? 0 : ERR_LIMIT;
    if (!error) {
        error = link_out_send(relay->out, &batch->page, batch->rows, &relay->records, batch);
    }
    if (error) {
        /* ERR_BUSY: the same page came over another peering while its first copy is still under way here. */
        if (error != ERR_BUSY) {
            log_page(EVENT_PAGE_UNSENT, "a page could not be queued for the loaders; it is asked for again",
                     &batch->page);
        }
        link_in_nack(relay->in, batch, NACK_BUSY, TICK);
        return;
    }
    if (rule_off(RULE_DURABLE)) {
        link_in_ack(relay->in, batch);
        return;
    }
    batch->times.map = page_span(page_clock() - batch->came);
    relay->batches[relay->batch_count++] = batch;
    update_window(relay);
}

static void on_gone(void *user, struct link_in_batch *batch)
{
    struct relay *relay = user;
    /* One record may be all of its page, or the one that an extractor sends of it: the ack of another would count for it. */
    bool part = batch->user != NULL || batch->rows == 1;
    if (batches_remove(relay, batch)) {
        link_out_cancel(relay->out, &batch->page, part);
    }
    update_window(relay);
    stop_when_empty(relay);
}

static void on_store_id(void *user, struct text id)
{
    link_out_store_id(((struct relay *)user)->out, id);
}

/* ---- answers from loaders ----
 * The window is set before a batch leaves our hands: the other way round its rows would be granted twice. */

static void give_back(struct relay *relay, struct link_in_batch *batch, enum wire_nack reason, int64_t retry_after)
{
    update_window(relay);
    if (batches_remove(relay, batch)) {
        link_in_nack(relay->in, batch, reason, retry_after);
    }
    stop_when_empty(relay);
}

/* One mapped record of the page, in relay->records. */
static void send_one(struct relay *relay, struct link_in_batch *batch)
{
    if (link_out_send(relay->out, &batch->page, 1, &relay->records, batch) != 0) {
        log_page(EVENT_PAGE_UNSENT, "a record could not be queued for the loaders; its page is asked for again",
                 &batch->page);
        give_back(relay, batch, NACK_BUSY, TICK);
    }
}

static void split_next(struct relay *relay, struct link_in_batch *batch)
{
    struct split *split = batch->user;
    struct text rest = {split->records.data + split->done, split->records.size - split->done};
    size_t before = rest.size;
    struct mapped row;
    if (wire_take_mapped(&rest, &row) != 0) {
        give_back(relay, batch, NACK_FAILED, RELAY_RETRY); /* a frame of ours that we can't read: never so far */
        return;
    }
    buffer_clear(&relay->records, RECORDS_KEEP);
    buffer_add(&relay->records, split->records.data + split->done, before - rest.size);
    split->done += before - rest.size;
    send_one(relay, batch);
}

static void on_acked(void *user, void *tag, const struct page *page, const struct page_times *told)
{
    (void)page;
    struct relay *relay = user;
    struct link_in_batch *batch = tag;
    struct split *split = batch->user;
    struct page_times *times = &batch->times;
    times->write = page_span(times->write + told->write);
    times->commit = page_span(times->commit + told->commit);
    times->calls += told->calls;
    if (split && split->done < split->records.size) {
        split_next(relay, batch);
        return;
    }
    update_window(relay);
    if (batches_remove(relay, batch)) {
        times->wait = page_span(page_clock() - batch->came - times->map - times->write - times->commit);
        link_in_ack(relay->in, batch);
    }
    stop_when_empty(relay);
}

static void on_stale(void *user, void *tag, const struct page *page)
{
    (void)page;
    give_back(user, tag, NACK_STALE, 0);
}

static bool split_begin(struct link_in_batch *batch, struct text records)
{
    struct split *split = calloc(1, sizeof *split);
    if (!split) {
        return false;
    }
    buffer_init(&split->records, WIRE_FRAME_MAX);
    buffer_add_text(&split->records, records);
    batch->user = split;
    if (split->records.failed) {
        split_free(batch);
    }
    return batch->user != NULL;
}

/* A record that ended its loaders becomes a reject: they get a stub of it. */
static bool set_apart(struct relay *relay, struct text record)
{
    struct mapped row;
    struct text raw;
    if (wire_take_mapped(&record, &row) != 0 || text_equal(row.refusal.class, TEXT("poison")) ||
        wire_take_source(&row.source, relay->stage->scheme->slot_count, relay->values, &raw) != 0 ||
        map_apart(relay->map, relay->values, raw, &row) != 0) {
        return false;
    }
    buffer_clear(&relay->records, RECORDS_KEEP);
    wire_put_mapped(&relay->records, &row);
    return true;
}

static void on_poisoned(void *user, void *tag, const struct page *page, size_t rows, struct text records)
{
    struct relay *relay = user;
    if (rows > 1 && split_begin(tag, records)) {
        log_page(EVENT_PAGE_POISON, "a page ended its loader again and again; its records now go out one by one", page);
        split_next(relay, tag);
    } else if (rows == 1 && set_apart(relay, records)) {
        log_page(EVENT_RECORD_POISON, "a record of this page ended its loader again and again; it is rejected", page);
        send_one(relay, tag);
    } else {
        log_page(EVENT_PAGE_POISON, "three loaders died, each while it had only this page; it is tried again in 60 s",
                 page);
        give_back(relay, tag, NACK_FAILED, RELAY_RETRY);
    }
}

/* A loader came, went or granted something: it may be gone again before the next tick looks for it. */
static void on_credit(void *user)
{
    struct relay *relay = user;
    relay->alone.ms = 0;
    update_window(relay);
}

/* ---- time ---- */

static void on_tick(void *user)
{
    struct relay *relay = user;
    struct loop_ms now = loop_now(relay->stage->loop);
    struct flow_state state;
    link_out_state(relay->out, &state);
    if (state.peers > 0) {
        relay->alone.ms = 0;
        /* Loaders watch over what they hold: it is not for us to call a slow target stuck. */
        for (size_t i = 0; i < relay->batch_count; i++) {
            link_in_touch(relay->in, relay->batches[i]);
        }
    } else if (relay->alone.ms == 0) {
        relay->alone = now;
    } else if (loop_since(now, relay->alone) >= RELAY_ALONE) {
        while (relay->batch_count > 0) {
            struct link_in_batch *batch = relay->batches[0];
            link_out_cancel(relay->out, &batch->page, batch->user != NULL);
            give_back(relay, batch, NACK_DRAIN, 0);
        }
    }
    metrics_ready(relay->stage->metrics, link_in_peers(relay->in) == 0 ? "no extractor is connected"
                                         : state.peers == 0            ? "no loader is connected"
                                                                       : NULL);
    update_window(relay);
    loop_set_after(relay->stage->loop, &relay->tick, TICK);
}

static void on_stop(void *user)
{
    struct relay *relay = user;
    if (!relay->stopped) {
        relay->stopped = true;
        log_event(EVENT_DRAIN_LATE, "stopping with pages in hand: others will get them", "pages",
                  LOG_INT(link_in_batches(relay->in)), NULL);
        stage_end(relay->stage, EXIT_COMPLETE);
    }
}

void relay_drain(struct relay *relay)
{
    relay->draining = true;
    relay->stop = (struct loop_timer){.fn = on_stop, .user = relay};
    loop_set_after(relay->stage->loop, &relay->stop, RELAY_DRAIN);
    link_in_drain(relay->in);
    link_out_drain(relay->out);
    stop_when_empty(relay);
}

/* ---- life ---- */

int relay_new(struct stage *stage, struct map *map, const char *upstream, const char *bind, struct relay **out,
              struct cause *cause)
{
    static const struct link_in_events in_events = {on_batch, on_gone, on_store_id};
    static const struct link_out_events out_events = {on_acked, on_stale, on_poisoned, on_credit};
    static const char *const labels[] = {"outcome=\"mapped\"", "outcome=\"filtered\"", "outcome=\"rejected\""};
    struct relay *relay = calloc(1, sizeof *relay);
    if (!relay) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    relay->stage = stage;
    relay->map = map;
    buffer_init(&relay->records, WIRE_FRAME_MAX);
    for (size_t kind = 0; kind < sizeof labels / sizeof *labels; kind++) {
        relay->outcomes[kind] = metrics_add(stage->metrics, FAMILY_RECORDS, labels[kind]);
    }
    relay->values = calloc(stage->scheme->slot_count + 1, sizeof *relay->values);
    int error = relay->values ? 0 : cause_set(cause, ERR_MEMORY, "out of memory");
    if (!error) {
        error = link_out_new(stage->zmq, stage->loop, bind, &stage->identity, &out_events, relay, &relay->out, cause);
    }
    if (!error) {
        error = link_in_new(stage->zmq, stage->loop, upstream, &stage->identity, &in_events, relay, &relay->in, cause);
    }
    if (error) {
        relay_free(&relay);
        return error;
    }
    relay->tick = (struct loop_timer){.fn = on_tick, .user = relay};
    loop_set_after(stage->loop, &relay->tick, 0);
    log_event(EVENT_STAGE_STARTED, "waiting for loaders", "address", LOG_STR(link_out_address(relay->out)), NULL);
    *out = relay;
    return 0;
}

void relay_free(struct relay **relay)
{
    struct relay *r = *relay;
    if (!r) {
        return;
    }
    *relay = NULL;
    loop_clear_timer(r->stage->loop, &r->tick);
    loop_clear_timer(r->stage->loop, &r->stop);
    for (size_t i = 0; i < r->batch_count; i++) {
        split_free(r->batches[i]);
    }
    if (r->in) {
        link_in_free(&r->in);
    }
    if (r->out) {
        link_out_free(&r->out);
    }
    free(r->batches);
    buffer_fini(&r->records);
    free(r->values);
    free(r);
}
