#include "loader/xingchen/login.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/container.h"
#include "common/base/secret.h"
#include "common/log/log.h"
#include "common/pace/shared_api.h"
#include "loader/xingchen/account.h"
#include "loader/xingchen/answer.h"
#include "loader/xingchen/request.h"
#include "loader/xingchen/seal.h"

enum {
    LEASE = 5000,       /* ms of the right to log in: who dies at it keeps nobody waiting for long */
    RENEW_LEAST = 1000, /* ms that a login serves at least before it is renewed */
    KEEP = 1000,        /* ms between renewals of it */
    LOOK_BANNED = 2000, /* ms at most between looks while nobody may call */
    LOOK_AGAIN = 300,   /* ms while another loader logs in */
    LIFE_LEAST = 60,    /* s; a token that claims to live shorter or longer is used for so long */
    LIFE_MOST = 7 * 86400,
    TOKEN_MAX = 2048,
    GROUP_MAX = 512,
};

enum login_step { STEP_REST, STEP_READ, STEP_TOKEN, STEP_GROUP, STEP_WRITE, STEP_YIELD, STEP_PAUSE };

struct target_login {
    struct loop *loop;
    struct http *http;
    struct store *store;
    const struct xingchen_settings *settings;
    struct target_login_options options;
    char name[200], owner[100];
    char context[1200]; /* whose login: authenticated with the sealed text */
    unsigned char key[SEAL_KEY];
    enum login_step step;
    bool stopped;
    int attempt;
    struct loop_timer pause, renew, keep;
    /* in hand */
    struct buffer token, group;
    int64_t version; /* 0 = none in hand */
    int64_t refused; /* versions up to this one are of no use */
    /* being fetched */
    struct buffer fresh, fresh_group, sealed;
    int64_t life; /* ms */
    struct arena arena;
    /* the store's thread works on these during a job */
    struct store_job job, keep_job;
    bool keeping;
    struct arena job_arena;
    int64_t job_refused;
    struct api_login found;
    enum { FOUND_FRESH, FOUND_CLAIMED, FOUND_BUSY, FOUND_BANNED } finding;
    int64_t banned;     /* FOUND_BANNED: ms until somebody may call */
    struct cause fatal; /* text empty = none; told after the right was given back */
};

static void read_store(struct target_login *login);

static void rest(void *user)
{
    struct target_login *login = user;
    if (!login->stopped) {
        read_store(login);
    }
}

static void pause_for(struct target_login *login, int64_t ms)
{
    login->step = STEP_PAUSE;
    loop_set_after(login->loop, &login->pause, ms);
}

/* ---- the token in hand ---- */

static void take_over(struct target_login *login, struct text token, struct text group, int64_t version,
                      struct loop_ms until)
{
    secret_add(token);
    buffer_clear(&login->group, GROUP_MAX);
    buffer_add_text(&login->group, group);
    OPENSSL_cleanse(login->token.data, login->token.size);
    buffer_clear(&login->token, TOKEN_MAX);
    buffer_add_text(&login->token, token);
    login->version = version;
    login->attempt = 0;
    login->step = STEP_REST;
    loop_set_timer(login->loop, &login->renew, loop_later(until, loop_after(loop_now(login->loop), RENEW_LEAST)));
    login->options.ready(login->options.user);
}

/* Sealed: token, NUL, group. False when it does not open for us or is malformed. */
static bool take_sealed(struct target_login *login)
{
    struct buffer plain;
    buffer_init(&plain, SEAL_TEXT_MAX + 1);
    bool good = seal_open(login->key, text_of(login->context), login->found.sealed, &plain) == 0;
    const char *end = good && plain.size > 0 ? memchr(plain.data, '\0', plain.size) : NULL;
    good = end && end > plain.data;
    if (good) {
        struct text token = {plain.data, (size_t)(end - plain.data)};
        take_over(login, token, (struct text){end + 1, plain.size - token.size - 1}, login->found.version,
                  store_deadline(login->store, login->found.until));
    }
    buffer_wipe(&plain);
    return good;
}

