#include "common/run/timeline.h"

#include <stdio.h>

static struct page_line line_of(const struct sql_value *columns)
{
    return (struct page_line){
        .slice = columns[0].integer,
        .no = columns[1].integer,
        .rows = columns[2].integer,
        .claims = columns[3].integer,
        .ended = columns[4].integer,
        .times = {columns[5].integer, columns[6].integer, columns[7].integer, columns[8].integer, columns[9].integer,
                  columns[10].integer, columns[11].integer},
    };
}

#define PAGE_COLUMNS                                                                                                   \
    "select slice, no, rows, fence, ended, fetch_us, queue_us, map_us, wait_us, write_us, commit_us, calls from page"  \
    " where run = $1 and "

int run_pages(struct store *store, int64_t run, enum page_choice choice, int64_t limit,
              int (*fn)(void *user, const struct page_line *page), void *user)
{
    static const char *const texts[] = {
        [PAGES_ENDED] = PAGE_COLUMNS "ended is not null limit $2",
        [PAGES_SLOWEST] = PAGE_COLUMNS "ended is not null order by fetch_us + queue_us + map_us + wait_us + write_us"
                                       " + commit_us desc, slice, no limit $2",
        [PAGES_OPEN] = PAGE_COLUMNS PAGE_IS_OPEN " and fence > 0 order by fence desc, slice, no limit $2",
    };
    const struct sql_value values[] = {SQL_INTEGER(run), SQL_INTEGER(limit)};
    struct sql_rows rows;
    int ended = 0;
    store_ask(store, texts[choice], values, 2, &rows);
    while (ended == 0 && store_next(&rows)) {
        const struct page_line page = line_of(rows.columns);
        ended = fn(user, &page);
    }
    int error = store_found(&rows);
    return ended < 0 ? ended : error;
}

int64_t page_total_us(const struct page_times *times)
{
    return times->fetch + times->queue + times->map + times->wait + times->write + times->commit;
}

/* The row of `api` of a run's source or target ($2: its account): shared_api.h says how they are named. Several APIs may
 * share the account of a source: a run knows which one it reads, but those from before schema 15 don't. */
#define API_OF_SOURCE "from run join api on api.name = run.api || ' ' || cast($2 as text) where run.id = $1"
#define API_OF_TARGET                                                                                                  \
    "from run join api on substr(api.name, length(api.name) - length(cast($2 as text))) = ':' || cast($2 as text)"     \
    " where run.id = $1 order by api.name limit 1"

static int pace_read(struct store *store, bool target, const char *account, int64_t run, bool *has, int64_t *pace)
{
    static const char *const texts[] = {"select api.interval " API_OF_SOURCE, "select api.interval " API_OF_TARGET};
    struct sql_value values[] = {SQL_INTEGER(run), SQL_STRING(text_of(account))};
    int64_t found = 0;
    int error = account[0] == '\0' ? ERR_NOT_FOUND : store_integers(store, texts[target], values, 2, &found, 1);
    *has = error == 0;
    *pace = found;
    return error == ERR_NOT_FOUND ? 0 : error;
}

/* The accounts of a run, copied; the target's may follow the kind of its records (loader.c). */
static int accounts_read(struct store *store, int64_t run, char source[RUN_ACCOUNT_ROOM], char target[RUN_ACCOUNT_ROOM])
{
    struct sql_value id = SQL_INTEGER(run);
    struct sql_rows rows;
    source[0] = target[0] = '\0';
    store_ask(store, "select source, coalesce(target, '') from run where id = $1", &id, 1, &rows);
    while (store_next(&rows)) {
        struct text from = rows.columns[0].text, to = rows.columns[1].text;
        for (size_t i = to.size; i > 0; i--) {
            if (to.data[i - 1] == ' ') {
                to = (struct text){to.data + i, to.size - i};
                break;
            }
        }
        (void)snprintf(source, RUN_ACCOUNT_ROOM, "%.*s", TEXT_ARG(from));
        (void)snprintf(target, RUN_ACCOUNT_ROOM, "%.*s", TEXT_ARG(to));
    }
    return store_found(&rows);
}

int run_life(struct store *store, int64_t run, struct run_life *out)
{
    struct sql_value id = SQL_INTEGER(run);
    int64_t life[2];
    int error = store_integers(store, "select started, coalesce(ended, 0) from run where id = $1", &id, 1, life, 2);
    if (error) {
        return error;
    }
    *out = (struct run_life){.started = life[0], .ended = life[1] > 0 ? life[1] : store_wall()};
    error = accounts_read(store, run, out->source, out->target);
    error = error ? error : pace_read(store, false, out->source, run, &out->has_source_pace, &out->source_pace);
    return error ? error : pace_read(store, true, out->target, run, &out->has_target_pace, &out->target_pace);
}

int run_pace_steps(struct store *store, int64_t run, const struct run_life *life, bool target,
                   int (*fn)(void *user, const struct pace_step *step), void *user)
{
    static const char *const texts[] = {
        "select at, us from pace_step where api = (select api.name " API_OF_SOURCE ") and at <= $3 order by at",
        "select at, us from pace_step where api = (select api.name " API_OF_TARGET ") and at <= $3 order by at",
    };
    const char *account = target ? life->target : life->source;
    struct sql_value values[] = {SQL_INTEGER(run), SQL_STRING(text_of(account)), SQL_INTEGER(life->ended)};
    if (account[0] == '\0') {
        return 0;
    }
    struct sql_rows rows;
    int ended = 0;
    store_ask(store, texts[target], values, 3, &rows);
    while (ended == 0 && store_next(&rows)) {
        const struct pace_step step = {rows.columns[0].integer, rows.columns[1].integer};
        ended = fn(user, &step);
    }
    int error = store_found(&rows);
    return ended < 0 ? ended : error;
}
