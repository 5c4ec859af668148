/* Numbers of the target, which two records may not share. */
#ifndef DIANCHEN_COMMON_LEDGER_NUMBER_H
#define DIANCHEN_COMMON_LEDGER_NUMBER_H

#include "common/ledger/batch.h"

/* T1: refuses the second of two keys with one number, naming the first, because they would make one material. A number
 * belongs to the record that the target holds it for, or that has a claim; any other record gives it up. Notes the
 * numbers of existing records. */
int begin_number(struct beginning *begin) WARN_UNUSED;

#endif
