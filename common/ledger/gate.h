/* The first step of T1: may it run? */
#ifndef DIANCHEN_COMMON_LEDGER_GATE_H
#define DIANCHEN_COMMON_LEDGER_GATE_H

#include "common/ledger/batch.h"

/* Is the page still ours, and the run still open and into this account? The first batch binds the run to its account.
 * The run stays open until the transaction ends. Errors as ledger_begin. */
int ledger_gate(struct store *store, struct ledger_batch *batch, struct ledger_gate *out) WARN_UNUSED;

#endif
