/* Numbers of the target, which two records may not share. */
#ifndef DIANCHEN_COMMON_LEDGER_NUMBER_H
#define DIANCHEN_COMMON_LEDGER_NUMBER_H

#include "common/ledger/batch.h"

/* Two keys with one number make one material: the second is refused, naming the first. A number belongs to the record
 * that the target holds it for, or that has a claim; any other gives it up. Notes the numbers of existing records. */
int begin_number(struct beginning *begin) WARN_UNUSED;

#endif
