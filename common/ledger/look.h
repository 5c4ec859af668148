/* A step of T1: looks up the records of its rows. */
#ifndef DIANCHEN_COMMON_LEDGER_LOOK_H
#define DIANCHEN_COMMON_LEDGER_LOOK_H

#include "common/ledger/batch.h"

/* Fills in and locks the records of all rows in `pick` that the ledger has. */
int begin_look(struct beginning *begin) WARN_UNUSED;

#endif
