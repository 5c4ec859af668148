/* Tells a person all that the ledger knows of a record. */
#ifndef DIANCHEN_CTL_REPORT_STORY_H
#define DIANCHEN_CTL_REPORT_STORY_H

#include "common/base/text.h"

/* Prints on stdout what ledger_explain wrote as JSON: one paragraph for each scheme that knows the record. */
void story_print(struct text json);

#endif
