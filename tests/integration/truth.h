/* One run between doubles that behave as real APIs were seen to do, then a look at what is in the target, what the report
 * says, and what the person is told. Each case runs on both kinds of store. */
#ifndef DIANCHEN_TESTS_TRUTH_H
#define DIANCHEN_TESTS_TRUTH_H

#include "tests/integration/world.h"

enum { TRUTH_WORDS = 24 };

struct truth {
    const char *name;
    int shops;
    const char *source[TRUTH_WORDS], *target[TRUTH_WORDS]; /* switches of the doubles */
    const char *edits[4];                                  /* asked of the source before the run: "edit?shop_no=…" */
    const char *scheme[2];                                 /* text replaced in the scheme */
    int exit_code;
    int created, updated, rejected;
    int materials;            /* in the target afterwards; 0 = created + the book's */
    bool open;                /* the run is not complete */
    bool aborted;             /* no report is looked at: what is in the target, and what was said, must do */
    bool once;                /* `says` stands there a single time */
    const char *proof, *says; /* in the report; on stderr */
    void (*also)(struct world *world, const cJSON *report);
};

/* A cmocka test; *state is the case. */
void truth_check(void **state);
/* Runs the cases (those whose name holds argv[1]) on SQLite, then on PostgreSQL; the exit code. */
int truth_run(int argc, char **argv, const struct truth *cases, size_t count);

#endif
