#include "extractor/ranges.h"

#include "common/log/log.h"
#include "extractor/unread.h"

enum {
    TEARS = 3,            /* times that a reply can't be read until its page is cut */
    STAND_INS_MAX = 20,   /* unreadable records on end, while nothing at all can be read */
    REFUSALS = 10,        /* of a page, while others are read: it is taken for one that can't be read */
    REFUSED_LEAST = 3000, /* ms that they last */
};

void ranges_init(struct ranges *ranges, const struct scheme *scheme, bool patient)
{
    const struct rest_form *form = scheme->source.soap ? &scheme->source.soap->rest : scheme->source.rest;
    bool chained = scheme_by_cursor(scheme);
    *ranges = (struct ranges){.scheme = scheme,
                              .patient = patient && !chained,
                              .chained = chained,
                              .by_offset = form != NULL && form->paging == REST_BY_OFFSET};
}

void ranges_forget(struct ranges *ranges)
{
    ranges->whole = ranges->fullest = ranges->fits = 0;
    ranges->capped = false;
}

void ranges_note(struct ranges *ranges, int64_t rows)
{
    ranges->whole = rows > ranges->whole ? rows : ranges->whole;
    ranges->fullest = rows > ranges->fullest ? rows : ranges->fullest;
}

void ranges_read(struct ranges *ranges, int64_t rows)
{
    ranges->read++;
    ranges->fullest = rows > ranges->fullest ? rows : ranges->fullest;
}

static int64_t range_size(const struct source_call *call)
{
    return call->division.stride > 0 ? call->division.size : call->page_size;
}

/* Does page n of the slice begin at n times the size that is asked for, whatever comes? */
static bool is_counted(const struct ranges *ranges, const struct source_call *call)
{
    return call->ranges || (ranges->by_offset && !call->key);
}

/* How many records lie at least between the beginnings of two pages of the slice. A server may cap its pages, and then counts
 * smaller pages otherwise. */
static int64_t stride_of(const struct ranges *ranges, const struct source_call *call)
{
    bool first = call->page == ranges->scheme->source.first_page;
    return first || is_counted(ranges, call) ? call->page_size : ranges->whole > 0 ? ranges->whole : 1;
}

/* The first page of a slice decides how all are counted: by what was asked for, once it was cut. */
static void division_open(const struct ranges *ranges, struct source_call *call, int64_t stride, int64_t size)
{
    bool first = call->page == ranges->scheme->source.first_page;
    call->ranges = call->ranges || (first && !ranges->by_offset && ranges->whole < call->page_size);
    division_begin(&call->division, stride, size, call->window.to > 0);
}

void ranges_begin(struct ranges *ranges, struct source_call *call)
{
    call->tears = call->stand_ins = call->outages = 0;
    call->refusals = 0;
    call->behind = 0;
    call->large = call->probing = call->ended = false;
    call->read_before = ranges->read;
    int64_t fits = ranges->fits > 0                                 ? ranges->fits
                   : call->ranges || (ranges->capped && !call->key) ? ranges->fullest
                                                                    : 0;
    int64_t stride = fits > 0 ? stride_of(ranges, call) : 0;
    if (stride > fits) {
        division_open(ranges, call, stride, division_fit(stride, fits));
    }
}

/* Before such a page is asked for again, one record is: is the source well? Each time another one, further and further on, for
 * what is read in the end is an empty list. */
static int64_t probe_page(const struct ranges *ranges, const struct source_call *call)
{
    enum { FAR = 20 };
    int steps = call->outages - 2;
    steps = steps < FAR ? steps : FAR;
    return ranges->scheme->source.first_page + (steps < 0 ? 0 : INT64_C(1) << steps);
}

struct source_asked ranges_place(const struct ranges *ranges, const struct source_call *call)
{
    const struct division *division = &call->division;
    int64_t first = ranges->scheme->source.first_page, size = range_size(call);
    if (call->probing && call->behind > 0) {
        return (struct source_asked){first + (call->page - first) * call->page_size + call->behind, 1};
    }
    if (call->probing) {
        return (struct source_asked){probe_page(ranges, call), 1};
    }
    if (division->stride == 0) {
        return (struct source_asked){call->page, size};
    }
    return (struct source_asked){first + ((call->page - first) * division->stride + division->at) / size, size};
}

bool ranges_probed(struct ranges *ranges, struct source_call *call, const struct source_answer *answer)
{
    bool probing = call->probing, behind = call->behind > 0, broken = answer->unreadable || answer->too_large;
    call->probing = false;
    call->behind = 0;
    if (!probing || answer->class == REPLY_THROTTLED || answer->class == REPLY_LOGIN ||
        (answer->class == REPLY_RETRY && !answer->unreadable)) {
        return false;
    }
    if (behind && answer->class == REPLY_FATAL && !broken) {
        return false;
    }
    if (behind) {
        call->ended = !broken && answer->rows == 0;
        ranges->capped = ranges->capped || !call->ended;
    }
    return true;
}

