/* A chaos campaign: stages at work between two faulty doubles, and every 0.2 s one of them, chosen by a seed, is killed,
 * frozen or told to stop; all that ended are started again. Rounds: shops are added and renamed at the source, then one
 * run copies them; the next round begins when that run is over. The first round, a small one, is left in peace.
 * A storm is one run instead: kills alone, from its begin on, at a random pace, then none; both doubles stay faulty to the end.
 *
 * Any fault that shows while it goes on (an exit code that no signal of ours explains, a stage that doesn't drain, a run
 * that gets stuck) ends the test program with a line that names the seed and the place of the logs. */
#ifndef DIANCHEN_TESTS_CAMPAIGN_H
#define DIANCHEN_TESTS_CAMPAIGN_H

#include "tests/integration/rig.h"

enum campaign_stage { CAMPAIGN_EXTRACTOR, CAMPAIGN_TRANSFORMER, CAMPAIGN_LOADER, CAMPAIGN_STAGES };

/* One kill in so many, at least, hits a stage with records in flight; a campaign that has fewer goes on. */
enum { CAMPAIGN_LIVELY = 4 };

struct campaign_plan {
    int workers[CAMPAIGN_STAGES];
    bool storm;
    int shops;      /* added for each round; a storm's are all there */
    int64_t millis; /* of strikes, at least */
    int kills;      /* SIGKILLs, at least */
    uint64_t seed;
    int refused_every; /* the target refuses every n-th shop; 0 = none */
    /* A scheme of another name that reads the same shops and writes into the same account, run after run, with the workers
     * below; NULL = none. Then the sums of all reports are judged at the end, not those of each round. */
    const char *rival;
    int rivals[CAMPAIGN_STAGES];
    const char *store; /* URL of the store; NULL = a SQLite file of its own */
};

struct campaign_count {
    int kills, freezes, stops;
    int lively[CAMPAIGN_STAGES]; /* kills that hit a stage with records in flight */
    int killed[CAMPAIGN_STAGES];
    int rounds, runs;
    int64_t quiet; /* ms from a storm's last kill to the end of the run */
    int64_t shops, renamed, refused;
};

/* Runs it to its end: strikes, then peace until the last round is over and every stage has stopped by SIGTERM. What it
 * claims then holds: every enabled shop is in the target exactly once under its last name, and each round's reports add
 * up to just what the round changed. */
void campaign_run(struct rig *rig, const struct campaign_plan *plan, struct campaign_count *count);

#endif
