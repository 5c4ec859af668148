/* Numbers that a target may take for one although they differ: in blanks at their ends, capitals or width (spelling.h). Whether it
 * does only the target can say, so a create whose number reads like another's is looked up first; and while that other's
 * create may be under way it waits.
 *
 * What must be found by its folded spelling stands in the table `existing` under a number that no record has: MARK_BOOK and the
 * folded number for a material that stood there, MARK_OURS and the folded number for a record of ours, whose key is kept in
 * the place of the id. Numbers that are what they fold to need none, and cost nothing. */
#ifndef DIANCHEN_COMMON_LEDGER_ALIKE_H
#define DIANCHEN_COMMON_LEDGER_ALIKE_H

#include "common/ledger/batch.h"

#define ALIKE_BOOK "\x01"
#define ALIKE_OURS "\x02"

/* T1: creates whose number reads like that of another record or material, and all creates where nobody knows what stands there:
 * row->ask and row->alike, or busy. Notes the spelling of those that are created. */
int begin_alike(struct beginning *begin) WARN_UNUSED;
/* The number by which a material that stood there is found by its folded spelling; size 0 where it needs none. */
int alike_of_book(struct arena *arena, struct text number, struct text *out) WARN_UNUSED;

#endif
