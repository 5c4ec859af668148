#include "extractor/soap/reply.h"

#include <stdio.h>

#include "common/base/secret.h"
#include "common/http/charset.h"
#include "common/json/pointer.h"
#include "extractor/platform/judge.h"
#include "extractor/platform/opened.h"
#include "extractor/soap/value.h"

enum { HEAD = 2048 /* bytes in which an envelope begins */, CODES_ROOM = 220, FAULT_ROOM = 2000 };

struct soap_reading {
    const struct http_reply *http;
    const struct soap_form *form;
    struct text id;
    int64_t before; /* records on the pages before this one */
    struct arena *arena;
};

static const char *cure_of(int status)
{
    return status == 401 || status == 403
               ? ": check \"auth\" of the API file, and SOAP_TOKEN or SOAP_USER and SOAP_PASSWORD"
               : ": check SOAP_URL, \"call\" of the API file and HTTPS_PROXY";
}

static bool is_well(const struct http_reply *http)
{
    return http->status >= 200 && http->status < 300;
}

/* ---- bytes ---- */

static bool is_latin(const char *encoding)
{
    return strcmp(encoding, "iso-8859-1") == 0 || strcmp(encoding, "latin1") == 0;
}

/* The reply as UTF-8: by its Content-Type, else by its own declaration. ERR_NOT_FOUND: this host does not know `encoding`. */
static int decode(const struct http_reply *http, struct buffer *room, char encoding[XML_ENCODING_ROOM],
                  struct text *text)
{
    *text = http->body;
    bool converted = http->charset_told || http->body.data != http->raw.data;
    xml_encoding(http->body, encoding);
    if (converted || encoding[0] == '\0' || strncmp(encoding, "utf-16", 6) == 0) {
        return 0;
    }
    if (is_latin(encoding) && !text_is_utf8(http->body)) {
        /* Windows-1252, which under its usual names counts as a charset that nobody meant. */
        return charset_decode("ms-ansi", http->body, room, text);
    }
    return charset_decode(encoding, http->body, room, text);
}

static void judge_xml(const struct http_reply *http, int error, const char *why, struct source_answer *out)
{
    struct text head = {http->body.data, text_cut(http->body, HEAD)};
    char said[WRAP_SAID_ROOM];
    if (text_find(head, TEXT("Envelope")) < 0) {
        out->kind = wrap_say(http->body, "XML", said);
        out->strange = true;
        if (out->kind == WRAP_XML) {
            judge_tell(out, REPLY_RETRY, "the reply is XML that is not well-formed (%s)", why);
        } else {
            judge_tell(out, REPLY_RETRY, "%s", said);
        }
    } else if (error == ERR_SYNTAX) {
        out->unreadable = true;
        judge_tell(out, REPLY_RETRY, "the reply is XML that is not well-formed (%s)", why);
    } else if (error == ERR_REFUSED) {
        judge_tell(out, REPLY_FATAL, "the reply holds a document type, which SOAP forbids (%s)", why);
    } else {
        out->too_large = true;
        judge_tell(out, REPLY_FATAL,
                   "the reply is too large to be read (%s); lower source.pagination.pageSize of the scheme", why);
    }
}

static void judge_root(struct text name, struct source_answer *out)
{
    out->strange = true;
    out->kind = text_equal_nocase(name, TEXT("html")) ? WRAP_HTML : WRAP_XML;
    judge_tell(out, REPLY_RETRY, "the reply is XML, but no SOAP envelope: its root is %.*s", (int)text_cut(name, 60),
               name.data);
}

/* ---- faults ---- */

/* The text of a child, without secrets: servers repeat what they were sent. */
static struct text text_below(struct arena *arena, const struct xml_element *element, const char *name)
{
    const struct xml_element *child = xml_child(element, name);
    return child ? secret_wiped(arena, text_trim(child->text)) : TEXT("");
}

static bool says(const struct soap_words *words, struct text said)
{
    for (size_t i = 0; i < words->count; i++) {
        if (text_find_nocase(said, words->items[i]) >= 0) {
            return true;
        }
    }
    return false;
}

