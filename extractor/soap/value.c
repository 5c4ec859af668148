#include "extractor/soap/value.h"

#include "common/json/json.h"

/* Where an element stands. */
struct value_place {
    struct text rest; /* of the pointer to the list, from here on: "/items/item"; empty = not on the way */
    const struct soap_array *arrays; /* in this element, if it is a record or a row */
    size_t array_count;
};

static const struct value_place elsewhere = {.rest = {"", 0}};

static void put_value(struct buffer *out, const struct xml_element *element, const struct value_place *place,
                      const struct soap_form *form, bool listed);

const struct xml_element *value_body(const struct xml_element *root)
{
    if (!root || root->space == XML_OTHER || !text_equal(root->name, TEXT("Envelope"))) {
        return NULL;
    }
    const struct xml_element *body = xml_child(root, "Body");
    return body && body->space == root->space ? body : NULL;
}

static bool is_blank(struct text t)
{
    return text_trim(t).size == 0;
}

/* The first name of a pointer, and what is behind it. */
static struct text first_of(struct text pointer, struct text *rest)
{
    const char *slash = pointer.size > 1 ? memchr(pointer.data + 1, '/', pointer.size - 1) : NULL;
    size_t size = slash ? (size_t)(slash - pointer.data) : pointer.size;
    *rest = (struct text){pointer.data + size, pointer.size - size};
    return size > 0 ? (struct text){pointer.data + 1, size - 1} : TEXT("");
}

static const struct soap_array *array_of(const struct value_place *place, struct text name)
{
    for (size_t i = 0; i < place->array_count; i++) {
        if (text_equal(place->arrays[i].name, name)) {
            return &place->arrays[i];
        }
    }
    return NULL;
}

/* ---- an empty list ---- */

/* Does a pointer of the file lead to, or through, this member of the element that `before` leads to? */
static bool leads(struct text pointer, struct text before, struct text name)
{
    if (!text_starts(pointer, before) || pointer.size <= before.size || pointer.data[before.size] != '/') {
        return false;
    }
    struct text rest;
    return text_equal(first_of((struct text){pointer.data + before.size, pointer.size - before.size}, &rest), name);
}

static bool is_named(const struct rest_form *form, struct text before, struct text name)
{
    const struct text pointers[] = {form->total, form->success.at, form->throttled.at, form->retry.at, form->message};
    for (size_t i = 0; i < sizeof pointers / sizeof *pointers; i++) {
        if (leads(pointers[i], before, name)) {
            return true;
        }
    }
    return false;
}

/* Is this the element that holds the records, without any, and with nothing that nobody knows? */
static bool holds_none(const struct xml_element *element, const struct value_place *place, const struct rest_form *form)
{
    struct text rest, name = first_of(place->rest, &rest);
    if (name.size == 0 || rest.size > 0 || place->rest.size == form->list.size || !is_blank(element->text)) {
        return false;
    }
    const struct text before = {form->list.data, form->list.size - place->rest.size};
    for (const struct xml_member *m = element->members; m; m = m->next) {
        if (!is_named(form, before, m->name)) {
            return false;
        }
    }
    return true;
}

/* ---- values ---- */

static void put_name(struct buffer *out, bool *first, struct text before, struct text mark, struct text name)
{
    buffer_add_text(out, *first ? TEXT("\"") : TEXT(",\""));
    buffer_add_text(out, before);
    buffer_add_text(out, mark);
    buffer_add_text(out, name);
    buffer_add_text(out, TEXT("\":"));
    *first = false;
}

/* Names of XML hold nothing that JSON would escape. `of`: the element whose text they belong to; empty = of the object. */
static void put_attributes(struct buffer *out, bool *first, struct text of, const struct xml_element *element)
{
    for (const struct xml_attribute *a = element->attributes; a; a = a->next) {
        put_name(out, first, of, TEXT("@"), a->name);
        json_put_text(out, a->value);
    }
}

