#include "common/ledger/decide.h"

#include <string.h>

void ledger_decide(const struct record *record, int64_t run, struct store_ms now, struct ledger_row *row)
{
    bool known = record->id != 0;
    bool same = known && memcmp(record->hash, row->in.hash, HASH_SIZE) == 0;
    bool held = same && record->held == HELD_SAME;
    bool due = held && record->step > 0 && row->in.kind == RECORD_PAYLOAD && !row->lost;
    bool left = due && record->outcome != OUTCOME_REJECTED; /* it is saved in this run, and not followed up yet */
    bool claimed = known && record->claim != 0 && (record->op != OP_STEP || due); /* else it claims nothing any more */
    row->outcome = OUTCOME_PENDING;
    row->op = OP_NONE;
    row->step = 0;
    row->locked = false;
    if (known && ((record->run > run && !rule_off(RULE_RUN_GUARD)) ||
                  (record->run == run && record->outcome != OUTCOME_PENDING && !left))) {
        row->action = ACTION_FINAL;
        row->outcome = record->outcome;
    } else if (known && record->claim != 0 && store_before(now, record->until) && !rule_off(RULE_UNTIL)) {
        row->action = ACTION_BUSY;
    } else if (row->in.kind != RECORD_PAYLOAD) {
        row->action = ACTION_STAMP;
        row->outcome = row->in.kind == RECORD_FILTERED ? OUTCOME_FILTERED : OUTCOME_REJECTED;
    } else if (claimed) {
        bool settle = (record->op == OP_CREATE && !rule_off(RULE_SETTLE)) ||
                      (record->op == OP_STEP && !rule_off(RULE_STEP_ASKED));
        row->action = settle ? ACTION_SETTLE : ACTION_CLAIM;
        row->op = record->op;
    } else if ((row->lost && (!known || record->held == HELD_NOT)) || (held && !due)) {
        row->action = ACTION_STAMP;
        row->outcome = OUTCOME_UNCHANGED;
    } else if (same && record->outcome == OUTCOME_REJECTED && !record->excused && !rule_off(RULE_REFUSED)) {
        row->action = ACTION_STAMP;
        row->outcome = OUTCOME_REJECTED;
    } else {
        row->action = ACTION_CLAIM;
        row->op = due ? OP_STEP : known && record->held != HELD_NOT ? OP_UPDATE : OP_CREATE;
    }
    if (row->op == OP_STEP) {
        row->step = record->step - 1;
        row->outcome =
            left && record->run == run && record->outcome != OUTCOME_PENDING ? record->outcome : OUTCOME_UNCHANGED;
    }
    row->locked = row->op == OP_UPDATE && record->stepped && !rule_off(RULE_STEP_LOCKS);
}
