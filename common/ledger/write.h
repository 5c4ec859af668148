/* The last step of T1: writes what was decided. */
#ifndef DIANCHEN_COMMON_LEDGER_WRITE_H
#define DIANCHEN_COMMON_LEDGER_WRITE_H

#include "common/ledger/batch.h"

/* Gives each row to be written its id, claim and times, and writes it, with its reject. */
int begin_write(struct beginning *begin) WARN_UNUSED;

#endif
