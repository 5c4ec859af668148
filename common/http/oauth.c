#include "common/http/oauth.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/secret.h"
#include "common/http/basic.h"
#include "common/json/json.h"

enum {
    BODY_MAX = 64 << 10,       /* bytes of the request's body */
    LINE_MAX_BYTES = 16 << 10, /* bytes of a header line */
    ARENA_BYTES = 256 << 10,
    LIFE_UNTOLD = 3600, /* s of a token whose life is not told */
    LIFE_LEAST = 1,     /* s; one that claims to live shorter is used for so long, or until it is refused */
    LIFE_MOST = 7 * 86400,
    RENEW_AGAIN = 5000, /* ms until a renewal that failed is tried again */
};

struct oauth {
    struct oauth_options options;
    struct http_call *call; /* under way */
    struct buffer line;     /* header line and a NUL; empty = no token yet */
    int64_t version, refused;
    struct loop_ms renew, end; /* of the token in hand */
    struct loop_timer unsent;
    struct arena arena;
};

/* ---- failures ---- */

static bool has_token(const struct oauth *oauth)
{
    return oauth->version > oauth->refused && loop_before(loop_now(oauth->options.loop), oauth->end);
}

/* Nobody is told while the last token is good: it was to be renewed before its time. */
static void fail(struct oauth *oauth, const struct oauth_failure *failure)
{
    if (has_token(oauth)) {
        oauth->renew = loop_after(loop_now(oauth->options.loop), RENEW_AGAIN);
    } else {
        oauth->options.failed(oauth->options.user, failure);
    }
}

static void unsent(void *user)
{
    const struct oauth_failure failure = {
        .class = REPLY_RETRY, .wait = -1, .why = "the login by OAuth2: the call could not be made: out of memory"};
    fail(user, &failure);
}

/* What the reply says of itself: {"error": "invalid_client", "error_description": "…"}, without secrets. */
static struct text said(struct oauth *oauth, const cJSON *root)
{
    static const char *const keys[] = {"error_description", "error", "message", "msg"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct text text = json_text(json_get(root, keys[i]));
        if (text.size > 0) {
            return secret_wiped(&oauth->arena, text);
        }
    }
    return TEXT("");
}

/* No token came with this reply. */
static void judge(struct oauth *oauth, const struct http_reply *reply, const cJSON *root)
{
    const struct oauth_options *o = &oauth->options;
    struct oauth_failure failure = {.class = REPLY_FATAL, .status = reply->status, .wait = -1};
    failure.heard = reply->reach == HTTP_ANSWERED;
    if (reply_cure(reply, o->url_name, failure.why, sizeof failure.why)) {
        fail(oauth, &failure);
        return;
    }
    struct text why = said(oauth, root), error = json_text(json_get(root, "error"));
    bool well = reply->status >= 200 && reply->status < 300;
    failure.class = reply_transport(reply, &failure.wait);
    if (!failure.heard) {
        (void)snprintf(failure.why, sizeof failure.why, "the login by OAuth2: %s",
                       reply->why[0] ? reply->why : "no reply");
    } else if (failure.class == REPLY_THROTTLED || (failure.class == REPLY_RETRY && !well) ||
               text_equal(error, TEXT("temporarily_unavailable")) || text_equal(error, TEXT("server_error"))) {
        failure.class = failure.class == REPLY_THROTTLED ? REPLY_THROTTLED : REPLY_RETRY;
        (void)snprintf(failure.why, sizeof failure.why, "the login by OAuth2 gives HTTP %d: %.*s", reply->status,
                       (int)text_cut(why, 200), why.data);
    } else if (well && !cJSON_IsObject(root)) {
        failure.class = REPLY_RETRY;
        (void)snprintf(failure.why, sizeof failure.why, "the login by OAuth2: the reply is no JSON object; check %s",
                       o->url_name);
    } else if (well && error.size == 0) {
        failure.class = REPLY_FATAL;
        (void)snprintf(failure.why, sizeof failure.why,
                       "the login by OAuth2: the reply holds no access_token of the type Bearer; check %s",
                       o->url_name);
    } else {
        failure.class = REPLY_FATAL;
        (void)snprintf(
            failure.why, sizeof failure.why,
            "the login by OAuth2 is refused (HTTP %d): %.*s; check %s, %s and %s, and \"auth\" of the API file",
            reply->status, (int)text_cut(why, 160), why.data, o->url_name, o->client_name, o->secret_name);
    }
    fail(oauth, &failure);
}

/* ---- the token ---- */

/* Seconds that the token lives, as the reply tells. */
static int64_t life_of(const cJSON *root)
{
    int64_t life = 0;
    if (json_integer(json_get(root, "expires_in"), &life) != 0) {
        return LIFE_UNTOLD;
    }
    return life < LIFE_LEAST ? LIFE_LEAST : life > LIFE_MOST ? LIFE_MOST : life;
}

static bool is_usable(struct text token)
{
    bool good = token.size > 0 && token.size < LINE_MAX_BYTES / 2;
    for (size_t i = 0; good && i < token.size; i++) {
        good = token.data[i] > ' ' && token.data[i] < 0x7f;
    }
    return good;
}

