#include "common/ledger/budget.h"

#include <stdio.h>

#include "common/ledger/others.h"

enum { ROWS_LEAST = 1000 /* that a percentage is taken of, where the source tells no total */ };

/* How many of the run's records may be refused by `percent`. */
static int percent_most(struct store *store, int64_t run, int64_t percent, int64_t *most)
{
    const struct sql_value id = SQL_INTEGER(run);
    int64_t facts[3]; /* total, limit, rows */
    int error =
        store_integers(store,
                       "SELECT source_total, max_rows, (SELECT CAST(COALESCE(SUM(rows), 0) AS bigint) FROM page "
                       "WHERE page.run = $1) FROM run WHERE id = $1",
                       &id, 1, facts, 3);
    if (error) {
        return error;
    }
    int64_t rows = facts[0] >= 0 ? facts[0] : facts[2] > ROWS_LEAST ? facts[2] : ROWS_LEAST;
    rows = facts[1] > 0 && facts[1] < rows ? facts[1] : rows;
    *most = rows * percent / 100;
    return 0;
}

static int stop(struct store *store, int64_t run, const char *why, int64_t count, const char *key, int64_t bound)
{
    struct cause cause;
    cause_set(
        &cause, ERR_REFUSED,
        "run %lld is stopped: %s %lld records (budget.%s of the scheme is %lld); dianchen rejects list shows why; "
        "mend it, then dianchen run goes on",
        (long long)run, why, (long long)count, key, (long long)bound);
    int error = run_fail(store, run, text_of(cause.text));
    return error == ERR_STALE ? 0 : error;
}

static int judge(struct store *store, const struct scheme_budget *budget, int64_t run, bool *past)
{
    const struct sql_value id = SQL_INTEGER(run);
    int64_t spent[2], most = INT64_MAX;
    int error = store_integers(store, "SELECT refused, streak FROM run WHERE id = $1", &id, 1, spent, 2);
    if (!error && budget->percent > 0) {
        error = percent_most(store, run, budget->percent, &most);
    }
    if (error) {
        return error;
    }
    *past = true;
    if (budget->consecutive > 0 && spent[1] >= budget->consecutive) {
        return stop(store, run, "the target saved nothing and refused, in a row,", spent[1], "consecutive",
                    budget->consecutive);
    }
    if (budget->rejects > 0 && spent[0] > budget->rejects) {
        return stop(store, run, "it refused", spent[0], "rejects", budget->rejects);
    }
    if (spent[0] > most) {
        return stop(store, run, "it refused", spent[0], "percent", budget->percent);
    }
    *past = false;
    return 0;
}

/* Mostly there is none to end, and then the run's row is left alone. */
static int streak_end(struct store *store, int64_t run)
{
    const struct sql_value id = SQL_INTEGER(run);
    int64_t streak = 0;
    int error = store_integers(store, "SELECT streak FROM run WHERE id = $1", &id, 1, &streak, 1);
    if (error || streak == 0) {
        return error == ERR_NOT_FOUND ? 0 : error;
    }
    error = others_lock_run(store, run);
    return error ? error : store_run(store, "UPDATE run SET streak = 0 WHERE id = $1", &id, 1, NULL);
}

int budget_spend(struct store *store, const struct scheme_budget *budget, int64_t run, const struct budget_spent *spent,
                 bool *past)
{
    const struct sql_value values[] = {SQL_INTEGER(run), SQL_INTEGER(spent->refused), SQL_INTEGER(spent->saved),
                                       SQL_INTEGER(spent->streak), SQL_INTEGER(RUN_OPEN)};
    if (spent->refused == 0) {
        return spent->saved && budget->consecutive > 0 ? streak_end(store, run) : 0;
    }
    int64_t open = 0;
    int error = others_lock_run(store, run);
    error = error
                ? error
                : store_run(store,
                            "UPDATE run SET refused = refused + $2, streak = CASE WHEN $3 = 1 THEN $4 ELSE streak + $4 "
                            "END WHERE id = $1 AND state = $5",
                            values, 5, &open);
    if (error || open == 0) {
        *past = *past || !error;
        return error;
    }
    bool over = false;
    error = judge(store, budget, run, &over);
    *past = *past || over;
    return error;
}

int budget_results(struct store *store, const struct scheme_budget *budget, const struct ledger_result *results,
                   size_t count, bool *past)
{
    int error = 0;
    *past = false;
    for (size_t from = 0, to; !error && from < count; from = to) {
        struct budget_spent spent = {0};
        for (to = from; to < count && results[to].run == results[from].run; to++) {
            if (results[to].stale) {
                continue;
            }
            if (results[to].verdict == VERDICT_SAVED) {
                spent.saved = true;
                spent.streak = 0;
            } else if (results[to].verdict == VERDICT_REFUSED) {
                spent.refused++;
                spent.streak += !results[to].among_saved;
            }
        }
        error = budget_spend(store, budget, results[from].run, &spent, past);
    }
    return error;
}
