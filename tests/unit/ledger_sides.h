/* Two ledgers of one account: schemes "shops" and "others", in mode adopt. */
#ifndef DIANCHEN_TESTS_UNIT_LEDGER_SIDES_H
#define DIANCHEN_TESTS_UNIT_LEDGER_SIDES_H

#include "ledger_rig.h"

enum { SIDES = 2 };

static const char *const schemes[SIDES] = {"shops", "others"};

/* Another run of this side, with the pages 0 to 3. */
static inline int64_t run_open(struct rig *rig, int side)
{
    const struct sql_value scheme = SQL_STRING(text_of(schemes[side]));
    int64_t run = 0;
    assert_int_equal(store_begin(rig->store, true), 0);
    int error = store_run(rig->store, "UPDATE run SET state = 2 WHERE scheme = $1", &scheme, 1, NULL);
    error = error ? error
                  : store_run(rig->store,
                              "INSERT INTO run(scheme, scheme_hash, source, state, max_rows, source_total, follow_up, "
                              "slices, started) VALUES($1, 'aa', 'sid', 1, 0, -1, 0, 1, 0)",
                              &scheme, 1, NULL);
    error = error ? error : store_integers(rig->store, "SELECT MAX(id) FROM run", NULL, 0, &run, 1);
    const struct sql_value id = SQL_INTEGER(run);
    error = error ? error
                  : store_run(rig->store,
                              "INSERT INTO page(run, slice, no, state, fence, until, rows) VALUES($1, 0, 0, 1, 1, 0, "
                              "0), ($1, 0, 1, 1, 1, 0, 0), ($1, 0, 2, 1, 1, 0, 0), ($1, 0, 3, 1, 1, 0, 0)",
                              &id, 1, NULL);
    error = error ? error
                  : store_run(rig->store,
                              "INSERT INTO existing_reading(account, scheme, state) VALUES('A1', $1, 1) "
                              "ON CONFLICT(account, scheme) DO UPDATE SET state = 1",
                              &scheme, 1, NULL);
    assert_int_equal(store_end(rig->store, error), 0);
    return run;
}

#endif