static void forget_fresh(struct target_login *login)
{
    buffer_wipe(&login->fresh);
    buffer_init(&login->fresh, TOKEN_MAX);
    buffer_clear(&login->fresh_group, GROUP_MAX);
    buffer_clear(&login->sealed, SEAL_TEXT_MAX);
}

/* ---- failure ---- */

static void yielded(struct store_job *job, int error)
{
    (void)error; /* the lease runs out by itself */
    struct target_login *login = CONTAINER_OF(job, struct target_login, job);
    if (login->stopped) {
        return;
    }
    if (login->fatal.text[0]) {
        login->stopped = true;
        login->options.fatal(login->options.user, &login->fatal, EXIT_REFUSED);
        return;
    }
    pause_for(login, retry_pause(login->attempt++));
}

static int yield_work(struct store *store, struct store_job *job)
{
    struct target_login *login = CONTAINER_OF(job, struct target_login, job);
    return api_login_yield(store, text_of(login->name), text_of(login->owner));
}

/* The right to log in goes back before anything else: another may have better luck, or a better secret. */
static void give_back(struct target_login *login)
{
    forget_fresh(login);
    login->step = STEP_YIELD;
    if (!login->store) {
        yielded(&login->job, 0);
        return;
    }
    login->job.work = yield_work;
    login->job.done = yielded;
    store_submit(login->store, &login->job);
}

/* True when the answer is no success and was dealt with. */
static bool failed(struct target_login *login, struct answer *answer, const char *what)
{
    if (answer->strange) { /* a page of HTML, though it asks to log in */
        answer->class = REPLY_RETRY;
    }
    login->options.answered(login->options.user, answer);
    if (login->stopped) {
        return true;
    }
    switch (answer->class) {
    case REPLY_DONE:
        return false;
    case REPLY_RETRY:
        give_back(login);
        return true;
    case REPLY_THROTTLED:
        if (login->attempt < 5) {
            login->attempt = 5; /* the longest pauses */
        }
        give_back(login);
        return true;
    case REPLY_LOGIN:
    case REPLY_REJECT:
    case REPLY_FATAL:
        break;
    }
    cause_set(&login->fatal, ERR_REFUSED, "target: %s refused: %.*s%s%.*s%s; %s", what, TEXT_ARG(answer->message),
              answer->code.size > 0 ? " (" : "", TEXT_ARG(answer->code), answer->code.size > 0 ? ")" : "",
              answer->class == REPLY_FATAL ? answer->cure
                                           : "check XINGCHEN_CLIENT_ID, XINGCHEN_CLIENT_SECRET, XINGCHEN_USERNAME and "
                                             "XINGCHEN_PASSWORD");
    give_back(login);
    return true;
}

/* ---- writing ---- */

static int write_work(struct store *store, struct store_job *job)
{
    struct target_login *login = CONTAINER_OF(job, struct target_login, job);
    struct api_login fresh = {buffer_text(&login->sealed), store_after(store_now(store), login->life),
                              login->found.version + 1};
    return api_login_write(store, text_of(login->name), text_of(login->owner), &fresh);
}

static void written(struct store_job *job, int error)
{
    struct target_login *login = CONTAINER_OF(job, struct target_login, job);
    if (login->stopped) {
        return;
    }
    if (error) { /* ours, but no one else's: another took over the right meanwhile */
        forget_fresh(login);
        pause_for(login, retry_pause(login->attempt++));
        return;
    }
    take_over(login, buffer_text(&login->fresh), buffer_text(&login->fresh_group), login->found.version + 1,
              loop_after(loop_now(login->loop), login->life));
    forget_fresh(login);
}

