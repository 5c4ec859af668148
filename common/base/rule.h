/* The rules of docs/delivery.md. The test build (make rules) switches off one at a time, to check that a test fails
 * without it. In all other builds rule_off() is a constant false, so programs hold no code of it. */
#ifndef DIANCHEN_COMMON_BASE_RULE_H
#define DIANCHEN_COMMON_BASE_RULE_H

#include <stdbool.h>

struct store;

#define RULES(X)                                                                                                       \
    X(ATOMIC, "look-up and claim are one transaction")                                                                 \
    X(CLAIM_PER_POST, "a claim is fresh for every POST")                                                               \
    X(CLAIM_FENCE, "an outcome is written only where the claim is still ours")                                         \
    X(SEND_BY, "a body's last bytes leave before send_by")                                                             \
    X(CLOCK, "deadlines are on the store's clock")                                                                     \
    X(UNTIL, "while a claim's time runs its row is busy")                                                              \
    X(LATE, "a claim's time covers what the target executes late")                                                     \
    X(VISIBLE, "not found counts only when a new material must show")                                                  \
    X(SETTLE, "a create that nobody knows the end of is settled, not sent again")                                      \
    X(LANDED, "what is found while settling is what was sent, not what is wanted now")                                 \
    X(RUN_GUARD, "a row of a newer run is never undone by an older page")                                              \
    X(PAGE_FENCE, "the holder of a page is known by its fence")                                                        \
    X(GATE, "rows of a page that is another's are not begun")                                                          \
    X(TAKE_BACK, "what was out with a peering that ended goes to another")                                             \
    X(GRANTS, "grants end with their peering")                                                                         \
    X(POISON_DEATH, "a worker that said goodbye or fell silent was not killed by its page")                            \
    X(POISON_ALONE, "only a page that was alone with its worker killed it")                                            \
    X(DURABLE, "a page is acknowledged when its outcomes are durable")                                                 \
    X(REFUSED, "a refused row is not sent again while nothing has changed")                                            \
    X(REJECTS, "a refused row is kept as a reject")                                                                    \
    X(NUMBERS, "two keys with one number make one material")                                                           \
    X(EXISTING, "what stood in the target before us is not made again")                                                \
    X(OTHERS, "what another ledger of the account made, or may be making, is not made again")                          \
    X(FOLLOW, "a source that moved while it was read is read again")                                                   \
    X(KEPT, "a create that landed is not forgotten when its row is let go")                                            \
    X(ID_FIRST, "where a number changes, the id is in the ledger before the update leaves")                            \
    X(VANISHED, "only a run that has read the whole source says what the source has lost")                             \
    X(QUESTION, "what waits for a look-up is another record than the same with its answer")                            \
    X(STEP_ASKED, "a step that nobody knows the end of is asked for before it is sent again")                          \
    X(STEP_LOCKS, "a record is asked for before it is changed when a step of it may be done")

enum rule {
    RULE_NONE,
#define RULE(name, sentence) RULE_##name,
    RULES(RULE)
#undef RULE
        RULE_COUNT
};

#ifdef DIANCHEN_RULES
extern enum rule rule_out;                    /* the one switched off: $DIANCHEN_RULE_OUT at the start of a program */
extern void (*rule_gap)(struct store *store); /* with RULE_ATOMIC off: lets others in between */
static inline bool rule_off(enum rule rule)
{
    return rule_out == rule;
}
/* Call it between look-up and claim. */
static inline void rule_pause(struct store *store)
{
    if (rule_off(RULE_ATOMIC) && rule_gap) {
        rule_gap(store);
    }
}
#else
#define rule_off(rule) false
#define rule_pause(store) ((void)0)
#endif

#endif
