#include "common/scheme/cases.h"

enum { TESTS_MAX = 1000 };

/* Of a source that is split: a row's fields, and "parent.NAME". */
static void check_slots(struct scheme_compile *c, const cJSON *record)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, record)
    {
        if (!scheme_field_of(c, text_of(item->string))) {
            scheme_fault(&c->faults, &c->file, item,
                         "no such field of a row of %.*s; fields of the record around it are \"parent.NAME\"",
                         TEXT_ARG(c->split->name));
        }
    }
}

static void check_names(struct scheme_compile *c, const cJSON *object, const struct scheme_fields *fields,
                        struct text api)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, object)
    {
        struct scheme_guess guess;
        if (!scheme_field_find(fields, text_of(item->string), &guess)) {
            scheme_fault(&c->faults, &c->file, item, "no such field of %.*s%s", TEXT_ARG(api),
                         scheme_guess_tail(&guess));
        }
    }
}

static void check_test(struct scheme_compile *c, const cJSON *test)
{
    const cJSON *expect = json_get(test, "expect");
    int verdicts = (expect != NULL) + (json_get(test, "filtered") != NULL) + (json_get(test, "reject") != NULL);
    if (verdicts != 1) {
        scheme_fault(&c->faults, &c->file, test, "needs one of \"expect\", \"filtered\" and \"reject\"");
    }
    if (c->split) {
        check_slots(c, json_get(test, "record"));
    } else if (c->source.loaded) {
        check_names(c, json_get(test, "record"), &c->source.response, c->source.name);
    }
    if (c->target.loaded) {
        check_names(c, expect, &c->target.request, c->target.name);
    }
}

void scheme_check_tests(struct scheme_compile *c, const cJSON *tests)
{
    int count = cJSON_IsArray(tests) ? cJSON_GetArraySize(tests) : 0;
    if (count > TESTS_MAX) {
        scheme_fault(&c->faults, &c->file, tests, "more than %d tests", TESTS_MAX);
        return;
    }
    const cJSON *item;
    for (item = count > 0 ? tests->child : NULL; item; item = item->next) {
        if (scheme_check(&c->faults, &c->file, item, DOCUMENT_SCHEME, "/tests/*")) {
            check_test(c, item);
        }
    }
}