static void write_store(struct target_login *login)
{
    login->step = STEP_WRITE;
    struct buffer plain;
    buffer_init(&plain, SEAL_TEXT_MAX);
    buffer_add_text(&plain, buffer_text(&login->fresh));
    buffer_add_char(&plain, '\0');
    buffer_add_text(&plain, buffer_text(&login->fresh_group));
    buffer_clear(&login->sealed, SEAL_TEXT_MAX);
    int error = plain.failed ? ERR_MEMORY : 0;
    if (!error && login->store) {
        error = seal_close(login->key, text_of(login->context), buffer_text(&plain), &login->sealed);
    }
    buffer_wipe(&plain);
    if (error) {
        cause_set(&login->fatal, error, "loader: the token can't be sealed: %s", error_text(error));
        give_back(login);
        return;
    }
    if (!login->store) {
        login->found.version++;
        take_over(login, buffer_text(&login->fresh), buffer_text(&login->fresh_group), login->found.version,
                  loop_after(loop_now(login->loop), login->life));
        return;
    }
    login->job.work = write_work;
    login->job.done = written;
    store_submit(login->store, &login->job);
}

/* ---- accountGroup: whose groupName goes into a header ---- */

struct account_search {
    struct target_login *login;
    bool found;
};

static void match_account(void *user, const struct target_account *account)
{
    struct account_search *search = user;
    if (search->found || !text_equal(account->id, text_of(search->login->settings->account))) {
        return;
    }
    search->found = true;
    buffer_clear(&search->login->fresh_group, GROUP_MAX);
    buffer_add_text(&search->login->fresh_group, account->group);
}

static void group_done(void *user, const struct http_reply *reply)
{
    struct target_login *login = user;
    if (login->stopped) {
        return;
    }
    struct answer answer;
    arena_reset(&login->arena, 1 << 16);
    answer_read(&login->arena, login->options.form, reply, true, &answer);
    if (failed(login, &answer, "the list of accounts (jdy/sys/accountGroup)")) {
        return;
    }
    if (!login->options.account_wanted) {
        login->step = STEP_REST;
        if (login->options.accounts) {
            login->options.accounts(login->options.user, &answer);
        }
        return;
    }
    struct account_search search = {login, false};
    int count = account_each(&login->arena, &answer, match_account, &search);
    if (!search.found) {
        cause_set(&login->fatal, ERR_REFUSED,
                  "target: XINGCHEN_ACCOUNT_ID %s is not among the %d accounts that this login sees; "
                  "`dianchen lookup accounts` lists them",
                  login->settings->account, count < 0 ? 0 : count);
        give_back(login);
    } else if (login->fresh_group.failed || !request_header_safe(buffer_text(&login->fresh_group))) {
        cause_set(&login->fatal, ERR_REFUSED,
                  "target: the groupName of account %s is no usable header; set XINGCHEN_GROUP_NAME",
                  login->settings->account);
        give_back(login);
    } else {
        write_store(login);
    }
}

static void call(struct target_login *login, const char *api, const char *method, struct buffer *url,
                 http_done_fn *done)
{
    static const char *const headers[] = {"Content-Type: application/json; charset=utf-8", "Accept: application/json",
                                          NULL};
    struct http_request request = {.api = api,
                                   .method = method,
                                   .url = url->data,
                                   .headers = headers,
                                   .body = strcmp(method, "POST") == 0 ? TEXT("{}") : (struct text){NULL, 0},
                                   .timeout = login->options.timeout,
                                   .done = done,
                                   .user = login};
    struct http_call *under_way = NULL;
    int error = url->failed ? ERR_MEMORY : http_send(login->http, &request, &under_way);
    buffer_wipe(url);
    if (error) {
        give_back(login);
    }
}

static void ask_group(struct target_login *login)
{
    if (login->settings->group && login->options.account_wanted) {
        buffer_clear(&login->fresh_group, GROUP_MAX);
        buffer_add_text(&login->fresh_group, text_of(login->settings->group));
        write_store(login);
        return;
    }
    login->step = STEP_GROUP;
    struct buffer url;
    buffer_init(&url, 16384);
    request_accounts(login->settings, buffer_text(&login->fresh), &url);
    call(login, "jdy/sys/accountGroup", "POST", &url, group_done);
}

/* ---- access_token ---- */

