#include "common/run_pages.h"

struct walk {
    int64_t run, limit;
    int (*fn)(void *user, const struct page_line *page);
    void *user;
};

static void walk_bind(void *user, size_t row, struct sql_value *params)
{
    const struct walk *walk = user;
    (void)row;
    params[0] = SQL_INTEGER(walk->run);
    params[1] = SQL_INTEGER(walk->limit);
}

static int walk_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    const struct walk *walk = user;
    (void)row;
    (void)count;
    const struct page_line page = {
        .slice = columns[0].integer,
        .no = columns[1].integer,
        .rows = columns[2].integer,
        .claims = columns[3].integer,
        .ended = columns[4].integer,
        .times = {columns[5].integer, columns[6].integer, columns[7].integer, columns[8].integer, columns[9].integer,
                  columns[10].integer, columns[11].integer},
    };
    return walk->fn(walk->user, &page);
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
        [PAGES_OPEN] = PAGE_COLUMNS "state = 1 and fence > 0 order by fence desc, slice, no limit $2",
    };
    struct walk walk = {.run = run, .limit = limit, .fn = fn, .user = user};
    return store_many(store, &(struct sql_call){
                                 .text = texts[choice],
                                 .rows = 1,
                                 .params = 2,
                                 .bind = walk_bind,
                                 .found = walk_found,
                                 .user = &walk,
                             });
}

int64_t page_total_us(const struct page_times *times)
{
    return times->fetch + times->queue + times->map + times->wait + times->write + times->commit;
}

/* Rows of api are named by API and account: "wdt.shop.query SID", "xingchen:ACCOUNT". */
int run_life(struct store *store, int64_t run, struct run_life *out)
{
    struct sql_value id = SQL_INTEGER(run);
    int64_t life[2], pace;
    int error = store_integers(store, "select started, coalesce(ended, 0) from run where id = $1", &id, 1, life, 2);
    if (error) {
        return error;
    }
    *out = (struct run_life){.started = life[0], .ended = life[1] > 0 ? life[1] : store_wall()};
    error = store_integers(store,
                           "select api.interval from run join api on substr(api.name, length(api.name) -"
                           " length(run.source)) = ' ' || run.source where run.id = $1 limit 1",
                           &id, 1, &pace, 1);
    out->has_source_pace = error == 0;
    out->source_pace = error == 0 ? pace : 0;
    if (error == 0 || error == ERR_NOT_FOUND) {
        error = store_integers(
            store, "select api.interval from run join api on api.name = 'xingchen:' || run.target where run.id = $1",
            &id, 1, &pace, 1);
        out->has_target_pace = error == 0;
        out->target_pace = error == 0 ? pace : 0;
    }
    return error == ERR_NOT_FOUND ? 0 : error;
}