/* Is it the caller's fault, by one of the codes of SOAP ("soap:Client", "env:Sender")? Others come and go. */
static bool is_callers(struct text code)
{
    static const struct text codes[] = {{"Client", 6}, {"Sender", 6}, {"VersionMismatch", 15}, {"MustUnderstand", 14}};
    const char *colon = code.size > 0 ? memchr(code.data, ':', code.size) : NULL;
    struct text local = colon ? (struct text){colon + 1, code.size - (size_t)(colon + 1 - code.data)} : code;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (text_starts(local, codes[i])) {
            return true;
        }
    }
    return false;
}

static enum reply_class fault_class(const struct soap_reading *reading, struct text code, struct text codes,
                                    struct text said, struct source_answer *out)
{
    const struct http_reply *http = reading->http;
    const struct soap_form *form = reading->form;
    enum reply_class transport = is_well(http) ? REPLY_RETRY : reply_transport(http, &out->wait);
    out->wait = http->retry_after;
    if (says(&form->throttled, codes) || says(&form->throttled, said) || transport == REPLY_THROTTLED) {
        return REPLY_THROTTLED;
    }
    if (says(&form->retry, codes) || says(&form->retry, said)) {
        return REPLY_RETRY;
    }
    bool fatal = says(&form->fatal, codes) || says(&form->fatal, said) || is_callers(code);
    return fatal ? REPLY_FATAL : REPLY_RETRY;
}

/* On one line, whatever the server wrote. */
static size_t one_line(char *text)
{
    size_t size = 0;
    for (const char *c = text; *c; c++) {
        bool blank = (unsigned char)*c <= ' ';
        if (!blank || (size > 0 && text[size - 1] != ' ')) {
            text[size++] = blank ? ' ' : *c;
        }
    }
    text[size] = '\0';
    return size;
}

/* Of SOAP 1.1 (faultcode, faultstring) or 1.2 (Code, Reason). */
static void judge_fault(const struct soap_reading *reading, const struct xml_element *fault, struct source_answer *out)
{
    struct arena *arena = reading->arena;
    const struct xml_element *twelve = xml_child(fault, "Code"), *sub = xml_child(twelve, "Subcode");
    struct text code = twelve ? text_below(arena, twelve, "Value") : text_below(arena, fault, "faultcode");
    struct text why =
        twelve ? text_below(arena, xml_child(fault, "Reason"), "Text") : text_below(arena, fault, "faultstring");
    struct text inner = text_below(arena, sub, "Value");
    char codes[CODES_ROOM], said[FAULT_ROOM];
    (void)snprintf(codes, sizeof codes, "%.*s %.*s", (int)text_cut(code, 100), code.size > 0 ? code.data : "",
                   (int)text_cut(inner, 100), inner.size > 0 ? inner.data : "");
    (void)snprintf(said, sizeof said, "%.*s", (int)text_cut(why, sizeof said - 1), why.size > 0 ? why.data : "");
    const struct text first = text_trim((struct text){codes, one_line(codes)}), second = {said, one_line(said)};
    enum reply_class class = fault_class(reading, code, first, second, out);
    judge_tell(out, class, "the source answers with a fault (%.*s): %.*s%s", TEXT_ARG(first),
               (int)text_cut(second, 200), second.data,
               class == REPLY_FATAL ? "; check \"call\" and \"auth\" of the API file" : "");
}

/* ---- the body ---- */

/* What the pointer to the list led to last. */
static struct text find_nearest(const struct opened *reply, struct text *value)
{
    struct text at = reply->form->list;
    do {
        const char *slash = at.size > 0 ? memrchr(at.data, '/', at.size) : NULL;
        at.size = slash ? (size_t)(slash - at.data) : 0;
    } while (at.size > 0 && json_pointer_find(reply->root, at, &reply->marks, reply->arena, value) != 0);
    *value = at.size > 0 ? *value : reply->root;
    return at;
}

static void tell_seen(const struct opened *reply, char out[LIST_SEEN_ROOM])
{
    struct text value, at = find_nearest(reply, &value);
    char seen[JUDGE_SEEN_ROOM];
    judge_seen(value, seen);
    (void)snprintf(out, LIST_SEEN_ROOM, "%.*s%s%s", (int)text_cut(at, 100), at.data, at.size > 0 ? ": " : "",
                   seen[0] ? seen : "none");
    out[text_cut(text_of(out), LIST_SEEN_ROOM - 1)] = '\0';
}

/* A list that is not there is empty only where the reply tells that there are no records, or none on this page; and not where
 * the element that would hold them alone holds something else. */
