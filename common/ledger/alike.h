/* Numbers that differ only in blanks at their ends, capitals or width (spelling.h). A target may treat them as one
 * number, and only the target can tell. So a create whose number resembles another's is looked up first, and waits
 * while the other's create may be under way.
 *
 * The table `existing` finds folded spellings. For a material that was there before us it has a row with the number
 * ALIKE_EXISTING + folded spelling; for a record of ours a row with ALIKE_OURS + folded spelling, which keeps the record's
 * key in place of the id. No record has such a number. A number that is its own folded spelling needs no row and costs
 * nothing. */
#ifndef DIANCHEN_COMMON_LEDGER_ALIKE_H
#define DIANCHEN_COMMON_LEDGER_ALIKE_H

#include "common/ledger/batch.h"

#define ALIKE_EXISTING "\x01"
#define ALIKE_OURS "\x02"

/* T1: checks creates whose number resembles that of another record or material, and all creates while the existing
 * materials are unknown. Sets row->ask and row->alike, or makes the row busy. Notes the folded spelling of new
 * creates. */
int begin_alike(struct beginning *begin) WARN_UNUSED;
/* *out = the number under which `existing` keeps the folded spelling of a material; size 0 = it needs none.
 * ERR_MEMORY. */
int alike_of_existing(struct arena *arena, struct text number, struct text *out) WARN_UNUSED;

#endif
