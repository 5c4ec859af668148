#include "extractor/soap/xml.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <stdio.h>

#include "common/base/buffer.h"

enum { TEXT_MAX = 10000000 /* bytes between two tags, as libxml2 has it */, NAME_SHOWN = 40 };

#define SPACE_SOAP_11 "http://schemas.xmlsoap.org/soap/envelope/"
#define SPACE_SOAP_12 "http://www.w3.org/2003/05/soap-envelope"
#define SPACE_INSTANCE "http://www.w3.org/2001/XMLSchema-instance"
/* Attributes of these tell types, not data. */
static const char *const other_spaces[] = {SPACE_INSTANCE, SPACE_SOAP_11, SPACE_SOAP_12,
                                           "http://schemas.xmlsoap.org/soap/encoding/",
                                           "http://www.w3.org/2003/05/soap-encoding"};

struct xml_parse {
    xmlParserCtxtPtr parser;
    struct arena *arena;
    struct xml_document *out;
    struct xml_element *open[XML_DEPTH];
    struct buffer texts[XML_DEPTH]; /* of the open elements, so far */
    int depth;
    size_t elements;
    int error;
};

static bool is_space(const xmlChar *uri, const char *space)
{
    return uri && strcmp((const char *)uri, space) == 0;
}

static void stop(struct xml_parse *parse, int error, const char *why)
{
    if (parse->error == 0) {
        parse->error = error;
        (void)snprintf(parse->out->why, sizeof parse->out->why, "line %d: %s",
                       parse->parser->input ? parse->parser->input->line : 0, why);
    }
    xmlStopParser(parse->parser);
}

static void *take(struct xml_parse *parse, size_t size)
{
    void *piece = arena_take(parse->arena, size);
    if (!piece) {
        stop(parse, ERR_MEMORY, "out of memory");
    }
    return piece;
}

static struct text keep(struct xml_parse *parse, const char *data, size_t size)
{
    struct text kept = arena_text(parse->arena, (struct text){data, size});
    if (!kept.data) {
        stop(parse, ERR_MEMORY, "out of memory");
        return TEXT("");
    }
    return kept;
}

/* A name, without a copy where it is too long: then the parser stops. */
static struct text keep_name(struct xml_parse *parse, const xmlChar *name)
{
    size_t size = strlen((const char *)name);
    if (size > XML_NAME_MAX) {
        stop(parse, ERR_LIMIT, "a name is too long");
        return TEXT("");
    }
    return keep(parse, (const char *)name, size);
}

/* The elements of this name in `parent`. libxml2 keeps each name once, so that names are compared by their places. */
static struct xml_member *member_of(struct xml_parse *parse, struct xml_element *parent, const xmlChar *name)
{
    if (parent->hit && parent->hit->key == name) {
        return parent->hit;
    }
    size_t count = 0;
    for (struct xml_member *member = parent->members; member; member = member->next, count++) {
        if (member->key == name) {
            parent->hit = member;
            return member;
        }
    }
    if (count == XML_MEMBERS_MAX) {
        stop(parse, ERR_LIMIT, "an element holds too many names");
        return NULL;
    }
    struct xml_member *member = take(parse, sizeof *member);
    if (!member) {
        return NULL;
    }
    *member = (struct xml_member){.key = name, .name = keep_name(parse, name)};
    *(parent->members ? &parent->last->next : &parent->members) = member;
    parent->last = parent->hit = member;
    return member;
}

static bool has_attribute(const struct xml_element *element, const xmlChar *name)
{
    for (const struct xml_attribute *a = element->attributes; a; a = a->next) {
        if (text_equal(a->name, text_of((const char *)name))) {
            return true;
        }
    }
    return false;
}

enum { PARTS = 5 }; /* of an attribute in libxml2's list: local name, prefix, namespace, value, end of the value */