static bool ends_here(const struct opened *reply, const struct soap_reading *reading, int64_t total)
{
    struct text value, at = find_nearest(reply, &value), list = reply->form->list;
    bool own = at.size > 1 && memchr(at.data + 1, '/', at.size - 1); /* not the reply's element */
    bool holder = !memchr(list.data + at.size + 1, '/', list.size - at.size - 1);
    return at.size > 0 && !(own && holder) && total >= 0 && total <= reading->before;
}

static void accept(const struct opened *reply, const struct soap_reading *reading, struct source_answer *out)
{
    const struct list_form form = {.id = reading->id, .marks = &reply->marks};
    struct list list = {.state = LIST_UNKNOWN};
    struct text value;
    out->total = opened_total(reply, reading->http);
    int error = json_pointer_find(reply->root, reply->form->list, &reply->marks, reply->arena, &value);
    if (!error) {
        error = list_of_value(value, &form, reply->arena, &list);
    } else if (error == ERR_NOT_FOUND) {
        error = 0;
        list.state = ends_here(reply, reading, out->total) ? LIST_FOUND : LIST_UNKNOWN;
    }
    if (list.state == LIST_UNKNOWN) {
        tell_seen(reply, list.seen);
    }
    judge_list(error, &list, out);
}

/* The Body as JSON, opened. ERR_LIMIT. */
static int open_body(const struct xml_element *body, const struct soap_form *form, struct opened *reply)
{
    struct buffer json;
    buffer_init(&json, VALUE_JSON_MAX);
    value_put(&json, body, form);
    struct text kept = json.failed ? TEXT("") : arena_text(reply->arena, buffer_text(&json)), rest = kept;
    buffer_fini(&json);
    return kept.size > 0 ? json_take_marked(&rest, &reply->root, &reply->marks) : ERR_LIMIT;
}

static void read_body(const struct soap_reading *reading, const struct xml_element *body, struct source_answer *out)
{
    const struct http_reply *http = reading->http;
    struct opened reply = {.form = &reading->form->rest, .marks.arena = reading->arena, .arena = reading->arena};
    if (open_body(body, reading->form, &reply) != 0) {
        judge_xml(http, ERR_LIMIT, "as JSON", out);
    } else if (!opened_sign(&reply, http, out)) {
        if (!is_well(http)) {
            judge_status(http, cure_of(http->status), opened_message(&reply), out);
        } else if (opened_well(&reply, out)) {
            accept(&reply, reading, out);
        }
    }
}

static void reply_read(const struct soap_reading *reading, struct source_answer *out)
{
    const struct http_reply *http = reading->http;
    struct buffer room;
    struct text text;
    struct xml_document document = {.root = NULL};
    char encoding[XML_ENCODING_ROOM];
    if (judge_way(http, "SOAP_URL", out)) {
        return;
    }
    buffer_init(&room, (size_t)4 * SOURCE_BODY_MAX);
    bool known = decode(http, &room, encoding, &text) == 0;
    int error = xml_read(text, reading->arena, &document);
    buffer_fini(&room);
    const struct xml_element *body = error ? NULL : value_body(document.root);
    const struct xml_element *fault = xml_child(body, "Fault");
    if (fault && fault->space != XML_OTHER) {
        judge_fault(reading, fault, out);
    } else if (body) {
        read_body(reading, body, out);
    } else if (!is_well(http)) {
        judge_status(http, cure_of(http->status), TEXT(""), out);
    } else if (http->charset[0] != '\0' || !known) {
        judge_tell(out, REPLY_RETRY, "the reply is not XML that can be read: this host does not know its charset %s",
                   http->charset[0] != '\0' ? http->charset : encoding);
    } else if (error) {
        judge_xml(http, error, document.why, out);
    } else {
        judge_root(document.root->name, out);
    }
}

void soap_reply_read(const struct http_reply *http, const struct soap_form *form, struct text id,
                     const struct source_asked *asked, int64_t first_page, struct arena *arena,
                     struct source_answer *out)
{
    const struct soap_reading reading = {
        .http = http,
        .form = form,
        .id = id,
        .before = form->rest.paging == REST_WHOLE ? 0 : (asked->no - first_page) * asked->size,
        .arena = arena,
    };
    reply_read(&reading, out);
    if (form->rest.paging == REST_WHOLE) {
        opened_whole(asked, first_page, out);
    }
}
