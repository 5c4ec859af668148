#include "loader/xingchen/answer.h"

#include <stdio.h>

#include "common/base/secret.h"
#include "common/log/log.h"

enum { REDIRECT_SHOWN_MAX = 200, REDIRECT_SAID_ROOM = 260 };

bool answer_says_exists(const struct target_form *form, struct text message, struct text code)
{
    return answer_says(form, WORD_EXISTS, message, code);
}

bool answer_says_gone(const struct target_form *form, struct text message)
{
    return answer_says(form, WORD_GONE, message, (struct text){"", 0});
}

const cJSON *answer_opened(struct arena *arena, const cJSON *item)
{
    const cJSON *tree = NULL;
    struct text t = text_trim(json_text(item));
    bool begins = t.size > 0 && (t.data[0] == '{' || t.data[0] == '[');
    return begins && answer_parse(arena, t, &tree) == 0 ? tree : item;
}

struct text answer_error_text(const cJSON *entry)
{
    static const char *const names[] = {"msg", "message", "errorMsg", "errMsg"};
    struct text t = json_text(entry);
    for (size_t i = 0; t.size == 0 && i < sizeof names / sizeof *names; i++) {
        t = json_text(json_get(entry, names[i]));
    }
    return t.data ? t : (struct text){"", 0};
}

const cJSON *answer_errors(struct arena *arena, const cJSON *result)
{
    const cJSON *errors = answer_opened(arena, json_get(result, "errorInfo"));
    if (cJSON_IsArray(errors) || (cJSON_IsObject(errors) && answer_error_text(errors).size == 0)) {
        return errors->child;
    }
    cJSON *only = answer_error_text(errors).size > 0 ? arena_take(arena, sizeof *only) : NULL;
    if (only) {
        *only = *errors;
        only->next = only->prev = NULL; /* in the reply members of the result stand beside it */
    }
    return only;
}

/* Servers may quote what they were sent. */
static struct text first_text(struct arena *arena, const cJSON *object, const char *const *names)
{
    for (; *names; names++) {
        struct text t = answer_id(arena, json_get(object, *names));
        if (t.size > 0) {
            return secret_wiped(arena, t);
        }
    }
    return (struct text){"", 0};
}

static void fatal(struct answer *out, const char *cure, bool absent)
{
    out->class = REPLY_FATAL;
    out->idle = true;
    out->cure = cure;
    out->absent = absent;
}

static const char cure_permission[] =
    "give the app and its user the right to this API in the Kingdee open platform, and "
    "check XINGCHEN_ACCOUNT_ID";
static const char cure_address[] =
    "check XINGCHEN_URL and XINGCHEN_ROUTER_ADDR, and that the app has subscribed to this API";

/* What the single results of a save say together. */
struct blame {
    struct text text;                /* of the first that has one */
    size_t texts, logins, throttles; /* logins, throttles: those that say so */
    bool alike;                      /* all texts are the same */
    bool denied;                     /* some result says success false */
    bool saved;                      /* some result says that it saved something, or does not say that it did not */
};

static void blame_text(struct arena *arena, const struct target_form *form, struct blame *blame, struct text text)
{
    if (text.size == 0) {
        return;
    }
    text = secret_wiped(arena, text);
    blame->alike = blame->texts == 0 || (blame->alike && text_equal(blame->text, text));
    blame->text = blame->texts++ == 0 ? text : blame->text;
    blame->logins += answer_says(form, WORD_LOGIN, text, TEXT(""));
    blame->throttles += answer_says(form, WORD_THROTTLED, text, TEXT(""));
}

/* Do the texts say one thing? They may name their rows, "S000001: the session is lost". */
static bool blame_agrees(const struct blame *blame)
{
    return blame->alike || blame->logins == blame->texts || blame->throttles == blame->texts;
}

static void blame_result(struct arena *arena, const struct target_form *form, struct blame *blame, const cJSON *result)
{
    const cJSON *ids = answer_opened(arena, json_get(result, "successPkIds"));
    bool success = true;
    bool told = json_get(result, "success") && json_flag(json_get(result, "success"), &success) == 0;
    blame->denied = blame->denied || (told && !success);
    blame->saved = blame->saved || !told || success || (cJSON_IsArray(ids) && ids->child);
    size_t before = blame->texts;
    for (const cJSON *e = answer_errors(arena, result); e; e = e->next) {
        blame_text(arena, form, blame, answer_error_text(e));
    }
    if (blame->texts == before) {
        blame_text(arena, form, blame, json_text(json_get(result, "message")));
    }
}

