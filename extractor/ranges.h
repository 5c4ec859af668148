/* What a page is asked for: as a whole, or in ranges (division.h) where its reply is too large, can't be read, or holds fewer
 * records than there are. And what is asked before that is done: one record elsewhere, to see whether it is the page or the
 * source. On the loop's thread. */
#ifndef DIANCHEN_EXTRACTOR_RANGES_H
#define DIANCHEN_EXTRACTOR_RANGES_H

#include "extractor/call.h"

struct ranges { /* what the source's replies have shown; ranges_init */
    const struct scheme *scheme;
    bool patient;    /* a reply that can't be read is asked for again before its page is cut */
    bool chained;    /* pages are asked for by a cursor: they have no parts */
    bool by_offset;  /* a page begins where it was asked for, whatever came with those before it */
    bool capped;     /* by_offset: fewer records came than were asked for, and more stood behind them */
    int64_t whole;   /* most records that an undivided page came with */
    int64_t fullest; /* most records that any reply held */
    int64_t fits;    /* pages are asked for in ranges of that many records; 0 = whole */
    int64_t read;    /* replies that could be read */
};

void ranges_init(struct ranges *ranges, const struct scheme *scheme, bool patient);
/* Nothing is known of the replies to come. */
void ranges_forget(struct ranges *ranges);
/* As source_note_rows. */
void ranges_note(struct ranges *ranges, int64_t rows);
/* A reply could be read, and held `rows` records. */
void ranges_read(struct ranges *ranges, int64_t rows);
/* A call begins: as a whole, or in ranges that fit. */
void ranges_begin(struct ranges *ranges, struct source_call *call);
/* The page to ask the driver for. */
struct source_asked ranges_place(const struct ranges *ranges, const struct source_call *call);
/* Did the call only ask whether the source is well, or whether more records follow? Then it has had its answer, and the page is
 * asked for. */
bool ranges_probed(struct ranges *ranges, struct source_call *call, const struct source_answer *answer);
/* The source has refused this page again and again, and answers others: then it is *answer that can't be read, and its page is
 * cut, until the record that the source fails at is alone. */
void ranges_refused(const struct ranges *ranges, struct source_call *call, struct loop_ms now,
                    struct source_answer *answer);
/* True: the reply can't be taken as it is, and the page is asked for in smaller parts. False: *answer says how it goes on. */
bool ranges_divide(struct ranges *ranges, struct source_call *call, struct text body, struct arena *arena,
                   struct source_answer *answer);
/* Nothing at all could be read since the page was asked for: it is the source, not its records. */
bool ranges_outage(const struct ranges *ranges, const struct source_call *call);
/* The page has come: what it says of those to come. */
void ranges_came(struct ranges *ranges, struct source_call *call, const struct source_answer *answer);

#endif
