#include "console/serve/route.h"

#include <microhttpd.h>
#include <stdio.h>

enum { SEGMENT_MOST = 2000 /* bytes of a text that has no bound of its own */ };

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Percent-decoded; data NULL where it is no text that a store could keep. */
static struct text decoded(struct arena *arena, struct text t, bool plus)
{
    char *out = arena_take(arena, t.size + 1);
    size_t size = 0;
    for (size_t i = 0; out && i < t.size; i++) {
        char c = t.data[i];
        if (c == '%') {
            int high = i + 2 < t.size ? hex(t.data[i + 1]) : -1, low = high >= 0 ? hex(t.data[i + 2]) : -1;
            if (low < 0) {
                return (struct text){NULL, 0};
            }
            c = (char)(high << 4 | low);
            i += 2;
        }
        out[size++] = plus && t.data[i] == '+' ? ' ' : c;
    }
    if (!out) {
        return (struct text){NULL, 0};
    }
    out[size] = '\0';
    struct text text = {out, size};
    return text_is_storable(text) ? text : (struct text){NULL, 0};
}

/* Takes the text up to `end` off `rest`. */
static struct text take(struct text *rest, char end)
{
    const char *at = rest->size > 0 ? memchr(rest->data, end, rest->size) : NULL;
    struct text part = {rest->data, at ? (size_t)(at - rest->data) : rest->size};
    size_t gone = part.size + (at ? 1 : 0);
    *rest = (struct text){rest->data + gone, rest->size - gone};
    return part;
}

static int value_set(struct api_request *request, const struct param *param, int place, struct text value,
                     struct api_answer *answer)
{
    if (!value.data) {
        return answer_problem(answer, MHD_HTTP_BAD_REQUEST, "parameter", "%s: is not encoded as UTF-8", param->name);
    }
    size_t most = param->most > 0 && param->kind == PARAM_TEXT ? (size_t)param->most : SEGMENT_MOST;
    if (value.size > most) {
        return answer_problem(answer, MHD_HTTP_BAD_REQUEST, "parameter", "%s: longer than %zu bytes", param->name,
                              most);
    }
    if (param->kind == PARAM_NUMBER) {
        int64_t number;
        if (text_integer(value, &number) != 0 || number < param->least || number > param->most) {
            return answer_problem(answer, MHD_HTTP_BAD_REQUEST, "parameter",
                                  "%s: a whole number of %lld to %lld is wanted", param->name, (long long)param->least,
                                  (long long)param->most);
        }
        request->numbers[place] = number;
    }
    if (param->kind == PARAM_CHOICE) {
        struct text rest = text_of(param->choices);
        bool found = false;
        while (rest.size > 0 && !found) {
            found = text_equal(take(&rest, '|'), value);
        }
        if (!found) {
            return answer_problem(answer, MHD_HTTP_BAD_REQUEST, "parameter", "%s: one of %s is wanted", param->name,
                                  param->choices);
        }
    }
    request->values[place] = value;
    return 0;
}

/* Do path and template have the same parts? Those in braces are parameters, kept as they came. */
static bool path_fits(const char *template, struct text path, struct text found[REQUEST_PARAMS], size_t *count)
{
    struct text rest = text_of(template);
    *count = 0;
    while (rest.size > 0) {
        struct text want = take(&rest, '/'), have = take(&path, '/');
        if (want.data[0] == '{') {
            if (have.size == 0 || *count == REQUEST_PARAMS) {
                return false;
            }
            found[(*count)++] = have;
        } else if (!text_equal(want, have)) {
            return false;
        }
        if (rest.size == 0 || path.size == 0) {
            return rest.size == 0 && path.size == 0;
        }
    }
    return false;
}

static int query_read(struct api_request *request, struct text query, struct api_answer *answer)
{
    const struct param *params = request->operation->params;
    int error = 0;
    while (query.size > 0 && !error) {
        struct text value = take(&query, '&');
        struct text name = decoded(request->arena, take(&value, '='), true);
        int place = -1;
        for (int i = 0; i < REQUEST_PARAMS && params[i].name; i++) {
            place = name.data && !params[i].in_path && text_equal(text_of(params[i].name), name) ? i : place;
        }
        if (place < 0) {
            return answer_problem(answer, MHD_HTTP_BAD_REQUEST, "parameter", "%.*s: no such parameter of %s",
                                  TEXT_ARG(name), request->operation->id);
        }
        value = decoded(request->arena, value, true);
        if (!value.data || value.size > 0) { /* an empty one counts as not given */
            error = value_set(request, &params[place], place, value, answer);
        }
    }
    return error;
}

static int params_read(struct api_request *request, const struct text *in_path, struct text query,
                       struct api_answer *answer)
{
    const struct param *params = request->operation->params;
    int error = 0;
    for (int i = 0; i < REQUEST_PARAMS && params[i].name && !error; i++) {
        request->values[i] = (struct text){NULL, 0};
        request->numbers[i] = params[i].otherwise;
        if (params[i].in_path) {
            error = value_set(request, &params[i], i, decoded(request->arena, *in_path++, false), answer);
        }
    }
    return error ? error : query_read(request, query, answer);
}

int route_find(struct text target, const char *method, struct api_request *request, struct api_answer *answer)
{
    struct text query = target, found[REQUEST_PARAMS] = {{NULL, 0}};
    struct text path = take(&query, '?'), base = TEXT(API_BASE);
    bool other_method = false;
    size_t count;
    path = (struct text){path.data + base.size, path.size - base.size};
    for (const struct operation *one = operations; one->id; one++) {
        if (!path_fits(one->path, path, found, &count)) {
            continue;
        }
        bool same =
            strcmp(one->method, method) == 0 || (strcmp(one->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
        if (same) {
            request->operation = one;
            return params_read(request, found, query, answer);
        }
        other_method = true;
    }
    return other_method ? answer_problem(answer, MHD_HTTP_METHOD_NOT_ALLOWED, "method", "%s is not served here", method)
                        : answer_problem(answer, MHD_HTTP_NOT_FOUND, "path",
                                         "no such call; GET /api/v1/openapi.json tells them all");
}
