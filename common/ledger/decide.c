#include "common/ledger/decide.h"

#include <string.h>

void ledger_decide(const struct record *record, int64_t run, struct store_ms now, struct ledger_row *row)
{
    bool known = record->id != 0;
    bool same = known && memcmp(record->hash, row->in.hash, HASH_SIZE) == 0;
    row->outcome = OUTCOME_PENDING;
    row->op = OP_NONE;
    if (known && ((record->run > run && !rule_off(RULE_RUN_GUARD)) ||
                  (record->run == run && record->outcome != OUTCOME_PENDING))) {
        row->action = ACTION_FINAL;
        row->outcome = record->outcome;
    } else if (known && record->claim != 0 && store_before(now, record->until) && !rule_off(RULE_UNTIL)) {
        row->action = ACTION_BUSY;
    } else if (row->in.kind != RECORD_PAYLOAD) {
        row->action = ACTION_STAMP;
        row->outcome = row->in.kind == RECORD_FILTERED ? OUTCOME_FILTERED : OUTCOME_REJECTED;
    } else if (known && record->claim != 0) {
        row->action = record->op == OP_CREATE && !rule_off(RULE_SETTLE) ? ACTION_SETTLE : ACTION_CLAIM;
        row->op = record->op;
    } else if (row->lost && (!known || record->held == HELD_NOT)) {
        row->action = ACTION_STAMP;
        row->outcome = OUTCOME_UNCHANGED;
    } else if (same && record->held == HELD_SAME) {
        row->action = ACTION_STAMP;
        row->outcome = OUTCOME_UNCHANGED;
    } else if (same && record->outcome == OUTCOME_REJECTED && !record->excused && !rule_off(RULE_REFUSED)) {
        row->action = ACTION_STAMP;
        row->outcome = OUTCOME_REJECTED;
    } else {
        row->action = ACTION_CLAIM;
        row->op = known && record->held != HELD_NOT ? OP_UPDATE : OP_CREATE;
    }
}