static void token_done(void *user, const struct http_reply *reply)
{
    struct target_login *login = user;
    if (login->stopped) {
        return;
    }
    struct answer answer;
    arena_reset(&login->arena, 1 << 16);
    answer_read(&login->arena, login->options.form, reply, true, &answer);
    if (answer.class == REPLY_RETRY && answer.worded) { /* "wrong password, try again" is a refusal */
        answer.class = REPLY_REJECT;
    }
    if (failed(login, &answer, "the login")) {
        return;
    }
    struct text token = json_text(json_get(answer.data, "access_token"));
    if (token.size == 0 || token.size > TOKEN_MAX || !request_header_safe(token)) {
        cause_set(&login->fatal, ERR_REFUSED,
                  "target: the login succeeded but its reply holds no usable access_token; check XINGCHEN_URL");
        give_back(login);
        return;
    }
    int64_t life = 0;
    if (json_integer(json_get(answer.data, "expires_in"), &life) != 0 || life < LIFE_LEAST) {
        life = LIFE_LEAST;
    }
    life = life > LIFE_MOST ? LIFE_MOST : life;
    login->life = life * 800; /* 80 %, in ms */
    secret_add(token);
    buffer_add_text(&login->fresh, token);
    ask_group(login);
}

static void ask_token(struct target_login *login)
{
    login->step = STEP_TOKEN;
    forget_fresh(login);
    struct buffer url;
    buffer_init(&url, 16384);
    request_token(login->settings, &url);
    call(login, "auth/user/access_token", "GET", &url, token_done);
}

/* ---- the right to log in ---- */

static int keep_work(struct store *store, struct store_job *job)
{
    struct target_login *login = CONTAINER_OF(job, struct target_login, keep_job);
    return api_login_claim(store, text_of(login->name), login->found.version, LEASE, text_of(login->owner));
}

static void kept(struct store_job *job, int error)
{
    (void)error; /* taken by another: then the write is refused */
    struct target_login *login = CONTAINER_OF(job, struct target_login, keep_job);
    login->keeping = false;
}

static void keep(void *user)
{
    struct target_login *login = user;
    if (login->stopped || (login->step != STEP_TOKEN && login->step != STEP_GROUP)) {
        return;
    }
    if (!login->keeping) {
        login->keeping = true;
        login->keep_job.work = keep_work;
        login->keep_job.done = kept;
        store_submit(login->store, &login->keep_job);
    }
    loop_set_after(login->loop, &login->keep, KEEP);
}

/* ---- reading ---- */

static int read_work(struct store *store, struct store_job *job)
{
    struct target_login *login = CONTAINER_OF(job, struct target_login, job);
    arena_reset(&login->job_arena, SEAL_TEXT_MAX);
    login->found = (struct api_login){0};
    int error = api_login_read(store, text_of(login->name), &login->job_arena, &login->found);
    if (error && error != ERR_NOT_FOUND) {
        return error;
    }
    if (login->found.sealed.size > 0 && login->found.version > login->job_refused &&
        store_before(store_now(store), login->found.until)) {
        login->finding = FOUND_FRESH;
        return 0;
    }
    struct store_ms at;
    error = api_pace(store, text_of(login->name), 0, 1, &at);
    login->banned = error ? 0 : store_since(at, store_now(store));
    if (error || login->banned > 0) { /* the target told a time to wait: to all calls */
        login->finding = FOUND_BANNED;
        return error;
    }
    error = api_login_claim(store, text_of(login->name), login->found.version, LEASE, text_of(login->owner));
    login->finding = error ? FOUND_BUSY : FOUND_CLAIMED;
    return error == ERR_BUSY || error == ERR_STALE ? 0 : error;
}

static void read_done(struct store_job *job, int error)
{
    struct target_login *login = CONTAINER_OF(job, struct target_login, job);
    if (login->stopped) {
        return;
    }
    if (error == ERR_BUSY || (!error && login->finding == FOUND_BUSY)) {
        pause_for(login, LOOK_AGAIN);
    } else if (!error && login->finding == FOUND_BANNED) {
        pause_for(login, login->banned < LOOK_BANNED ? login->banned : LOOK_BANNED);
    } else if (error) {
        struct cause cause;
        cause_set(&cause, error, "store: the login can't be read: %s", store_why(login->store));
        login->stopped = true;
        login->options.fatal(login->options.user, &cause, EXIT_REFUSED);
    } else if (login->finding == FOUND_CLAIMED) {
        loop_set_after(login->loop, &login->keep, KEEP);
        ask_token(login);
    } else if (!take_sealed(login)) { /* of another login: ours replaces it */
        login->refused = login->found.version;
        read_store(login);
    }
}

