/* The result of a record in a run. */
#ifndef DIANCHEN_COMMON_RUN_OUTCOME_H
#define DIANCHEN_COMMON_RUN_OUTCOME_H

enum outcome {
    OUTCOME_PENDING = 0,
    OUTCOME_CREATED = 1,
    OUTCOME_UPDATED = 2,
    OUTCOME_UNCHANGED = 3,
    OUTCOME_FILTERED = 4,
    OUTCOME_REJECTED = 5
};

#endif
