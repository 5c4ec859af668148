#include "extractor/qimen/envelope.h"

#include <string.h>

#include "common/base/buffer.h"
#include "common/http/wrap.h"
#include "common/json/json.h"

enum { WRAPPERS_MAX = 3 /* around the response */, XML_MAX = 64 << 10, OBJECT_MAX = 128 << 10 };

/* The member by its name; data NULL = none. */
static struct text member(struct text object, const struct json_marks *marks, const char *wanted)
{
    struct json_walk walk;
    struct text name, value;
    if (json_walk_marked(&walk, object, marks) == 0 && walk.object) {
        while (json_walk_next(&walk, &name, &value) == 1) {
            if (text_equal(name, text_of(wanted))) {
                return value;
            }
        }
    }
    return (struct text){NULL, 0};
}

static bool is_object(struct text value)
{
    return value.size > 0 && value.data[0] == '{';
}

/* An object, also one in a string. */
static struct text object_of(struct text value, struct arena *arena)
{
    struct text inner, rest, taken;
    bool repaired;
    if (value.size > 0 && value.data[0] == '"' && json_decode_text(value, arena, &inner, &repaired) == 0) {
        rest = inner = text_trim(inner);
        value = json_take(&rest, &taken) == 0 && text_trim(rest).size == 0 ? taken : value;
    }
    return is_object(value) ? value : (struct text){NULL, 0};
}

/* "wdt_shop_query_response", where it is the only one of such a name. */
static struct text named_response(struct text root, const struct json_marks *marks)
{
    static const struct text end = {"_response", 9};
    struct json_walk walk;
    struct text name, value, found = {NULL, 0};
    size_t count = 0;
    if (json_walk_marked(&walk, root, marks) == 0 && walk.object) {
        while (json_walk_next(&walk, &name, &value) == 1) {
            bool fits = name.size > end.size && is_object(value) &&
                        memcmp(name.data + name.size - end.size, end.data, end.size) == 0;
            found = fits ? value : found;
            count += fits;
        }
    }
    return count == 1 ? found : (struct text){NULL, 0};
}

/* Is `object` itself what says how it went? */
static bool is_response(struct text object, const struct json_marks *marks)
{
    bool code = member(object, marks, "errorcode").data ||
                (member(object, marks, "flag").data && member(object, marks, "code").data);
    return code && !member(object, marks, "data").data;
}

static bool find(struct text root, struct arena *arena, struct envelope *out)
{
    struct text refusal = object_of(member(root, &out->marks, "error_response"), arena);
    struct text response = object_of(member(root, &out->marks, "response"), arena);
    response = response.data || refusal.data ? response : named_response(root, &out->marks);
    response = response.data || refusal.data || !is_response(root, &out->marks) ? response : root;
    out->state = refusal.data ? ENVELOPE_REFUSAL : response.data ? ENVELOPE_RESPONSE : ENVELOPE_NONE;
    out->object = refusal.data ? refusal : response;
    return out->state != ENVELOPE_NONE;
}

/* The gateway's own error as XML: its members as the JSON that it would be. */
static int open_xml(struct text body, struct arena *arena, struct envelope *out)
{
    static const char *const names[] = {"code", "msg", "sub_code", "sub_msg"};
    struct buffer object;
    bool first = true;
    if (body.size > XML_MAX || wrap_kind(body) != WRAP_XML || text_find(body, TEXT("<error_response>")) < 0 ||
        wrap_element(body, "code").size == 0) {
        return ERR_SYNTAX;
    }
    buffer_init(&object, OBJECT_MAX);
    buffer_add_char(&object, '{');
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        json_put_member(&object, &first, text_of(names[i]));
        json_put_text(&object, wrap_element(body, names[i]));
    }
    buffer_add_char(&object, '}');
    out->object = arena_text(arena, buffer_text(&object));
    bool failed = object.failed || !out->object.data;
    buffer_fini(&object);
    out->state = ENVELOPE_REFUSAL;
    return failed ? ERR_MEMORY : 0;
}

int envelope_open(struct text body, struct arena *arena, struct envelope *out)
{
    static const char *const names[] = {"response", "error_response", "errorcode", NULL};
    static const char *const wrappers[] = {"data", "result", "body", "content"};
    struct text root, inner;
    *out = (struct envelope){.state = ENVELOPE_NONE, .marks.arena = arena};
    int error = wrap_open(body, names, arena, &root, &out->marks, &out->around);
    if (error) {
        return error == ERR_SYNTAX ? open_xml(body, arena, out) : error;
    }
    inner = root;
    for (int depth = 0; depth <= WRAPPERS_MAX && !find(inner, arena, out); depth++) {
        struct text next = {NULL, 0};
        for (size_t i = 0; !next.data && i < sizeof wrappers / sizeof *wrappers; i++) {
            next = object_of(member(inner, &out->marks, wrappers[i]), arena);
        }
        if (!next.data) {
            break;
        }
        inner = next;
    }
    if (out->state == ENVELOPE_NONE) {
        judge_seen(root, out->seen);
    }
    return 0;
}
