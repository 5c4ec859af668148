#include "extractor/platform/judge.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/base/language.h"
#include "common/base/secret.h"

enum { SHOWN_MAX = 60 /* bytes of a member's value */ };

void judge_tell(struct source_answer *out, enum reply_class class, const char *format, ...)
{
    char line[sizeof out->why * 2];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    size_t size = text_cut(text_of(line), sizeof out->why - 1);
    memcpy(out->why, line, size);
    out->why[size] = '\0';
    out->class = class;
}

bool judge_way(const struct http_reply *http, const char *setting, struct source_answer *out)
{
    *out = (struct source_answer){.wait = -1, .total = -1, .heard = http->reach == HTTP_ANSWERED};
    char cure[sizeof out->why];
    if (reply_cure(http, setting, cure, sizeof cure)) {
        judge_tell(out, REPLY_FATAL, "%s", cure);
        return true;
    }
    if (http->too_large) {
        out->too_large = true;
        judge_tell(out, REPLY_FATAL, "the reply is larger than %d MiB; lower source.pagination.pageSize of the scheme",
                   SOURCE_BODY_MAX >> 20);
        return true;
    }
    if (http->reach != HTTP_ANSWERED) {
        (void)reply_transport(http, &out->wait);
        judge_tell(out, REPLY_RETRY, "%s", http->why[0] ? http->why : "no reply");
        return true;
    }
    return false;
}

void judge_not_json(const struct http_reply *http, struct source_answer *out)
{
    char said[WRAP_SAID_ROOM];
    out->kind = wrap_say(http->body, "JSON", said);
    if (http->charset[0] != '\0') {
        judge_tell(out, REPLY_RETRY, "the reply is not JSON that can be read: this host does not know its charset %s",
                   http->charset);
    } else {
        out->unreadable = out->kind == WRAP_JSON;
        out->strange = !out->unreadable;
        judge_tell(out, REPLY_RETRY, "%s", said);
    }
}

void judge_status(const struct http_reply *http, const char *cure, struct text message, struct source_answer *out)
{
    enum reply_class class = reply_transport(http, &out->wait);
    bool redirect = http->status >= 300 && http->status < 400, fatal = class == REPLY_FATAL || class == REPLY_LOGIN;
    char more[240] = ""; /* other redirects than those of reply_cure lead to a page for people */
    if (redirect && http->location.size > 0) {
        (void)snprintf(more, sizeof more, " (to %.*s)", (int)text_cut(http->location, 200), http->location.data);
    } else if (message.size > 0) {
        (void)snprintf(more, sizeof more, " (%.*s)", (int)text_cut(message, 200), message.data);
    }
    out->strange = redirect;
    out->kind = WRAP_HTML;
    /* No login can be renewed here: 401 is a wrong credential, or what a proxy or a wrong address says. */
    judge_tell(out, fatal ? REPLY_FATAL : class, "the source answers HTTP %d%s%s", http->status, more,
               fatal ? cure : "");
}

void judge_list(int error, const struct list *list, struct source_answer *out)
{
    if (error == ERR_SYNTAX) {
        out->unreadable = true;
        judge_tell(out, REPLY_RETRY, "the reply is not JSON that can be read (its list breaks off)");
    } else if (error) {
        judge_tell(out, REPLY_FATAL, "the reply's list is too large: %s", error_text(error));
    } else if (list->state == LIST_UNKNOWN) {
        judge_tell(out, REPLY_FATAL,
                   "the reply holds no list of records that can be read; its members: %s. Name the list in \"list\" of "
                   "the source's API file",
                   list->seen);
    } else if (list->state == LIST_ABSENT && out->total > 0) {
        judge_tell(out, REPLY_FATAL, "the reply tells %lld records and holds no list of them", (long long)out->total);
    } else {
        out->class = REPLY_DONE;
        out->records = list->records;
        out->rows = list->count;
    }
}

void judge_seen(struct text root, char out[JUDGE_SEEN_ROOM])
{
    struct json_walk walk;
    struct text name, value;
    size_t used = 0;
    out[0] = '\0';
    if (json_walk_begin(&walk, root) != 0 || !walk.object) {
        (void)snprintf(out, JUDGE_SEEN_ROOM, "%s", N_("none, it is a list"));
        return;
    }
    while (json_walk_next(&walk, &name, &value) == 1 && used + SHOWN_MAX < JUDGE_SEEN_ROOM) {
        bool nested = value.data[0] == '{' || value.data[0] == '[' || value.size > SHOWN_MAX;
        int n =
            snprintf(out + used, JUDGE_SEEN_ROOM - used, "%s%.*s%s%.*s", used > 0 ? ", " : "", (int)text_cut(name, 30),
                     name.data, nested ? "" : "=", nested ? 0 : (int)text_cut(value, SHOWN_MAX), value.data);
        used = n > 0 && used + (size_t)n < JUDGE_SEEN_ROOM ? used + (size_t)n : JUDGE_SEEN_ROOM - 1;
    }
    out[text_cut(text_of(out), JUDGE_SEEN_ROOM - 1)] = '\0';
    secret_wipe(out);
}
