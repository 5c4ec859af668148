/* The pages of a run that this extractor holds: claims them, fetches them as fast as the target takes them, hands them
 * to the link, and commits what came back.
 * All on the loop's thread. */
#ifndef DIANCHEN_EXTRACTOR_PAGES_H
#define DIANCHEN_EXTRACTOR_PAGES_H

#include "common/stage/store.h"
#include "extractor/commit.h"
#include "extractor/poison.h"
#include "extractor/source.h"

struct pages;

struct pages_events {
    /* No page of the run is open any more, or the run itself is not (`gone`). Nothing is held. */
    void (*none_open)(void *user, bool gone);
    /* It can't go on: an exit code and why. `failed`: a person must mend something. The owner calls pages_stop. */
    void (*broken)(void *user, int exit_code, const struct cause *cause, bool failed);
    /* After pages_stop: nothing is held and no commit is under way. */
    void (*stopped)(void *user);
};

/* `bind`: where transformers connect. `owner` lives as long as the pages. */
int pages_new(const struct stage *stage, const char *bind, const char *owner, const struct pages_events *events,
              void *user, struct pages **out, struct cause *cause) WARN_UNUSED;
/* When the loop runs no more: lets go of sockets and of the source. A commit may still be under way; it ends when the
 * store is closed. */
void pages_close(struct pages *pages);
void pages_free(struct pages **pages_held); /* no commit is under way; closes by itself */

/* `source` and `poison` live as long as the run. */
void pages_begin(struct pages *pages, const struct run *run, struct source *source, const struct poison *poison);
/* A page is open again after none_open. */
void pages_resume(struct pages *pages);
/* Claims and fetches no more; waits until `by` for what is out; then stopped(), never from inside. */
void pages_stop(struct pages *pages, struct loop_ms by);
/* The source's total over all slices, as the pages told it; -1 = not told. */
int64_t pages_told(const struct pages *pages);
/* Did the last look find that a person stopped the scheme (hold.h)? */
bool pages_held(const struct pages *pages);
/* Why no page can go out just now (a literal), or NULL. *store_fails: its commits fail. */
const char *pages_unready(const struct pages *pages, bool *store_fails);
/* The link on which the pages go out; it stays theirs. */
struct link_out *pages_link(const struct pages *pages);

#endif
