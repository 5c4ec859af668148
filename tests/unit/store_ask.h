/* What store tests ask and write, statement by statement. */
#ifndef DIANCHEN_TESTS_UNIT_STORE_ASK_H
#define DIANCHEN_TESTS_UNIT_STORE_ASK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "common/store/store.h"

#define INSERT_EXISTING "insert into existing (account, number, target_id) values ('a', $1, 'x')"
#define COUNT_EXISTING "select count(*) from existing"

static inline struct store *store_at(const char *url)
{
    struct store *store = NULL;
    struct cause cause = {""};
    if (store_open(url, &store, &cause)) {
        fail_msg("%s", cause.text);
    }
    return store;
}

/* begin, one statement with an integer, commit */
static inline int apply(struct store *store, const char *text, int64_t value)
{
    struct sql_value param = SQL_INTEGER(value);
    int error = store_begin(store, true);
    if (error) {
        return error;
    }
    return store_end(store, store_run(store, text, &param, 1, NULL));
}

static inline int64_t number_of(struct store *store, const char *text)
{
    int64_t n = -1;
    assert_int_equal(store_begin(store, false), 0);
    int error = store_integers(store, text, NULL, 0, &n, 1);
    assert_int_equal(store_end(store, error), 0);
    return n;
}

#endif
