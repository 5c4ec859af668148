#include "common/book.h"

struct claim {
    struct text account, owner;
    int64_t now, until;
    bool known;
    enum book_state state;
    bool busy;
    int64_t changes;
};

static void account_bind(void *user, size_t row, struct sql_value *params)
{
    (void)row;
    params[0] = SQL_STRING(((const struct claim *)user)->account);
}

static void owner_bind(void *user, size_t row, struct sql_value *params)
{
    account_bind(user, row, params);
    params[1] = SQL_STRING(((const struct claim *)user)->owner);
}

static void lease_bind(void *user, size_t row, struct sql_value *params)
{
    owner_bind(user, row, params);
    params[2] = SQL_INTEGER(((const struct claim *)user)->until);
    params[3] = SQL_INTEGER(((const struct claim *)user)->now);
}

static int claim_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    (void)row, (void)count;
    struct claim *claim = user;
    claim->known = true;
    claim->state = (enum book_state)columns[0].integer;
    claim->busy = !text_equal(columns[1].text, claim->owner) && columns[2].integer > claim->now;
    return 0;
}

static void claim_changed(void *user, size_t row, int64_t changes)
{
    (void)row;
    ((struct claim *)user)->changes = changes;
}

static int state_read(struct store *store, struct claim *claim)
{
    struct sql_call call = {.text = "SELECT state, owner, until FROM book_state WHERE account = $1 " SQL_FOR_UPDATE,
                            .rows = 1,
                            .params = 1,
                            .bind = account_bind,
                            .found = claim_found,
                            .user = claim};
    return store_many(store, &call);
}

int book_claim(struct store *store, struct text account, struct text owner, int64_t lease, enum book_state *state)
{
    int64_t now = store_now(store);
    struct claim claim = {.account = account, .owner = owner, .now = now, .until = now + lease, .state = BOOK_UNREAD};
    int error = state_read(store, &claim);
    if (!error && claim.state != BOOK_READ) {
        if (claim.busy) {
            return ERR_BUSY;
        }
        struct sql_call call = {.text = "INSERT INTO book_state(account, state, owner, until) VALUES($1, 0, $2, $3) "
                                        "ON CONFLICT(account) DO UPDATE SET owner = excluded.owner, "
                                        "until = excluded.until WHERE book_state.state = 0 AND "
                                        "(book_state.owner = excluded.owner OR book_state.until <= $4)",
                                .rows = 1,
                                .params = 4,
                                .bind = lease_bind,
                                .changed = claim_changed,
                                .user = &claim};
        error = store_many(store, &call);
        error = error || claim.changes > 0 ? error : ERR_BUSY; /* another was quicker to make the row */
    }
    if (!error) {
        *state = claim.state;
    }
    return error;
}

struct entries {
    struct text account;
    const struct book_entry *entries;
};

static void put_bind(void *user, size_t row, struct sql_value *params)
{
    const struct entries *put = user;
    params[0] = SQL_STRING(put->account);
    params[1] = SQL_STRING(put->entries[row].number);
    params[2] = SQL_STRING(put->entries[row].target_id);
}

/* After the end, what a late reader brings may be our own work, which no record shall adopt. */
int book_put(struct store *store, struct text account, const struct book_entry *entries, size_t count)
{
    struct claim claim = {.account = account, .state = BOOK_UNREAD};
    int error = state_read(store, &claim);
    if (error) {
        return error;
    }
    if (claim.state == BOOK_READ) {
        return ERR_STALE;
    }
    struct entries put = {.account = account, .entries = entries};
    struct sql_call call = {
        .text = "INSERT INTO book(account, number, target_id) VALUES($1, $2, $3) ON CONFLICT DO NOTHING",
        .rows = count,
        .params = 3,
        .bind = put_bind,
        .user = &put};
    return count > 0 ? store_many(store, &call) : 0;
}

int book_finish(struct store *store, struct text account, struct text owner)
{
    struct claim claim = {.account = account, .owner = owner};
    struct sql_call call = {
        .text = "UPDATE book_state SET state = 1, until = 0 WHERE account = $1 AND owner = $2 AND state = 0",
        .rows = 1,
        .params = 2,
        .bind = owner_bind,
        .changed = claim_changed,
        .user = &claim};
    int error = store_many(store, &call);
    return error || claim.changes > 0 ? error : ERR_STALE;
}
