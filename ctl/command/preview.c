/* `dianchen preview`: a page of the source, mapped. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/language.h"
#include "common/base/print.h"
#include "common/json/json.h"
#include "common/log/log.h"
#include "common/scheme/scheme.h"
#include "ctl/children/call.h"
#include "ctl/children/child.h"
#include "ctl/command/table.h"
#include "ctl/target/ids.h"
#include "ctl/target/standing.h"

enum { SAMPLE_LIMIT = 8 << 20, SAMPLE_MOST = 100, MESSAGE_MOST = 4096 };

static struct {
    const char *scheme;
    struct record_options record;
    int64_t want;
    bool json, no_target;
    const char *records;
} order;
static const struct config_option options[] = {
    OPT_SETTING(SCHEME, order.scheme),
    OPT_COUNT("-n", order.want, 1, SAMPLE_MOST, "how many records", .fallback = "5"),
    OPT_SWITCH("--json", order.json, "one JSON object: {\"records\":[{\"source\",\"mapped\",\"stands\",\"fields\"}]}"),
    OPT_SWITCH("--no-target", order.no_target, "ask the target nothing"),
    OPT_TEXT("--records", order.records, "map the records of this file instead: JSON objects, one a line"),
    RECORD_OPTIONS(order.record),
};
const struct config_program preview_program =
    COMMAND_PROGRAM("preview [-n 5]",
                    "Fetches a page, maps it, shows source and payload side by side, and what stands in the target "
                    "under the same number:\n"
                    "before and after of each field that would change. Writes nothing.",
                    options);

/* What the target says of the records. */
struct look {
    struct scheme *scheme;
    struct ids ids;
    struct standing standing;
};

/* Takes the next line off `rest`. False at the end. */
static bool next_line(struct text *rest, struct text *line)
{
    if (rest->size == 0) {
        return false;
    }
    const char *end = memchr(rest->data, '\n', rest->size);
    line->data = rest->data;
    line->size = end ? (size_t)(end - rest->data) : rest->size;
    size_t taken = end ? line->size + 1 : line->size;
    rest->data += taken;
    rest->size -= taken;
    return true;
}

/* The formula of a field of the target, as the scheme has it; empty where it has none. */
static struct text formula_of(const struct scheme *scheme, const char *field)
{
    for (size_t i = 0; scheme && i < scheme->target.field_count; i++) {
        const struct scheme_assignment *one = &scheme->target.fields[i];
        if (text_equal(one->name, text_of(field))) {
            return one->written;
        }
    }
    return TEXT("");
}

/* An object's members, one a line, indented: `    shop_no   "S1"`; those of a payload with their formulas:
 * `    name      "旗舰店"   =TRIM(shop_name)`. */
static void print_members(const cJSON *object, const struct scheme *scheme, struct buffer *scratch)
{
    for (const cJSON *member = object ? object->child : NULL; member != NULL; member = member->next) {
        buffer_clear(scratch, SAMPLE_LIMIT);
        json_put_tree(scratch, member);
        struct text formula = formula_of(scheme, member->string);
        print_line(stdout, "    %-20s %.*s%s%.*s", member->string, TEXT_ARG(buffer_text(scratch)),
                   formula.size > 0 ? "   " : "", TEXT_ARG(formula));
    }
}

/* Ids of the payload that the target does not have. */
static void print_ids(const struct look *look, const cJSON *payload)
{
    const struct scheme *scheme = look->scheme;
    for (size_t i = 0; scheme && i < scheme->target.field_count; i++) {
        const struct scheme_assignment *field = &scheme->target.fields[i];
        char name[200];
        (void)snprintf(name, sizeof name, "%.*s", TEXT_ARG(field->name));
        const cJSON *value = field->lookup.size > 0 ? json_get(payload, name) : NULL;
        if (cJSON_IsString(value) && !ids_hold(&look->ids, field, json_text(value))) {
            print_line(stdout, "  FAIL  %s: '%.*s' is none of the target's %.*s; dianchen lookup %.*s lists them", name,
                       TEXT_ARG(json_text(value)), TEXT_ARG(field->lookup), TEXT_ARG(field->lookup));
        }
    }
}

static void print_pair(int number, struct text source, struct text mapped, struct look *look)
{
    struct arena arena;
    arena_init(&arena, SAMPLE_LIMIT);
    struct buffer scratch;
    buffer_init(&scratch, SAMPLE_LIMIT);
    const cJSON *from = NULL;
    const cJSON *to = NULL;
    if (json_parse(&arena, source, SAMPLE_LIMIT, JSON_STRICT, &from, NULL) == 0 &&
        json_parse(&arena, mapped, SAMPLE_LIMIT, JSON_STRICT, &to, NULL) == 0) {
        struct text outcome = json_text(json_get(to, "outcome"));
        struct text message = json_text(json_get(to, "message"));
        char became[40], why[MESSAGE_MOST];
        print_line(stdout, "%d. %.*s: %s%s%s", number, TEXT_ARG(json_text(json_get(to, "key"))),
                   language_line(outcome, became, sizeof became), message.size ? ": " : "",
                   language_line(message, why, sizeof why));
        print_line(stdout, "  source");
        print_members(from, NULL, &scratch);
        if (cJSON_IsObject(json_get(to, "payload"))) {
            print_line(stdout, "  payload");
            print_members(json_get(to, "payload"), look->scheme, &scratch);
            print_ids(look, json_get(to, "payload"));
            const cJSON *found = NULL;
            struct text line = standing_take(&look->standing);
            if (line.size > 0 && json_parse(&arena, line, SAMPLE_LIMIT, JSON_STRICT, &found, NULL) == 0) {
                standing_print(standing_word(look->scheme->target.existing), found, json_get(to, "payload"));
            }
            for (size_t i = 0; i < look->scheme->target.step_count; i++) {
                const struct scheme_step *step = &look->scheme->target.steps[i];
                print_line(stdout, "  behind the save: step %.*s (%.*s)", TEXT_ARG(step->name), TEXT_ARG(step->label));
            }
        }
    }
    buffer_fini(&scratch);
    arena_fini(&arena);
}