/* True: the reply holds a token, which is in hand now. */
static bool take_over(struct oauth *oauth, const struct http_reply *reply, const cJSON *root)
{
    struct text token = json_text(json_get(root, "access_token")), type = json_text(json_get(root, "token_type"));
    bool bearer = type.size == 0 || text_equal_nocase(type, TEXT("bearer"));
    if (reply->status < 200 || reply->status >= 300 || !is_usable(token) || !bearer) {
        return false;
    }
    secret_add(token);
    buffer_wipe(&oauth->line);
    buffer_init(&oauth->line, LINE_MAX_BYTES);
    if (!buffer_reserve(&oauth->line, LINE_MAX_BYTES)) { /* whole: a buffer that grew would leave the token behind */
        return false;
    }
    buffer_add_text(&oauth->line, TEXT("Authorization: Bearer "));
    buffer_add_text(&oauth->line, token);
    buffer_add_char(&oauth->line, '\0');
    int64_t life = life_of(root);
    struct loop_ms now = loop_now(oauth->options.loop);
    oauth->renew = loop_after(now, life * 800);
    oauth->end = loop_after(now, life * 900); /* the server began to count before it came */
    oauth->version++;
    return true;
}

static void answered(void *user, const struct http_reply *reply)
{
    struct oauth *oauth = user;
    if (!oauth->call) {
        return; /* freed: this is http_cancel's own call */
    }
    oauth->call = NULL;
    const cJSON *root = NULL;
    struct cause cause;
    arena_reset(&oauth->arena, ARENA_BYTES);
    if (reply->reach != HTTP_ANSWERED || json_parse(&oauth->arena, reply->body, BODY_MAX, 0, &root, &cause) != 0) {
        root = NULL;
    }
    if (reply->reach == HTTP_ANSWERED && take_over(oauth, reply, root)) {
        oauth->options.ready(oauth->options.user);
    } else {
        judge(oauth, reply, root);
    }
}

/* ---- the request ---- */

static void put_pair(struct buffer *body, const char *name, struct text value)
{
    if (body->size > 0) {
        buffer_add_char(body, '&');
    }
    buffer_add_text(body, text_of(name));
    buffer_add_char(body, '=');
    http_put_encoded(body, value);
}

/* RFC 6749, 2.3.1: both are encoded as in a form before they become Basic. */
static int put_basic(const struct oauth_options *o, struct buffer *line)
{
    struct buffer client, secret;
    buffer_init(&client, strlen(o->client) * 3 + 1);
    buffer_init(&secret, strlen(o->secret) * 3 + 1);
    int error = ERR_MEMORY;
    if (buffer_reserve(&client, client.limit) && buffer_reserve(&secret, secret.limit)) {
        http_put_encoded(&client, text_of(o->client));
        http_put_encoded(&secret, text_of(o->secret));
        error = http_put_basic(line, buffer_text(&client), buffer_text(&secret));
        buffer_add_char(line, '\0');
    }
    buffer_wipe(&client);
    buffer_wipe(&secret);
    return error;
}

static int ask(struct oauth *oauth)
{
    const struct oauth_options *o = &oauth->options;
    struct buffer body, basic;
    buffer_init(&body, BODY_MAX);
    buffer_init(&basic, LINE_MAX_BYTES);
    int error = buffer_reserve(&body, BODY_MAX) && buffer_reserve(&basic, LINE_MAX_BYTES) ? 0 : ERR_MEMORY;
    put_pair(&body, "grant_type", TEXT("client_credentials"));
    if (o->scope.size > 0) {
        put_pair(&body, "scope", o->scope);
    }
    if (o->in_body) {
        put_pair(&body, "client_id", text_of(o->client));
        put_pair(&body, "client_secret", text_of(o->secret));
    } else if (!error) {
        error = put_basic(o, &basic);
    }
    const char *headers[] = {"Content-Type: application/x-www-form-urlencoded", "Accept: application/json",
                             basic.size > 0 ? basic.data : NULL, NULL};
    const struct http_request request = {.api = "oauth2",
                                         .method = "POST",
                                         .url = o->url,
                                         .headers = headers,
                                         .body = buffer_text(&body),
                                         .timeout = o->timeout,
                                         .done = answered,
                                         .user = oauth};
    error = error || body.failed || basic.failed ? ERR_MEMORY : http_send(o->http, &request, &oauth->call);
    buffer_wipe(&body);
    buffer_wipe(&basic);
    return error;
}

/* ---- life ---- */

int oauth_new(const struct oauth_options *options, struct oauth **out)
{
    struct oauth *oauth = calloc(1, sizeof *oauth);
    if (!oauth) {
        return ERR_MEMORY;
    }
    oauth->options = *options;
    oauth->unsent = (struct loop_timer){.fn = unsent, .user = oauth};
    arena_init(&oauth->arena, ARENA_BYTES);
    *out = oauth;
    return 0;
}

void oauth_free(struct oauth **oauth_held)
{
    struct oauth *oauth = *oauth_held;
    *oauth_held = NULL;
    if (!oauth) {
        return;
    }
    loop_clear_timer(oauth->options.loop, &oauth->unsent);
    if (oauth->call) {
        struct http_call *call = oauth->call;
        oauth->call = NULL;
        http_cancel(oauth->options.http, call);
    }
    arena_fini(&oauth->arena);
    buffer_wipe(&oauth->line);
    free(oauth);
}

bool oauth_take(struct oauth *oauth, int64_t *version)
{
    bool good = has_token(oauth), due = !good || !loop_before(loop_now(oauth->options.loop), oauth->renew);
    if (due && !oauth->call && !oauth->unsent.slot && ask(oauth) != 0) {
        loop_set_after(oauth->options.loop, &oauth->unsent, 0);
    }
    *version = oauth->version;
    return good;
}

const char *oauth_line(const struct oauth *oauth)
{
    return oauth->line.size > 0 ? oauth->line.data : NULL;
}

void oauth_refused(struct oauth *oauth, int64_t version)
{
    oauth->refused = version > oauth->refused ? version : oauth->refused;
}
