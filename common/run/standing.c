#include "common/run/standing.h"

#include "common/run/report.h"

int run_standing(struct store *store, struct text scheme, struct text scheme_hash, struct text source,
                 struct run_standing *out)
{
    const struct sql_value values[] = {SQL_STRING(scheme),    SQL_STRING(scheme_hash), SQL_INTEGER(PAGE_DONE),
                                       SQL_INTEGER(RUN_OPEN), SQL_INTEGER(RUN_FAILED), SQL_STRING(source)};
    int64_t found[9];
    int error = store_integers(
        store,
        "select id, kind, state, max_rows, case when scheme_hash = $2 then 1 else 0 end,"
        " (select count(*) from page where page.run = run.id and page.state = $3),"
        " (select count(*) from page where page.run = run.id),"
        " (select count(*) from run_key where run_key.run = run.id),"
        " (select cast(coalesce(sum(rows), 0) as bigint) from page where page.run = run.id and page.state = $3)"
        " from run where scheme = $1 and state in ($4, $5) and ($6 = '' or source = $6) order by id desc limit 1",
        values, 6, found, 9);
    if (!error) {
        *out = (struct run_standing){
            .id = found[0],
            .kind = (enum run_kind)found[1],
            .state = (enum run_state)found[2],
            .limit = found[3],
            .same_scheme = found[4] != 0,
            .pages_done = found[5],
            .pages = found[6],
            .keys = found[7],
            .rows_done = found[8],
        };
    }
    return error;
}

int run_abandon(struct store *store, int64_t run)
{
    enum run_state state;
    struct cause cause;
    int error = run_state(store, run, &state, &cause);
    if (!error && state != RUN_OPEN && state != RUN_FAILED) {
        error = ERR_STALE;
    }
    return error ? error : run_report_write(store, run, RUN_ABANDONED, -1, NULL);
}
