#include "common/reject_reason.h"

struct walk {
    int64_t run, most;
    int (*fn)(void *user, const struct reject_reason *reason);
    void *user;
};

static void walk_bind(void *user, size_t row, struct sql_value *params)
{
    const struct walk *walk = user;
    (void)row;
    params[0] = SQL_INTEGER(walk->run);
    params[1] = SQL_INTEGER(walk->most);
}

static int walk_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    const struct walk *walk = user;
    (void)row;
    (void)count;
    const struct reject_reason reason = {columns[0].text, columns[1].text, columns[2].text, columns[3].integer};
    return walk->fn(walk->user, &reason);
}

int reject_reasons(struct store *store, int64_t run, int64_t most,
                   int (*fn)(void *user, const struct reject_reason *reason), void *user)
{
    struct walk walk = {.run = run, .most = most, .fn = fn, .user = user};
    return store_many(store, &(struct sql_call){
                                 .text = "select class, code, min(message), count(*) from reject where run = $1"
                                         " group by class, code order by count(*) desc, class, code limit $2",
                                 .rows = 1,
                                 .params = 2,
                                 .bind = walk_bind,
                                 .found = walk_found,
                                 .user = &walk,
                             });
}