static struct blame blame_read(struct arena *arena, const struct target_form *form, const cJSON *data)
{
    struct blame blame = {.alike = true};
    bool list = cJSON_IsArray(data);
    for (const cJSON *item = list ? data->child : data; item; item = list ? item->next : NULL) {
        if (cJSON_IsObject(item) && item->child) {
            blame_result(arena, form, &blame, item);
        } else if (list) {
            blame.saved = true;
        }
    }
    return blame;
}

/* A refusal in `text`: what the words say, else the fault of what was asked. `idle` where only BUSY may be doubted.
 * `certain`: the text cannot quote a single record. */
static void read_text(struct answer *out, const struct target_form *form, struct text text, bool items, bool certain)
{
    out->class = REPLY_REJECT;
    out->idle = true;
    if (answer_says_exists(form, text, out->code)) {
        return;
    }
    if (answer_says(form, WORD_LOGIN, text, out->code)) {
        out->class = REPLY_LOGIN;
    } else if (answer_says(form, WORD_THROTTLED, text, out->code)) {
        out->class = REPLY_THROTTLED;
    } else if (!items && answer_says(form, WORD_ABSENT, text, out->code)) {
        fatal(out, cure_address, true);
    } else if (!items && answer_says(form, WORD_PERMISSION, text, out->code)) {
        fatal(out, cure_permission, true);
    } else if (!items && answer_says(form, WORD_BUSY, text, out->code)) {
        out->class = REPLY_RETRY;
        out->idle = false;
    }
    out->worded = out->class != REPLY_REJECT && !certain;
    out->unknown = out->class == REPLY_REJECT && text.size > 0 && (!items || certain) && !answer_says_gone(form, text);
}

/* Success false, or another HTTP status with a JSON body. Texts about single records may quote names that hold any word: they
 * are about the call only where nothing was saved and all say the same, or tell of a dead login or of too many calls. */
static void read_words(struct arena *arena, struct answer *out, const struct target_form *form, bool words)
{
    struct blame blame = blame_read(arena, form, out->data);
    out->class = REPLY_REJECT;
    out->idle = true;
    if (!words) {
        return;
    }
    if (blame.texts == 0 && !blame.saved) {
        read_text(out, form, out->message, false, false);
    } else if (blame.texts > 0 && blame_agrees(&blame) && !blame.saved) {
        read_text(out, form, blame.text, true, blame.alike && blame.texts > 1);
    }
}

/* The outer success holds: does an inner result deny it, for no fault of the records? */
static void read_inner(struct arena *arena, struct answer *out, const struct target_form *form)
{
    struct blame blame = blame_read(arena, form, out->data);
    if (!blame.denied || blame.saved || !blame_agrees(&blame) || blame.texts == 0) {
        return;
    }
    struct answer inner = *out;
    read_text(&inner, form, blame.text, true, blame.alike && blame.texts > 1);
    if (inner.class != REPLY_REJECT) {
        inner.message = blame.text;
        *out = inner;
    }
    out->unknown = inner.unknown;
}

static void read_envelope(struct arena *arena, const struct target_form *form, const cJSON *root, bool words,
                          struct answer *out)
{
    static const char *const code_names[] = {"errorCode", "errcode", "code", NULL};
    static const char *const message_names[] = {"message", "description", "description_cn", "msg", NULL};
    out->data = answer_opened(arena, json_get(root, "data"));
    out->code = first_text(arena, root, code_names);
    out->message = first_text(arena, root, message_names);
    const cJSON *success = json_get(root, "success"), *errcode = json_get(root, "errcode");
    bool flag = false;
    int64_t number = 0;
    if (out->status != 200) { /* read_status says what it means */
        return;
    }
    if (success ? json_flag(success, &flag) != 0 : json_integer(errcode, &number) != 0) {
        out->message = TEXT("the reply says neither success nor errcode");
        out->class = REPLY_RETRY;
        return;
    }
    if (success ? flag : number == 0) {
        out->class = REPLY_DONE;
        if (words) {
            read_inner(arena, out, form);
        }
        return;
    }
    if (out->message.size == 0) {
        static const char *const inner[] = {"message", "msg", NULL};
        out->message = first_text(arena, cJSON_IsArray(out->data) ? out->data->child : out->data, inner);
    }
    read_words(arena, out, form, words);
}