/* One pair as JSON, and what the target holds of it; null where that is not known. */
static void put_pair(struct buffer *list, struct text source, struct text mapped, struct look *look)
{
    struct arena arena;
    const cJSON *to = NULL, *found = NULL;
    arena_init(&arena, SAMPLE_LIMIT);
    buffer_format(list, "{\"source\":%.*s,\"mapped\":%.*s", TEXT_ARG(source), TEXT_ARG(mapped));
    if (!order.no_target && json_parse(&arena, mapped, SAMPLE_LIMIT, JSON_STRICT, &to, NULL) == 0 &&
        cJSON_IsObject(json_get(to, "payload"))) {
        (void)!json_parse(&arena, standing_take(&look->standing), SAMPLE_LIMIT, JSON_STRICT, &found, NULL);
        buffer_add_char(list, ',');
        standing_put(list, found, json_get(to, "payload"));
    }
    buffer_add_char(list, '}');
    arena_fini(&arena);
}

static int print_all(struct text sources, struct text results, struct look *look)
{
    struct text from, to;
    int shown = 0;
    struct buffer list;
    buffer_init(&list, (size_t)4 * SAMPLE_LIMIT);
    while (next_line(&sources, &from) && next_line(&results, &to)) {
        if (order.json) {
            buffer_add_text(&list, shown ? TEXT(",") : TEXT("{\"records\":["));
            put_pair(&list, from, to, look);
        } else {
            print_pair(shown + 1, from, to, look);
        }
        shown++;
    }
    if (order.json) {
        buffer_add_text(&list, shown ? TEXT("]}") : TEXT("{\"records\":[]}"));
        print_json(buffer_text(&list));
    } else if (shown == 0) {
        print_line(stdout, "the source has no records to show");
    }
    if (shown > 0 && !order.no_target && !look->standing.asked) {
        print_line(stderr,
                   "dianchen: preview: the target could not be asked what stands there; dianchen check says why");
    }
    int exit_code = list.failed ? EXIT_REFUSED : EXIT_COMPLETE;
    buffer_fini(&list);
    return exit_code;
}

/* Records of a file, as the source would have given them. */
static int take_file(const char *path, struct buffer *out, struct cause *cause)
{
    FILE *file = fopen(path, "re");
    char block[1 << 16], why[128];
    if (!file) {
        return cause_set(cause, ERR_INPUT, "--records %s: %s", path, strerror_r(errno, why, sizeof why));
    }
    for (size_t size; !out->failed && (size = fread(block, 1, sizeof block, file)) > 0;) {
        buffer_add(out, block, size);
    }
    (void)fclose(file);
    return out->failed ? cause_set(cause, ERR_INPUT, "--records %s: larger than %d MiB", path, SAMPLE_LIMIT >> 20) : 0;
}

int preview_serve(char **words, size_t count)
{
    (void)words;
    (void)count;
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)order.want);
    struct cause cause;
    struct buffer source, mapped;
    buffer_init(&source, SAMPLE_LIMIT);
    buffer_init(&mapped, SAMPLE_LIMIT);
    const char *sample[] = {"--sample", number, "--scheme", order.scheme, NULL};
    int code = child_record(&order.record, &cause);
    if (code == 0) {
        code = order.records ? take_file(order.records, &source, &cause)
                             : child_call("extractor", sample, TEXT(""), &source, &cause);
    }
    if (code == 0) {
        const char *map[] = {"--map", "--scheme", order.scheme, NULL};
        code = child_call("transformer", map, buffer_text(&source), &mapped, &cause);
    }
    if (code < 0) {
        code = log_fatal(&cause, code == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    } else if (code == 0) {
        struct look look = {0};
        if (!order.no_target) {
            standing_ask(&look.standing, buffer_text(&mapped), order.scheme);
        }
        if (!order.json && scheme_load(order.scheme, &look.scheme, NULL) == 0) {
            if (look.standing.asked) {
                ids_ask(&look.ids, look.scheme, order.scheme);
            }
        }
        code = print_all(buffer_text(&source), buffer_text(&mapped), &look);
        standing_fini(&look.standing);
        ids_fini(&look.ids);
        scheme_free(&look.scheme);
    }
    buffer_fini(&source);
    buffer_fini(&mapped);
    return code;
}
