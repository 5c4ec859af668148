/* make bench-console: makes a store large: fill URL RECORDS REJECTS RUNS. The store has run 1, whose report and record are copied;
 * RECORDS more records are in the target, REJECTS more are refused for one of 40 reasons, and RUNS more runs have ended. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/store/store.h"

#define COUNT "with recursive n(i) as (select 1 union all select i + 1 from n where i < $1) "

static const char *const steps[] = {
    COUNT "insert into record(pair, key, target_id, held, hash, run, outcome) select r.pair, 'K' || n.i, 900000000 + "
          "n.i, r.held,"
          " r.hash, 1, r.outcome from n, (select * from record where held = 1 limit 1) r",
    COUNT "insert into record(pair, key, held, run, outcome) select 1, 'R' || n.i, 0, 1, 5 from n",
    COUNT
    "insert into reject(record, run, class, code, message, source, payload, first, last) select (select max(id) from"
    " record) - n.i + 1, 1, case n.i % 4 when 0 then 'mapping' else 'target' end, 'E' || (n.i % 40), 'the reason '"
    " || (n.i % 40), '{\"shop_no\":\"R' || n.i || '\",\"shop_name\":\"a shop of some name\"}', '{\"number\":\"R' || "
    "n.i ||"
    " '\"}', 1790000000000 + n.i, 1790000000000 + n.i from n",
    COUNT
    "insert into run(scheme, scheme_hash, source, target, pair, state, source_total, slices, started, ended, report)"
    " select r.scheme, r.scheme_hash, r.source, r.target, r.pair, r.state, r.source_total, r.slices, r.started + n.i *"
    " 1000, r.ended + n.i * 1000, r.report from n, (select * from run where id = 1) r",
};

int main(int argc, char **argv)
{
    struct store *store = NULL;
    struct cause cause = {""};
    if (argc != 5) {
        fprintf(stderr, "usage: fill URL RECORDS REJECTS RUNS\n");
        return 2;
    }
    const int64_t counts[] = {strtoll(argv[2], NULL, 10), strtoll(argv[3], NULL, 10), strtoll(argv[3], NULL, 10),
                              strtoll(argv[4], NULL, 10)};
    int error = store_open(argv[1], &store, &cause);
    error = error ? error : store_begin(store, true);
    for (size_t i = 0; !error && i < sizeof steps / sizeof *steps; i++) {
        const struct sql_value value = SQL_INTEGER(counts[i]);
        error = store_run(store, steps[i], &value, 1, NULL);
    }
    error = error || !store ? error : store_end(store, error);
    if (error) {
        fprintf(stderr, "fill: %s\n", cause.text[0] ? cause.text : store_why(store));
    }
    store_close(&store);
    return error ? 1 : 0;
}
