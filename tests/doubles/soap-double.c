/* Stands in for a SOAP service that nobody knows: QueryItems of http://erp.example.com/items, SOAP 1.1 or 1.2. Strict about
 * the content type, the action, the envelope, the names, order and values of elements, and the credential. */
#include <iconv.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "server.h"
#include "status.h"
#include "switches.h"

#define SPACE "http://erp.example.com/items"
#define SPACE_11 "http://schemas.xmlsoap.org/soap/envelope/"
#define SPACE_12 "http://www.w3.org/2003/05/soap-envelope"
#define SPACE_INSTANCE "http://www.w3.org/2001/XMLSchema-instance"
#define OASIS "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
#define WSSE OASIS "wssecurity-secext-1.0.xsd"
#define WSU OASIS "wssecurity-utility-1.0.xsd"

enum { NAME_ROOM = 200, ITEMS_MAX = 100000, NONCES = 4096, NONCE_ROOM = 64, TOKEN_AGE = 300 /* s */ };
enum version { V11, V12 };
enum auth { AUTH_NONE, AUTH_BASIC, AUTH_HEADER, AUTH_BODY, AUTH_TEXT, AUTH_DIGEST };
enum list { LIST_WRAPPED, LIST_FLAT, LIST_LEFT_OUT };
enum bad { BAD_HTML, BAD_HALF, BAD_BOMB, BAD_OUTSIDE, BAD_OTHER, BAD_JSON, BAD_BYTES };
enum encoding { UTF8, UTF8_UNTOLD, GBK, GBK_TOLD };

static struct {
    int64_t port, items, version, auth, size_max, total, list, bad_next, bad, busy_next, fast_next, fault_next,
        encoding;
    char bind[SWITCH_TEXT_ROOM], token[SWITCH_TEXT_ROOM], user[SWITCH_TEXT_ROOM], password[SWITCH_TEXT_ROOM];
    char fault[SWITCH_TEXT_ROOM];
    int64_t echo;
} set;

static const struct switch_entry switches[] = {
    {"port", SWITCH_COUNT, &set.port, "0", NULL, "port to listen on; 0 = any free one"},
    {"bind", SWITCH_TEXT, set.bind, "127.0.0.1", NULL, "IPv4 address to listen on"},
    {"items", SWITCH_COUNT, &set.items, "1000", NULL,
     "items: R000001, R000002, …; every third is of kind b, others of a"},
    {"version", SWITCH_CHOICE, &set.version, "1.1", "1.1|1.2", "the version of SOAP"},
    {"auth", SWITCH_CHOICE, &set.auth, "none", "none|basic|header|body|text|digest",
     "the credential; header: X-Api-Key; body: user and password as elements; text, digest: UsernameToken"},
    {"token", SWITCH_TEXT, set.token, "demo_token", NULL, "of header"},
    {"user", SWITCH_TEXT, set.user, "demo_user", NULL, "of the others"},
    {"password", SWITCH_TEXT, set.password, "demo_password", NULL, "of the others"},
    {"size_max", SWITCH_COUNT, &set.size_max, "100", NULL, "a larger size is refused"},
    {"total", SWITCH_CHOICE, &set.total, "told", "told|never", "the element total"},
    {"list", SWITCH_CHOICE, &set.list, "wrapped", "wrapped|flat|left_out",
     "items below items; directly in the reply; or below items, which is left out where there are none"},
    {"encoding", SWITCH_CHOICE, &set.encoding, "utf-8", "utf-8|untold|gbk|gbk_told",
     "of the reply; untold: UTF-8 without a charset; gbk: in its declaration alone; gbk_told: in Content-Type alone"},
    {"bad_next", SWITCH_COUNT, &set.bad_next, "0", NULL, "the next N pages come as bad says"},
    {"bad", SWITCH_CHOICE, &set.bad, "half", "html|half|bomb|outside|other|json|bytes",
     "HTML; half of the XML; entities that multiply; an entity of a file; another list; JSON; a byte that is no UTF-8"},
    {"busy_next", SWITCH_COUNT, &set.busy_next, "0", NULL, "the next N calls say 9, busy, with HTTP 200"},
    {"fast_next", SWITCH_COUNT, &set.fast_next, "0", NULL, "the next N calls are a fault: too many requests"},
    {"fault_next", SWITCH_COUNT, &set.fault_next, "0", NULL, "the next N calls are a fault with the code of fault"},
    {"fault", SWITCH_TEXT, set.fault, "Server", NULL, "Server, Client, or another local name"},
    {"echo", SWITCH_FLAG, &set.echo, "0", NULL,
     "1: every call is a fault of the client that repeats user and password of the body"},
    STATUS_SWITCHES,
    {0},
};

