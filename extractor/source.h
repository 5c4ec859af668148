/* Calls the source at its pace, and repeats each call until it is answered or it is time to give up. The driver writes
 * requests and reads replies (driver.h). All on the loop's thread. */
#ifndef DIANCHEN_EXTRACTOR_SOURCE_H
#define DIANCHEN_EXTRACTOR_SOURCE_H

#include "common/loop/loop.h"
#include "common/pace/limiter.h"
#include "common/store/store.h"
#include "extractor/call.h"

struct source;

struct source_options {
    const struct source_driver *driver;
    const struct scheme *scheme;
    struct loop *loop;
    struct http *http;
    struct limit *limit; /* NULL = calls go at once (--check, --sample) */
    struct store *store; /* whose clock the limit's bans are on; NULL without a limit */
    int64_t patience;    /* ms of unbroken failure before `ended`; 0 = the first failure ends it */
    /* No further call can do any good: EXIT_REFUSED (a person must mend something) or EXIT_UNFINISHED (unreachable, quota
     * used up: later). Called once; calls under way end without done(). */
    void (*ended)(void *user, int exit_code, const struct cause *cause);
    void *user;
};

/* Opens the driver's endpoint. ERR_INPUT with the cause, ERR_MEMORY. */
int source_new(const struct source_options *options, struct source **out, struct cause *cause) WARN_UNUSED;
/* Allows calls again after `ended`. */
void source_revive(struct source *source);
void source_free(struct source **source_held); /* ends its calls without done() */

/* Starts a call. A page that is too large, or can't be read, is asked for in smaller ranges. A record that can't be
 * read even alone comes as a text that is no JSON object: place, reason and what came (record.h makes a reject of
 * it). */
void source_ask(struct source *source, struct source_call *call);
/* Ends a call without done(). Does nothing where none is under way. */
void source_drop(struct source *source, struct source_call *call);

/* Notes that a page of the run came undivided with `rows` records, here or at another extractor. A server may cap its
 * pages: then page n begins at n times that many records, which matters when it is cut. Or it leaves records out, and then
 * page n begins where it was asked for. So the place of a page that is cut is guessed, and the run that follows counts all
 * pages by the size asked for (`ranges`). The same is done in a slice whose first page was cut: nobody knows the cap. */
void source_note_rows(struct source *source, int64_t rows);
/* No call goes out before this moment; .ms 0 = calls may go now. */
struct store_ms source_banned_until(const struct source *source);
/* Calls that may be under way at once now: the scheme's limit, fewer while the source fails or becomes slow. */
int64_t source_concurrency(const struct source *source);
/* Why no page can be had now (a literal), or NULL: the source has not answered yet, or does not any more. */
const char *source_unready(const struct source *source);
/* Why calls have failed since the last answer; NULL = they have not. */
const char *source_trouble(const struct source *source);
/* The host of the address, for messages. */
const char *source_host(const struct source *source);

#endif