static void read_store(struct target_login *login)
{
    if (!login->store) {
        ask_token(login);
        return;
    }
    login->step = STEP_READ;
    login->job_refused = login->refused;
    login->job.work = read_work;
    login->job.done = read_done;
    store_submit(login->store, &login->job);
}

/* ---- for the callers ---- */

static void renew(void *user)
{
    struct target_login *login = user;
    if (login->stopped || login->step != STEP_REST) {
        return;
    }
    login->refused = login->version;
    read_store(login); /* the old token serves until then */
}

bool login_take(struct target_login *login, int64_t *version)
{
    if (login->version > 0) {
        *version = login->version;
        return true;
    }
    if (!login->stopped && login->step == STEP_REST) {
        read_store(login);
    }
    return false;
}

void login_request(struct target_login *login, const char *path, const struct target_call *call,
                   struct target_request *out)
{
    (void)call;
    request_call(login->settings, buffer_text(&login->token), buffer_text(&login->group), path, out);
}

void login_refused(struct target_login *login, int64_t version)
{
    if (login->stopped || version < login->version || login->version == 0) {
        return; /* a newer one is in hand, or on its way */
    }
    login->refused = version;
    login->version = 0;
    loop_clear_timer(login->loop, &login->renew);
    if (login->step == STEP_REST) {
        read_store(login);
    }
}

int login_new(const struct target_login_options *options, struct target_login **out)
{
    struct target_login *login = calloc(1, sizeof *login);
    if (!login) {
        return ERR_MEMORY;
    }
    const struct xingchen_settings *settings = &xingchen_settings;
    login->loop = options->loop;
    login->http = options->http;
    login->store = options->store;
    login->options = *options;
    login->settings = settings;
    login->pause = (struct loop_timer){.fn = rest, .user = login};
    login->renew = (struct loop_timer){.fn = renew, .user = login};
    login->keep = (struct loop_timer){.fn = keep, .user = login};
    login->job.order = login->keep_job.order = STORE_LOGIN;
    (void)snprintf(login->name, sizeof login->name, "%s", options->name);
    (void)snprintf(login->owner, sizeof login->owner, "%s", options->owner);
    (void)snprintf(login->context, sizeof login->context, "%s\n%.200s\n%.200s\n%.200s", settings->url,
                   settings->client_id, settings->username, settings->account ? settings->account : "");
    buffer_init(&login->token, TOKEN_MAX);
    buffer_init(&login->group, GROUP_MAX);
    buffer_init(&login->fresh, TOKEN_MAX);
    buffer_init(&login->fresh_group, GROUP_MAX);
    buffer_init(&login->sealed, SEAL_NONCE + SEAL_TEXT_MAX + SEAL_TAG);
    arena_init(&login->arena, ANSWER_ARENA_MAX);
    arena_init(&login->job_arena, 1 << 20);
    if (seal_key(text_of(settings->client_secret), login->key) != 0) {
        login_free(&login);
        return ERR_IO;
    }
    *out = login;
    return 0;
}

void login_stop(struct target_login *login)
{
    login->stopped = true;
    loop_clear_timer(login->loop, &login->pause);
    loop_clear_timer(login->loop, &login->renew);
    loop_clear_timer(login->loop, &login->keep);
}

void login_free(struct target_login **login)
{
    struct target_login *l = *login;
    *login = NULL;
    if (!l) {
        return;
    }
    buffer_wipe(&l->token);
    buffer_wipe(&l->fresh);
    buffer_fini(&l->group);
    buffer_fini(&l->fresh_group);
    buffer_fini(&l->sealed);
    arena_fini(&l->arena);
    arena_fini(&l->job_arena);
    OPENSSL_cleanse(l->key, sizeof l->key);
    free(l);
}
