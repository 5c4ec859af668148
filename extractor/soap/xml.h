/* The only place that reads XML: text becomes a tree of elements. libxml2 parses; names lose their prefixes. A document type
 * (and with it every entity of its own) is refused, nothing is ever loaded from a file or the network, and depth, number of
 * elements and length of names have limits. Pure but for libxml2's own globals: one thread at a time. */
#ifndef DIANCHEN_EXTRACTOR_SOAP_XML_H
#define DIANCHEN_EXTRACTOR_SOAP_XML_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/text.h"

enum {
    XML_DEPTH = 40,
    XML_ELEMENTS_MAX = 1 << 20,
    XML_MEMBERS_MAX = 500, /* names of elements in one element; attributes of one element */
    XML_NAME_MAX = 200,    /* bytes */
    XML_WHY_ROOM = 160
};

enum xml_space { XML_OTHER, XML_SOAP_11, XML_SOAP_12 }; /* namespaces that mean something here */

struct xml_attribute {
    struct text name, value; /* local name */
    const struct xml_attribute *next;
};
struct xml_member {  /* the elements of one name in an element, in their order */
    const void *key; /* private */
    struct text name;
    struct xml_element *first, *last; /* the others behind by `next` */
    size_t count;
    struct xml_member *next;
};
struct xml_element {
    struct text name; /* local name */
    enum xml_space space;
    bool nil;                                /* xsi:nil="true" */
    struct text text;                        /* between its tags, without that of elements inside; UTF-8 */
    const struct xml_attribute *attributes;  /* without those of XML Schema and of SOAP; the first of a name counts */
    struct xml_member *members, *last, *hit; /* in the order of their first elements; `hit` is private */
    struct xml_element *next;                /* of the same name, in the same element */
};

struct xml_document {
    const struct xml_element *root;
    char why[XML_WHY_ROOM]; /* on failure: "line 3: …", without what stands in the document but names; else "" */
};

/* Reads `xml`, which is UTF-8 whatever its declaration says. Everything lives in `arena`. ERR_SYNTAX: it is not well-formed.
 * ERR_REFUSED: it holds a document type. ERR_LIMIT: one of the limits above. ERR_MEMORY. */
int xml_read(struct text xml, struct arena *arena, struct xml_document *out) WARN_UNUSED;
/* The first element of this name in `element` (may be NULL); NULL = there is none. */
const struct xml_element *xml_child(const struct xml_element *element, const char *name);
/* The encoding that the declaration of `xml` names, in small letters; "" = none. */
enum { XML_ENCODING_ROOM = 40 };
void xml_encoding(struct text xml, char out[XML_ENCODING_ROOM]);

#endif