static struct {
    int64_t calls, pages, rows, beyond, refused, busy, fast, faults, bad, in_flight, peak_concurrency;
} count;

static char names[ITEMS_MAX][NAME_ROOM]; /* as they were edited; "" = as made */
static char nonces[NONCES][NONCE_ROOM];
static size_t nonce_count;

struct asked {
    int64_t page, size, id; /* -1 = not asked for */
    char kind;              /* 0 = all */
    char user[SWITCH_TEXT_ROOM], password[SWITCH_TEXT_ROOM];
};

/* ---- XML that goes out ---- */

static void put_escaped(struct blob *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '&') {
            blob_puts(out, "&amp;");
        } else if (*text == '<') {
            blob_puts(out, "&lt;");
        } else {
            blob_put(out, text, 1);
        }
    }
}

static void put_head(struct blob *out)
{
    const char *encoding = set.encoding == GBK ? "GBK" : "UTF-8";
    blob_printf(out,
                "<?xml version=\"1.0\" encoding=\"%s\"?>\n<env:Envelope xmlns:env=\"%s\" xmlns:xsi=\"" SPACE_INSTANCE
                "\"><env:Header/><env:Body>",
                encoding, set.version == V12 ? SPACE_12 : SPACE_11);
}

static void put_tail(struct blob *out)
{
    blob_puts(out, "</env:Body></env:Envelope>\n");
}

/* The answer, in the encoding that the switches say. */
static void send_xml(struct call *call, int status)
{
    bool gbk = set.encoding == GBK || set.encoding == GBK_TOLD;
    if (gbk) {
        struct blob coded = {0};
        iconv_t cd = iconv_open("GBK", "UTF-8");
        blob_reserve(&coded, call->answer.length * 2 + 16);
        char *from = call->answer.data, *to = coded.data;
        size_t left = call->answer.length, room = coded.capacity;
        if (cd == (iconv_t)-1 || iconv(cd, &from, &left, &to, &room) == (size_t)-1) {
            fputs("soap-double: no GBK for this reply\n", stderr);
            exit(1);
        }
        iconv_close(cd);
        coded.length = (size_t)(to - coded.data);
        blob_fini(&call->answer);
        call->answer = coded;
    }
    bool told = set.encoding == UTF8 || set.encoding == GBK_TOLD;
    const char *type = set.version == V12 ? "application/soap+xml" : "text/xml";
    snprintf(call->note, sizeof call->note, "%s%s%s", type, told ? "; charset=" : "",
             !told                  ? ""
             : set.encoding == UTF8 ? "utf-8"
                                    : "GBK");
    call_answer(call, status, call->note);
}

static void send_fault(struct call *call, const char *code, const char *text)
{
    struct blob *out = &call->answer;
    const char *twelve = strcmp(code, "Server") == 0 ? "Receiver" : strcmp(code, "Client") == 0 ? "Sender" : code;
    put_head(out);
    if (set.version == V12) {
        blob_printf(out,
                    "<env:Fault><env:Code><env:Value>env:%s</env:Value></env:Code><env:Reason><env:Text "
                    "xml:lang=\"en\">",
                    twelve);
        put_escaped(out, text);
        blob_puts(out, "</env:Text></env:Reason></env:Fault>");
    } else {
        blob_printf(out, "<env:Fault><faultcode>env:%s</faultcode><faultstring>", code);
        put_escaped(out, text);
        blob_puts(out, "</faultstring><detail><why xmlns=\"urn:detail\">of no use</why></detail></env:Fault>");
    }
    put_tail(out);
    send_xml(call, set.version == V12 && strcmp(code, "Client") == 0 ? 400 : 500);
}

static void refuse(struct call *call, const char *why)
{
    count.refused++;
    send_fault(call, "Client", why);
}

/* ---- what is asked ---- */

static bool is_element(const xmlNode *node, const char *space, const char *name)
{
    return node && node->type == XML_ELEMENT_NODE && node->ns && strcmp((const char *)node->ns->href, space) == 0 &&
           strcmp((const char *)node->name, name) == 0;
}

