/* What the ledger knows of a record, told to a person. */
#ifndef DIANCHEN_CTL_REPORT_STORY_H
#define DIANCHEN_CTL_REPORT_STORY_H

#include "common/base/text.h"

/* Prints on stdout what ledger_explain wrote as JSON: a paragraph for each scheme that has met the record. */
void story_print(struct text json);

#endif