static void put_list(struct buffer *out, const struct xml_member *member, const struct value_place *place,
                     const struct soap_form *form)
{
    buffer_add_char(out, '[');
    for (const struct xml_element *e = member ? member->first : NULL; e && !out->failed; e = e->next) {
        if (e != member->first) {
            buffer_add_char(out, ',');
        }
        put_value(out, e, place, form, true);
    }
    buffer_add_char(out, ']');
}

/* A declared array whose rows stand in an element of their own. */
static bool put_inside(struct buffer *out, const struct xml_member *member, const struct soap_array *array,
                       const struct soap_form *form)
{
    const struct xml_element *holder = member->first;
    const struct xml_member *items = holder->members;
    const struct value_place rows = {.rest = {"", 0}, .arrays = array->inner, .array_count = array->inner_count};
    bool known = member->count == 1 && !holder->nil && is_blank(holder->text) &&
                 (!items || (!items->next && text_equal(items->name, array->item)));
    if (known) {
        put_list(out, items, &rows, form);
    }
    return known;
}

static void put_member(struct buffer *out, bool *first, const struct xml_member *member,
                       const struct value_place *place, const struct soap_form *form)
{
    struct text rest, name = first_of(place->rest, &rest);
    bool on_way = place->rest.size > 0 && text_equal(name, member->name), list = on_way && rest.size == 0;
    const struct soap_array *array = array_of(place, member->name);
    struct value_place inner = elsewhere;
    put_name(out, first, TEXT(""), TEXT(""), member->name);
    if (list) {
        inner = (struct value_place){.rest = {"", 0}, .arrays = form->arrays, .array_count = form->array_count};
    } else if (on_way) {
        inner.rest = rest;
    } else if (array) {
        inner = (struct value_place){.rest = {"", 0}, .arrays = array->inner, .array_count = array->inner_count};
    }
    if (array && array->item.size > 0 && put_inside(out, member, array, form)) {
        return;
    }
    bool plain = array && array->item.size == 0 && !(member->count == 1 && member->first->nil);
    if (list || plain || member->count > 1) {
        put_list(out, member, &inner, form);
        return;
    }
    put_value(out, member->first, &inner, form, false);
    if (!member->first->members && member->first->attributes && inner.rest.size == 0) {
        put_attributes(out, first, member->name, member->first);
    }
}

static void put_object(struct buffer *out, const struct xml_element *element, const struct value_place *place,
                       const struct soap_form *form)
{
    bool first = true, none = holds_none(element, place, &form->rest);
    struct text rest;
    buffer_add_char(out, '{');
    put_attributes(out, &first, TEXT(""), element);
    for (const struct xml_member *m = element->members; m && !out->failed; m = m->next) {
        put_member(out, &first, m, place, form);
    }
    if (none) {
        put_name(out, &first, TEXT(""), TEXT(""), first_of(place->rest, &rest));
        buffer_add_text(out, TEXT("[]"));
    }
    if (!is_blank(element->text)) {
        put_name(out, &first, TEXT("#"), TEXT("text"), TEXT(""));
        json_put_text(out, element->text);
    }
    buffer_add_char(out, '}');
}

/* `listed`: it is an element of a list. On the way to the list every element is an object. */
static void put_value(struct buffer *out, const struct xml_element *element, const struct value_place *place,
                      const struct soap_form *form, bool listed)
{
    bool object = element->members || place->rest.size > 0 || (listed && element->attributes);
    if (element->nil && !element->members && place->rest.size == 0) {
        buffer_add_text(out, TEXT("null"));
    } else if (object) {
        put_object(out, element, place, form);
    } else {
        json_put_text(out, element->text);
    }
}

void value_put(struct buffer *out, const struct xml_element *body, const struct soap_form *form)
{
    const struct value_place top = {.rest = form->rest.list};
    put_object(out, body, &top, form);
}