static void text_of(const xmlNode *node, char *out, size_t size)
{
    xmlChar *content = xmlNodeGetContent(node);
    snprintf(out, size, "%s", content ? (const char *)content : "");
    xmlFree(content);
}

static bool whole_number(const char *text, int64_t *out)
{
    char *end = NULL;
    *out = strtoll(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0';
}

/* Elements of the operation stand in this order, none twice, all of its namespace. */
static const char *read_operation(const xmlNode *operation, struct asked *asked)
{
    static const char *const order[] = {"user", "password", "page", "size", "kind", "id"};
    size_t next = 0;
    for (const xmlNode *node = operation->children; node; node = node->next) {
        char text[SWITCH_TEXT_ROOM];
        while (next < 6 && !is_element(node, SPACE, order[next])) {
            next++;
        }
        if (next == 6 || node->properties) {
            return "an unknown element, one twice, out of order or with an attribute";
        }
        text_of(node, text, sizeof text);
        bool good = true;
        switch (next++) {
        case 0:
            snprintf(asked->user, sizeof asked->user, "%s", text);
            break;
        case 1:
            snprintf(asked->password, sizeof asked->password, "%s", text);
            break;
        case 2:
            good = whole_number(text, &asked->page) && asked->page >= 1;
            break;
        case 3:
            good = whole_number(text, &asked->size) && asked->size >= 1 && asked->size <= set.size_max;
            break;
        case 4:
            good = strcmp(text, "a") == 0 || strcmp(text, "b") == 0;
            asked->kind = text[0];
            break;
        default:
            good = whole_number(text, &asked->id);
        }
        if (!good) {
            return "an element with a wrong value";
        }
    }
    return asked->page < 0 || asked->size < 0 ? "no page or no size" : NULL;
}

static const xmlNode *child(const xmlNode *parent, const char *space, const char *name)
{
    for (const xmlNode *node = parent ? parent->children : NULL; node; node = node->next) {
        if (is_element(node, space, name)) {
            return node;
        }
    }
    return NULL;
}

static bool has_type(const xmlNode *node, const char *attribute, const char *value)
{
    xmlChar *type = xmlGetNoNsProp(node, (const xmlChar *)attribute);
    bool same = type && strcmp((const char *)type, value) == 0;
    xmlFree(type);
    return same;
}

static bool nonce_is_new(const char *nonce)
{
    for (size_t i = 0; i < nonce_count && i < NONCES; i++) {
        if (strcmp(nonces[i], nonce) == 0) {
            return false;
        }
    }
    snprintf(nonces[nonce_count++ % NONCES], NONCE_ROOM, "%s", nonce);
    return true;
}

static bool digest_is_right(const char *nonce, const char *created, const char *said)
{
    unsigned char plain[NONCE_ROOM + 3], hash[EVP_MAX_MD_SIZE], whole[SWITCH_TEXT_ROOM + 200];
    char coded[EVP_MAX_MD_SIZE * 2];
    unsigned size = 0;
    int bytes = EVP_DecodeBlock(plain, (const unsigned char *)nonce, (int)strlen(nonce));
    size_t length = strlen(nonce),
           pads = length > 1 ? (size_t)(nonce[length - 1] == '=') + (nonce[length - 2] == '=') : 0;
    if (bytes < 16) {
        return false;
    }
    memcpy(whole, plain, (size_t)bytes - pads);
    int more = snprintf((char *)whole + bytes - pads, sizeof whole - (size_t)bytes, "%s%s", created, set.password);
    (void)EVP_Digest(whole, (size_t)bytes - pads + (size_t)more, hash, &size, EVP_sha1(), NULL);
    (void)EVP_EncodeBlock((unsigned char *)coded, hash, (int)size);
    return strcmp(coded, said) == 0;
}

static const char *check_token(const xmlNode *header, bool digest)
{
    const xmlNode *security = child(header, WSSE, "Security"), *token = child(security, WSSE, "UsernameToken");
    const xmlNode *password = child(token, WSSE, "Password"), *nonce = child(token, WSSE, "Nonce");
    char user[SWITCH_TEXT_ROOM], said[SWITCH_TEXT_ROOM], once[NONCE_ROOM], created[40];
    struct tm tm = {0};
    if (!token || !password || !nonce) {
        return "no UsernameToken";
    }
    text_of(child(token, WSSE, "Username"), user, sizeof user);
    text_of(password, said, sizeof said);
    text_of(nonce, once, sizeof once);
    text_of(child(token, WSU, "Created"), created, sizeof created);
    const char *end = strptime(created, "%Y-%m-%dT%H:%M:%SZ", &tm);
    double age = end && !*end ? difftime(time(NULL), timegm(&tm)) : 1e9;
    if (age > TOKEN_AGE || age < -TOKEN_AGE) {
        return "a UsernameToken of another time";
    }
    if (!has_type(nonce, "EncodingType", OASIS "soap-message-security-1.0#Base64Binary") || !nonce_is_new(once)) {
        return "a nonce that is none, or comes again";
    }
    if (!has_type(password, "Type",
                  digest ? OASIS "username-token-profile-1.0#PasswordDigest"
                         : OASIS "username-token-profile-1.0#PasswordText")) {
        return "a password of the wrong type";
    }
    bool right = digest ? digest_is_right(once, created, said) : strcmp(said, set.password) == 0;
    return right && strcmp(user, set.user) == 0 ? NULL : "who are you?";
}

static bool says(const struct call *call, const char *header, const char *value)
{
    const char *said = call_header(call, header);
    return said && strcmp(said, value) == 0;
}

static const char *check_credential(const struct call *call, const xmlNode *header, const struct asked *asked)
{
    unsigned char coded[SWITCH_TEXT_ROOM * 3];
    char plain[SWITCH_TEXT_ROOM * 2 + 2], line[SWITCH_TEXT_ROOM * 3 + 10];
    bool told = asked->user[0] || asked->password[0], open = !call_header(call, "Authorization") && !told;
    switch ((enum auth)set.auth) {
    case AUTH_NONE:
        return open && !header ? NULL : "a credential that nobody asked for";
    case AUTH_BASIC:
        EVP_EncodeBlock(coded, (unsigned char *)plain, snprintf(plain, sizeof plain, "%s:%s", set.user, set.password));
        snprintf(line, sizeof line, "Basic %s", (char *)coded);
        return says(call, "Authorization", line) && !told ? NULL : "who are you?";
    case AUTH_HEADER:
        return says(call, "X-Api-Key", set.token) && open ? NULL : "who are you?";
    case AUTH_BODY:
        return strcmp(asked->user, set.user) == 0 && strcmp(asked->password, set.password) == 0 ? NULL : "who are you?";
    case AUTH_TEXT:
    case AUTH_DIGEST:
        return open ? check_token(header, set.auth == AUTH_DIGEST) : "another credential";
    }
    return "who are you?";
}

static const char *check_head(const struct call *call)
{
    bool twelve = set.version == V12;
    if (strcmp(call->method, "POST") != 0 || strcmp(call->path, "/services/items") != 0) {
        return "POST to /services/items";
    }
    if (!says(call, "Content-Type",
              twelve ? "application/soap+xml; charset=utf-8; action=\"" SPACE "/QueryItems\""
                     : "text/xml; charset=utf-8")) {
        return "the wrong Content-Type";
    }
    if (twelve ? call_header(call, "SOAPAction") != NULL : !says(call, "SOAPAction", "\"" SPACE "/QueryItems\"")) {
        return "the wrong SOAPAction";
    }
    return says(call, "Accept", twelve ? "application/soap+xml" : "text/xml") ? NULL : "the wrong Accept";
}

static const char *read_envelope(const struct call *call, const xmlDoc *document, struct asked *asked)
{
    const char *space = set.version == V12 ? SPACE_12 : SPACE_11;
    const xmlNode *root = xmlDocGetRootElement(document);
    if (document->intSubset) {
        return "a document type";
    }
    if (!is_element(root, space, "Envelope")) {
        return "no envelope of this version";
    }
    const xmlNode *header = child(root, space, "Header"), *body = child(root, space, "Body");
    if (!body || (header ? root->children != header || header->next != body : root->children != body) || body->next) {
        return "an envelope with other parts than Header and Body";
    }
    if (!is_element(body->children, SPACE, "QueryItems") || body->children->next) {
        return "no QueryItems, or something beside it";
    }
    const char *wrong = read_operation(body->children, asked);
    return wrong ? wrong : check_credential(call, header, asked);
}

static const char *read_call(struct call *call, struct asked *asked)
{
    xmlDoc *document = xmlReadMemory(call->body.data ? call->body.data : "", (int)call->body.length, NULL, NULL,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    const char *wrong = check_head(call);
    wrong = wrong ? wrong : document ? read_envelope(call, document, asked) : "no XML";
    xmlFreeDoc(document);
    return wrong;
}

/* ---- items ---- */

static char kind_of(int64_t id)
{
    return id % 3 == 0 ? 'b' : 'a';
}

/* Prices need more digits than a double has; every seventh item has one line, others two; odd ones have no note. */
static void put_item(struct blob *out, int64_t id)
{
    char made[NAME_ROOM];
    snprintf(made, sizeof made, "Ding <%lld> & \"大\"", (long long)id);
    blob_printf(out, "<m:item row=\"%lld\"><m:id>%lld</m:id><m:code>R%06lld</m:code><m:kind>%c</m:kind><m:name>",
                (long long)id, (long long)id, (long long)id, kind_of(id));
    put_escaped(out, names[id - 1][0] ? names[id - 1] : made);
    blob_printf(out, "</m:name><m:price currency=\"CNY\">%lld.50</m:price><m:tag>x</m:tag>%s<m:lines>", (long long)id,
                id % 5 == 0 ? "" : "<m:tag>y</m:tag>");
    for (int line = 1; line <= (id % 7 == 0 ? 1 : 2); line++) {
        blob_printf(out, "<m:line><m:no>%d</m:no><m:qty>9007199254740993.%d</m:qty></m:line>", line, line);
    }
    blob_puts(out,
              id % 2 == 0 ? "</m:lines><m:note>n</m:note></m:item>" : "</m:lines><m:note xsi:nil=\"true\"/></m:item>");
}

static bool is_asked(const struct asked *asked, int64_t id)
{
    return (asked->kind == '\0' || asked->kind == kind_of(id)) && (asked->id < 0 || asked->id == id);
}

static void put_list(struct blob *out, const struct blob *rows, int64_t total, bool bad)
{
    bool left_out = set.list == LIST_LEFT_OUT && rows->length == 0, wrapped = set.list != LIST_FLAT && !left_out;
    put_head(out);
    blob_puts(out, "<m:QueryItemsResponse xmlns:m=\"" SPACE "\"><m:code>0</m:code>");
    if (set.total == 0) {
        blob_printf(out, "<m:total>%lld</m:total>", (long long)total);
    }
    blob_puts(out, !wrapped ? "" : bad && set.bad == BAD_OTHER ? "<m:goods>" : "<m:items>");
    blob_put(out, rows->data ? rows->data : "", rows->length);
    blob_puts(out, bad && set.bad == BAD_BYTES ? "\xff" : "");
    blob_puts(out, !wrapped ? "" : bad && set.bad == BAD_OTHER ? "</m:goods>" : "</m:items>");
    blob_puts(out, "</m:QueryItemsResponse>");
    put_tail(out);
}

/* True: the page is not what was asked for. */
static bool put_bad(struct call *call)
{
    struct blob *out = &call->answer;
    if (set.bad == BAD_HTML) {
        call_text(call, 200, "text/html", "<!DOCTYPE html>\n<html><body>maintenance<br></body></html>\n");
    } else if (set.bad == BAD_JSON) {
        call_text(call, 200, "application/json", "{\"error\":\"SOAP is switched off\"}\n");
    } else if (set.bad == BAD_BOMB || set.bad == BAD_OUTSIDE) {
        blob_puts(out, "<?xml version=\"1.0\"?>\n<!DOCTYPE e [");
        if (set.bad == BAD_OUTSIDE) {
            blob_puts(out, "<!ENTITY x SYSTEM \"file:///etc/passwd\">");
        } else {
            blob_puts(out, "<!ENTITY x0 \"lol\">");
            for (int i = 1; i < 12; i++) {
                blob_printf(out, "<!ENTITY x%d \"&x%d;&x%d;&x%d;&x%d;&x%d;&x%d;&x%d;&x%d;&x%d;&x%d;\">", i, i - 1,
                            i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
            }
        }
        blob_printf(out,
                    "]><env:Envelope xmlns:env=\"" SPACE_11 "\"><env:Body><m:QueryItemsResponse xmlns:m=\"" SPACE
                    "\"><m:code>0</m:code><m:items><m:item><m:id>1</m:id><m:name>&%s;</m:name></m:item></m:items>"
                    "</m:QueryItemsResponse></env:Body></env:Envelope>",
                    set.bad == BAD_OUTSIDE ? "x" : "x11");
        call_answer(call, 200, "text/xml");
    } else {
        return false;
    }
    return true;
}

static void put_page(struct call *call, const struct asked *asked)
{
    struct blob rows = {0};
    int64_t total = 0, put = 0, before = (asked->page - 1) * asked->size;
    bool bad = set.bad_next > 0;
    set.bad_next -= bad;
    count.bad += bad;
    count.pages++;
    if (bad && put_bad(call)) {
        return;
    }
    for (int64_t id = 1; id <= set.items && id <= ITEMS_MAX; id++) {
        if (is_asked(asked, id)) {
            if (total >= before && put < asked->size) {
                put_item(&rows, id);
                put++;
            }
            total++;
        }
    }
    count.rows += put;
    count.beyond += put == 0;
    put_list(&call->answer, &rows, total, bad);
    blob_fini(&rows);
    if (bad && set.bad == BAD_HALF) {
        call->answer.length /= 2;
    }
    send_xml(call, 200);
}

/* ---- calls ---- */

static bool put_fault(struct call *call, const struct asked *asked)
{
    struct blob text = {0};
    status_arrive();
    if (status_answer(call)) {
        return true;
    }
    if (set.busy_next > 0) {
        set.busy_next--;
        count.busy++;
        put_head(&call->answer);
        blob_puts(&call->answer, "<m:QueryItemsResponse xmlns:m=\"" SPACE
                                 "\"><m:code>9</m:code><m:message>busy</m:message></m:QueryItemsResponse>");
        put_tail(&call->answer);
        send_xml(call, 200);
    } else if (set.fast_next > 0) {
        set.fast_next--;
        count.fast++;
        send_fault(call, "Client", "Too many requests");
    } else if (set.fault_next > 0) {
        set.fault_next--;
        count.faults++;
        send_fault(call, set.fault, "no connection to the data");
    } else if (set.echo) {
        blob_printf(&text, "%s with %s has no rights", asked->user, asked->password);
        send_fault(call, "Client", blob_text(&text));
        blob_fini(&text);
    } else {
        return false;
    }
    return true;
}

static void handle(struct call *call)
{
    struct asked asked = {.page = -1, .size = -1, .id = -1};
    count.calls++;
    const char *wrong = read_call(call, &asked);
    if (wrong) {
        refuse(call, wrong);
    } else if (!put_fault(call, &asked)) {
        put_page(call, &asked);
    }
}

static bool begin(struct call *call)
{
    (void)call;
    count.in_flight++;
    count.peak_concurrency = count.in_flight > count.peak_concurrency ? count.in_flight : count.peak_concurrency;
    return true;
}

static void end(struct call *call)
{
    (void)call;
    count.in_flight--;
}

static bool control(struct call *call, const char *name, const struct form *form)
{
    const char *id = form_get(form, "id"), *value = form_get(form, "name");
    int64_t at = 0;
    if (strcmp(name, "edit") == 0) {
        bool fine = id && value && whole_number(id, &at) && at >= 1 && at <= ITEMS_MAX;
        if (fine) {
            snprintf(names[at - 1], NAME_ROOM, "%s", value);
        }
        call_text(call, fine ? 200 : 400, "text/plain", fine ? "ok\n" : "no such item\n");
        return true;
    }
    return false;
}

static void report(struct blob *out)
{
    blob_puts(out, "{");
    blob_member(out, "calls", count.calls);
    blob_member(out, "pages", count.pages);
    blob_member(out, "rows", count.rows);
    blob_member(out, "beyond", count.beyond);
    blob_member(out, "refused", count.refused);
    blob_member(out, "busy", count.busy);
    blob_member(out, "fast", count.fast);
    blob_member(out, "faults", count.faults);
    blob_member(out, "bad", count.bad);
    blob_member(out, "status", status_count.answers);
    blob_member(out, "early", status_count.early);
    blob_member(out, "peak_concurrency", count.peak_concurrency);
    blob_puts(out, "}\n");
}

static void changed(void)
{
}

int main(int argc, char **argv)
{
    static const struct server_options options = {.suffix = "",
                                                  .begin = begin,
                                                  .handle = handle,
                                                  .end = end,
                                                  .control = control,
                                                  .changed = changed,
                                                  .report = report};
    switches_init(switches);
    switches_read(argc, argv, "Stands in for a SOAP service: lists of items, strict about what it is asked.");
    return server_run(set.bind, set.port, &options);
}