void ranges_refused(const struct ranges *ranges, struct source_call *call, struct loop_ms now,
                    struct source_answer *answer)
{
    if (call->key || !ranges->patient) {
        return;
    }
    if (answer->class != REPLY_RETRY || !answer->heard || answer->unreadable || answer->wait > 0) {
        call->refusals = answer->class == REPLY_DONE ? 0 : call->refusals;
        return;
    }
    if (call->refusals == 0) {
        call->refused_since = now;
    }
    if (call->refusals <= REFUSALS / 2) { /* what is read from then on counts */
        call->refused_read = ranges->read;
    }
    bool well = ranges->read > call->refused_read;
    if (++call->refusals < REFUSALS || loop_since(now, call->refused_since) < REFUSED_LEAST || !well) {
        call->probing = call->refusals > REFUSALS / 2 && !well;
        call->outages += call->probing;
        return;
    }
    call->refusals = 0;
    call->tears = TEARS;
    answer->unreadable = answer->refused = true;
}

static bool cut(const struct ranges *ranges, struct source_call *call)
{
    if (call->division.stride > 0) {
        return division_cut(&call->division);
    }
    int64_t stride = stride_of(ranges, call), size = stride < call->page_size ? 1 : 0;
    size = stride > 1 ? division_smaller(stride) : size;
    if (size > 0) {
        division_open(ranges, call, stride, size);
    }
    return size > 0;
}

/* Where pages begin at offsets, the record behind those that came is asked for before the page is cut. */
static bool ask_behind(const struct ranges *ranges, struct source_call *call, const struct source_answer *answer)
{
    if (!ranges->by_offset || ranges->capped || call->division.stride > 0) {
        return false;
    }
    call->behind = (int64_t)answer->rows;
    call->probing = true;
    return true;
}

/* Fewer records came than were asked for, and no reply ever held so many: the server may cap its pages below that, and the
 * rest of the range would be missing. */
static bool is_unproven(const struct ranges *ranges, const struct source_call *call, const struct source_answer *answer)
{
    int64_t size = range_size(call), stride = call->division.stride;
    bool counted = stride > 0 ? stride == call->page_size : is_counted(ranges, call);
    return counted && !call->ended && answer->class == REPLY_DONE && answer->rows > 0 && (int64_t)answer->rows < size &&
           size > ranges->fullest;
}

static void cut_tell(const struct source_call *call, const struct source_answer *answer)
{
    if (answer->too_large) {
        log_event(EVENT_SOURCE_DIVIDED,
                  "a page of the source is too large: it is asked for in parts, and so are the pages after it", "slice",
                  LOG_INT(call->slice), "page", LOG_INT(call->page), "records", LOG_INT(call->division.size), NULL);
    } else {
        log_event(EVENT_SOURCE_TORN, "a page of the source can't be read: it is asked for in parts", "slice",
                  LOG_INT(call->slice), "page", LOG_INT(call->page), "records", LOG_INT(call->division.size), NULL);
    }
}

/* In place of what can't be read: one record, which becomes a reject. */
static void stand_in(const struct ranges *ranges, struct source_call *call, struct text body, struct arena *arena,
                     struct source_answer *answer)
{
    int64_t before = call->page - ranges->scheme->source.first_page;
    const struct division *division = &call->division;
    struct unread_place place = {.slice = call->slice, .page = call->page};
    if (range_size(call) == 1) {
        place.record = before * (division->stride > 0 ? division->stride : 1) + division->at + 1;
    }
    call->stand_ins += answer->unreadable;
    unread_stand_in(&place, body, arena, answer);
}

bool ranges_outage(const struct ranges *ranges, const struct source_call *call)
{
    return call->stand_ins > 0 && ranges->read == call->read_before;
}

bool ranges_divide(struct ranges *ranges, struct source_call *call, struct text body, struct arena *arena,
                   struct source_answer *answer)
{
    if (ranges->chained) {
        return false;
    }
    bool torn = unread_torn(answer, range_size(call)), unread = answer->unreadable || answer->too_large;
    if (!torn && !unread && !is_unproven(ranges, call, answer)) {
        return false;
    }
    if (!torn && !unread && ask_behind(ranges, call, answer)) {
        return true;
    }
    bool alone = range_size(call) == 1, whole = call->division.stride == 0;
    if (answer->unreadable && (whole || alone) && ++call->tears < TEARS && ranges->patient) {
        return false; /* once more */
    }
    if (cut(ranges, call)) {
        if (whole && (torn || unread)) {
            cut_tell(call, answer);
        }
        call->tears = 0;
        return true;
    }
    if (unread && !(answer->unreadable && call->stand_ins >= STAND_INS_MAX && ranges_outage(ranges, call))) {
        stand_in(ranges, call, body, arena, answer);
    }
    return false;
}

void ranges_came(struct ranges *ranges, struct source_call *call, const struct source_answer *answer)
{
    call->cut = call->division.stride > 0;
    call->guessed = call->cut && call->division.stride < call->page_size && !is_counted(ranges, call);
    if (call->division.stride == 0 && !call->ranges && call->stand_ins == 0) {
        ranges_note(ranges, (int64_t)answer->rows);
    }
    if (call->large && call->division.largest > 0) {
        ranges->fits = call->division.largest < call->page_size ? call->division.largest : 0;
    }
}