static bool not_found(const struct target_form *form, const struct answer *out)
{
    return out->status == 404 || out->status == 405 || out->status == 410 || out->status == 501 ||
           (out->status == 519 &&
            (answer_says(form, WORD_ABSENT, out->message, out->code) || answer_says_gone(form, out->message)));
}

static void read_status(struct arena *arena, const struct target_form *form, bool json, bool words, struct answer *out)
{
    int status = out->status;
    if (status == 429) {
        out->class = REPLY_THROTTLED;
        out->idle = true;
    } else if (status == 401) {
        out->class = REPLY_LOGIN;
        out->idle = true;
    } else if (status == 403) {
        read_words(arena, out, form, words);
        if (out->class != REPLY_LOGIN && out->class != REPLY_THROTTLED) {
            fatal(out, cure_permission, true);
        }
    } else if (not_found(form, out)) {
        fatal(out, cure_address, true);
    } else if (status == 413 || (json && status >= 400 && status < 500 && status != 408)) {
        read_words(arena, out, form, words);
    } else if (status == 519 && json && words) {
        read_words(arena, out, form, words);
        if (out->class == REPLY_REJECT) { /* a code of the gateway that nobody documents */
            out->class = REPLY_RETRY;
            out->idle = false;
        }
    } else {
        out->class = REPLY_RETRY;
    }
}

/* Leads away for once (302, 303, 307): to a login, if the token is dead, or to a page of something between. Nobody knows
 * whether it was executed. */
static void read_redirect(struct arena *arena, const struct http_reply *reply, bool words, struct answer *out)
{
    static const struct text logins[] = {TEXT("login"), TEXT("logon"), TEXT("signin"), TEXT("passport"), TEXT("sso")};
    struct text to = reply->location;
    char said[REDIRECT_SAID_ROOM];
    bool asks = wrap_asks_login(reply->body);
    for (size_t i = 0; i < sizeof logins / sizeof *logins; i++) {
        asks = asks || text_find_nocase(to, logins[i]) >= 0;
    }
    (void)snprintf(said, sizeof said, "the reply is no answer, it leads to %.*s",
                   to.size > 0 ? (int)text_cut(to, REDIRECT_SHOWN_MAX) : 15, to.size > 0 ? to.data : "a place untold");
    out->message = arena_text(arena, text_of(said));
    out->code = TEXT("");
    out->class = words && asks ? REPLY_LOGIN : REPLY_RETRY;
    out->worded = out->class == REPLY_LOGIN;
    out->strange = true;
    out->kind = WRAP_HTML;
}

void answer_read(struct arena *arena, const struct target_form *form, const struct http_reply *reply, bool words,
                 struct answer *out)
{
    *out = (struct answer){.class = REPLY_RETRY,
                           .status = reply->status,
                           .ms = (int64_t)(reply->seconds * 1000),
                           .wait = reply->retry_after};
    out->code = out->message = (struct text){"", 0};
    if (answer_way(arena, reply, "XINGCHEN_URL", out)) {
        return;
    }
    /* But one that says it no longer waits for whom it asked. */
    out->whole = reply->status != 408 && reply->status != 504 && reply->status != 524;
    static const char *const names[] = {"success", "errcode", NULL};
    const cJSON *root = NULL;
    struct text body;
    bool json = wrap_open(reply->body, names, arena, &body, NULL, &out->around) == 0 &&
                answer_parse(arena, body, &root) == 0 && cJSON_IsObject(root);
    if (json) {
        read_envelope(arena, form, root, words, out);
    } else {
        char said[WRAP_SAID_ROOM];
        out->kind = wrap_say(reply->body, "JSON", said);
        out->strange = reply->status == 200 && out->kind != WRAP_JSON;
        out->message = arena_text(arena, text_of(said));
        if (words && out->strange && wrap_asks_login(reply->body)) { /* it may have been executed all the same */
            out->class = REPLY_LOGIN;
            out->worded = true;
        }
    }
    if (reply->status >= 300 && reply->status < 400) {
        read_redirect(arena, reply, words, out);
    } else if (reply->status != 200) {
        read_status(arena, form, json, words, out);
    }
}
