/* The result of a record in a run, and of the follow-ups of a saved record. */
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

/* Of the table `step`. */
enum step_state { STATE_SENT = 1 /* it may be done */, STATE_DONE = 2, STATE_REFUSED = 3 };

#endif