static void add_attribute(struct xml_parse *parse, struct xml_element *element, const xmlChar *const *parts,
                          struct xml_attribute **last)
{
    struct text value = {(const char *)parts[3], (size_t)(parts[4] - parts[3])};
    if (is_space(parts[2], SPACE_INSTANCE) && strcmp((const char *)parts[0], "nil") == 0) {
        element->nil = text_equal(text_trim(value), TEXT("true")) || text_equal(text_trim(value), TEXT("1"));
    }
    for (size_t i = 0; i < sizeof other_spaces / sizeof *other_spaces; i++) {
        if (is_space(parts[2], other_spaces[i])) {
            return;
        }
    }
    struct xml_attribute *attribute = has_attribute(element, parts[0]) ? NULL : take(parse, sizeof *attribute);
    if (attribute) {
        *attribute =
            (struct xml_attribute){.name = keep_name(parse, parts[0]), .value = keep(parse, value.data, value.size)};
        if (*last) {
            (*last)->next = attribute;
        } else {
            element->attributes = attribute;
        }
        *last = attribute;
    }
}

static struct xml_element *element_new(struct xml_parse *parse, const xmlChar *name, const xmlChar *uri)
{
    struct xml_element *element = take(parse, sizeof *element);
    if (!element) {
        return NULL;
    }
    *element = (struct xml_element){.space = is_space(uri, SPACE_SOAP_11)   ? XML_SOAP_11
                                             : is_space(uri, SPACE_SOAP_12) ? XML_SOAP_12
                                                                            : XML_OTHER};
    if (parse->depth == 0) {
        element->name = keep_name(parse, name);
        parse->out->root = element;
        return element;
    }
    struct xml_member *member = member_of(parse, parse->open[parse->depth - 1], name);
    if (!member) {
        return NULL;
    }
    element->name = member->name;
    *(member->first ? &member->last->next : &member->first) = element;
    member->last = element;
    member->count++;
    return element;
}

/* ---- what libxml2 calls ---- */

static void started(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int space_count,
                    const xmlChar **spaces, int attribute_count, int defaulted, const xmlChar **attributes)
{
    struct xml_parse *parse = user;
    (void)prefix, (void)space_count, (void)spaces, (void)defaulted;
    if (parse->depth == XML_DEPTH) {
        stop(parse, ERR_LIMIT, "elements are nested too deep");
        return;
    }
    if (++parse->elements > XML_ELEMENTS_MAX || attribute_count > XML_MEMBERS_MAX) {
        stop(parse, ERR_LIMIT, "too many elements or attributes");
        return;
    }
    struct xml_element *element = element_new(parse, name, uri);
    struct xml_attribute *last = NULL;
    if (!element) {
        return;
    }
    for (int i = 0; i < attribute_count; i++) {
        add_attribute(parse, element, attributes + (size_t)i * PARTS, &last);
    }
    buffer_clear(&parse->texts[parse->depth], 4096);
    parse->open[parse->depth++] = element;
}

static void ended(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct xml_parse *parse = user;
    (void)name, (void)prefix, (void)uri;
    if (parse->error || parse->depth == 0) {
        return;
    }
    const struct buffer *text = &parse->texts[--parse->depth];
    if (text->failed) {
        stop(parse, ERR_LIMIT, "a text is too long");
    }
    parse->open[parse->depth]->text = keep(parse, text->size > 0 ? text->data : "", text->size);
}

static void said(void *user, const xmlChar *text, int size)
{
    struct xml_parse *parse = user;
    if (!parse->error && parse->depth > 0) {
        buffer_add(&parse->texts[parse->depth - 1], text, (size_t)size);
    }
}

/* SOAP forbids them. It comes before any of its declarations is read. */
static void document_type(void *user, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    struct xml_parse *parse = user;
    char why[NAME_SHOWN + 40];
    (void)external, (void)system;
    struct text shown = {(const char *)name, text_cut(text_of((const char *)name), NAME_SHOWN)};
    (void)snprintf(why, sizeof why, "<!DOCTYPE %.*s", TEXT_ARG(shown));
    stop(parse, ERR_REFUSED, why);
}

static xmlEntityPtr entity(void *user, const xmlChar *name)
{
    (void)user;
    return xmlGetPredefinedEntity(name);
}

