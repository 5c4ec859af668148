/* What a campaign knows of the shops at the source, and so of what must be in the target and in the reports. Functions
 * that judge return NULL, or what is wrong (kept until the next call). */
#ifndef DIANCHEN_TESTS_SHELF_H
#define DIANCHEN_TESTS_SHELF_H

#include "tests/integration/rig.h"

struct shelf {
    int refused_every; /* the target refuses S000020, S000040, … of 20; 0 = none */
    int64_t shops;
    int64_t added, renamed; /* since the last judged report */
    int64_t renamed_ever;
    int64_t last_run; /* judged */
    int *renamed_in;  /* by shop, from 1: the round of its last name, 0 = the first one */
    size_t room;
    char wrong[700];
};

void shelf_open(struct shelf *shelf, int shops, int refused_every); /* S000001, …: they are new */
int64_t shelf_refused(const struct shelf *shelf);                   /* of these, those that the target refuses */
void shelf_close(struct shelf *shelf);
void shelf_add(struct shelf *shelf, const char *source, int shops);
/* Some of the shops get new names. */
void shelf_rename(struct shelf *shelf, const char *source, int round, uint64_t seed);

/* Every run since the last call is closed and complete, its sums hold, and together they made and changed exactly what
 * was added and renamed. */
const char *shelf_reports(struct shelf *shelf, struct rig *rig);
/* All runs are closed, their sums hold, and together they made each shop that is not refused once. */
const char *shelf_sums(struct shelf *shelf, struct rig *rig);
/* Waits for what the target still executes late; then: each enabled shop of the source that is not refused is in the target
 * exactly once, under its last name, and nothing else is there. */
const char *shelf_compare(struct shelf *shelf, const char *source, const char *target);

#endif
