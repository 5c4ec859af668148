#include "console/serve/session.h"

#include <openssl/crypto.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"

enum {
    SESSIONS_MOST = 64,
    IDLE_MS = 12 * 3600 * 1000,
    LINK_MS = 10 * 60 * 1000,
    PENALTY_FIRST = 50, /* ms */
    PENALTY_MOST = 2000,
    PENALTIES_AT_ONCE = 8,
    FORGIVE_MS = 30000, /* one wrong token is forgotten in this time */
};

struct session {
    char cookie[TOKEN_SIZE + 1]; /* "" = free */
    char key[TOKEN_SIZE + 1];
    char hash[TOKEN_HASH + 1];
    struct visitor visitor;
    int64_t used; /* ms */
};

struct sessions {
    pthread_mutex_t lock;
    char link[TOKEN_SIZE + 1]; /* "" = used */
    char shown[TOKEN_SIZE + 1];
    int64_t started;
    struct session all[SESSIONS_MOST];
    int wrong, waiting;
    int64_t wrong_at;
};

int sessions_new(struct sessions **out)
{
    struct sessions *sessions = calloc(1, sizeof *sessions);
    if (!sessions) {
        return ERR_MEMORY;
    }
    int error = token_make(sessions->link);
    if (error) {
        free(sessions);
        return error;
    }
    memcpy(sessions->shown, sessions->link, sizeof sessions->shown);
    sessions->started = clock_ms();
    pthread_mutex_init(&sessions->lock, NULL);
    *out = sessions;
    return 0;
}

void sessions_free(struct sessions **held)
{
    struct sessions *sessions = *held;
    *held = NULL;
    if (sessions) {
        pthread_mutex_destroy(&sessions->lock);
        OPENSSL_cleanse(sessions, sizeof *sessions);
        free(sessions);
    }
}

const char *sessions_link(const struct sessions *sessions)
{
    return sessions->shown;
}

/* In a time that does not tell how much of it was right. */
static bool same(const char *known, struct text given)
{
    return known[0] && given.size == TOKEN_SIZE && CRYPTO_memcmp(known, given.data, TOKEN_SIZE) == 0;
}

bool session_link_use(struct sessions *sessions, struct text token)
{
    pthread_mutex_lock(&sessions->lock);
    bool fits = same(sessions->link, token) && clock_ms() - sessions->started < LINK_MS;
    if (fits) {
        OPENSSL_cleanse(sessions->link, sizeof sessions->link);
    }
    pthread_mutex_unlock(&sessions->lock);
    return fits;
}

int session_begin(struct sessions *sessions, const struct visitor *visitor, const char *hash,
                  char cookie[TOKEN_SIZE + 1], char key[TOKEN_SIZE + 1])
{
    char made[TOKEN_SIZE + 1];
    int error = token_make(made);
    error = error ? error : token_make(key);
    if (error) {
        return error;
    }
    pthread_mutex_lock(&sessions->lock);
    struct session *place = &sessions->all[0];
    for (size_t i = 0; i < SESSIONS_MOST; i++) {
        struct session *one = &sessions->all[i];
        if (!one->cookie[0] || (place->cookie[0] && one->used < place->used)) {
            place = one;
        }
    }
    *place = (struct session){.visitor = *visitor, .used = clock_ms()};
    place->visitor.by_cookie = true;
    memcpy(place->cookie, made, sizeof made);
    memcpy(place->key, key, sizeof place->key);
    (void)snprintf(place->hash, sizeof place->hash, "%s", hash);
    pthread_mutex_unlock(&sessions->lock);
    memcpy(cookie, made, sizeof made);
    OPENSSL_cleanse(made, sizeof made);
    return 0;
}

static struct session *find(struct sessions *sessions, struct text cookie)
{
    struct session *found = NULL;
    for (size_t i = 0; i < SESSIONS_MOST; i++) {
        struct session *one = &sessions->all[i];
        if (same(one->cookie, cookie)) {
            found = one;
        }
    }
    if (found && clock_ms() - found->used > IDLE_MS) {
        OPENSSL_cleanse(found, sizeof *found);
        found = NULL;
    }
    return found;
}

bool session_key_fits(struct sessions *sessions, struct text cookie, struct text key)
{
    pthread_mutex_lock(&sessions->lock);
    const struct session *found = find(sessions, cookie);
    bool fits = found && same(found->key, key);
    pthread_mutex_unlock(&sessions->lock);
    return fits;
}

int session_find(struct sessions *sessions, struct text cookie, struct visitor *visitor, char hash[TOKEN_HASH + 1])
{
    pthread_mutex_lock(&sessions->lock);
    struct session *found = find(sessions, cookie);
    if (found) {
        found->used = clock_ms();
        *visitor = found->visitor;
        memcpy(hash, found->hash, TOKEN_HASH + 1);
    }
    pthread_mutex_unlock(&sessions->lock);
    return found ? 0 : ERR_NOT_FOUND;
}

void session_end(struct sessions *sessions, struct text cookie)
{
    pthread_mutex_lock(&sessions->lock);
    struct session *found = find(sessions, cookie);
    if (found) {
        OPENSSL_cleanse(found, sizeof *found);
    }
    pthread_mutex_unlock(&sessions->lock);
}

bool session_penalty(struct sessions *sessions)
{
    pthread_mutex_lock(&sessions->lock);
    int64_t now = clock_ms(), forgiven = (now - sessions->wrong_at) / FORGIVE_MS;
    sessions->wrong = sessions->wrong > forgiven ? sessions->wrong - (int)forgiven : 0;
    sessions->wrong_at = now;
    int pause = sessions->wrong < 6 ? PENALTY_FIRST << sessions->wrong : PENALTY_MOST;
    sessions->wrong += sessions->wrong < 10;
    bool waits = sessions->waiting < PENALTIES_AT_ONCE;
    sessions->waiting += waits;
    pthread_mutex_unlock(&sessions->lock);
    if (waits) {
        (void)poll(NULL, 0, pause);
        pthread_mutex_lock(&sessions->lock);
        sessions->waiting--;
        pthread_mutex_unlock(&sessions->lock);
    }
    return waits;
}