/* Its messages name elements and prefixes, and never quote a text. */
static void faulty(void *user, xmlErrorPtr error)
{
    struct xml_parse *parse = user;
    if (error && error->level == XML_ERR_FATAL && parse->error == 0) {
        struct text why = {error->message, error->message ? strcspn(error->message, "\r\n") : 0};
        parse->error = error->code == XML_ERR_NO_MEMORY ? ERR_MEMORY : ERR_SYNTAX;
        (void)snprintf(parse->out->why, sizeof parse->out->why, "line %d: %.*s", error->line, (int)text_cut(why, 120),
                       why.data ? why.data : "");
    }
}

static xmlParserInputPtr nothing_is_loaded(const char *url, const char *id, xmlParserCtxtPtr parser)
{
    (void)url, (void)id, (void)parser;
    return NULL;
}

static int parse_all(struct xml_parse *parse)
{
    static const xmlSAXHandler calls = {
        .initialized = XML_SAX2_MAGIC,
        .internalSubset = document_type,
        .getEntity = entity,
        .startElementNs = started,
        .endElementNs = ended,
        .characters = said,
        .ignorableWhitespace = said,
        .cdataBlock = said,
        .serror = faulty,
    };
    *parse->parser->sax = calls;
    parse->parser->userData = parse;
    (void)xmlParseDocument(parse->parser);
    if (!parse->error && (!parse->parser->wellFormed || parse->depth > 0 || !parse->out->root)) {
        stop(parse, ERR_SYNTAX, "it breaks off");
    }
    return parse->error;
}

int xml_read(struct text xml, struct arena *arena, struct xml_document *out)
{
    *out = (struct xml_document){.root = NULL};
    if (xml.size == 0 || xml.size > INT32_MAX) {
        (void)snprintf(out->why, sizeof out->why, "it is empty");
        return xml.size == 0 ? ERR_SYNTAX : ERR_LIMIT;
    }
    xmlSetExternalEntityLoader(nothing_is_loaded);
    struct xml_parse *parse = arena_take(arena, sizeof *parse);
    xmlParserCtxtPtr parser = xmlCreateMemoryParserCtxt(xml.data, (int)xml.size);
    if (!parse || !parser) {
        xmlFreeParserCtxt(parser);
        return ERR_MEMORY;
    }
    *parse = (struct xml_parse){.parser = parser, .arena = arena, .out = out};
    for (int i = 0; i < XML_DEPTH; i++) {
        buffer_init(&parse->texts[i], TEXT_MAX);
    }
    /* With NOENT the predefined entities of attributes become characters; there are no others. */
    (void)xmlCtxtUseOptions(parser, XML_PARSE_NOENT | XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
    int error = parse_all(parse);
    for (int i = 0; i < XML_DEPTH; i++) {
        buffer_fini(&parse->texts[i]);
    }
    xmlFreeDoc(parser->myDoc);
    parser->myDoc = NULL;
    xmlFreeParserCtxt(parser);
    if (error) {
        out->root = NULL;
    }
    return error;
}

const struct xml_element *xml_child(const struct xml_element *element, const char *name)
{
    for (const struct xml_member *m = element ? element->members : NULL; m; m = m->next) {
        if (text_equal(m->name, text_of(name))) {
            return m->first;
        }
    }
    return NULL;
}

void xml_encoding(struct text xml, char out[XML_ENCODING_ROOM])
{
    static const struct text key = {"encoding", 8};
    struct text t = text_trim(xml);
    size_t size = 0;
    out[0] = '\0';
    ptrdiff_t end = text_starts(t, TEXT("<?xml")) ? text_find((struct text){t.data, text_cut(t, 300)}, TEXT("?>")) : -1;
    ptrdiff_t at = end > 0 ? text_find((struct text){t.data, (size_t)end}, key) : -1;
    if (at < 0) {
        return;
    }
    struct text rest = text_trim((struct text){t.data + at + key.size, (size_t)(end - at) - key.size});
    rest = text_starts(rest, TEXT("=")) ? text_trim((struct text){rest.data + 1, rest.size - 1}) : TEXT("");
    for (size_t i = 1; i < rest.size && rest.data[i] != rest.data[0] && size + 1 < XML_ENCODING_ROOM; i++) {
        char c = rest.data[i];
        out[size++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    out[size] = '\0';
}
