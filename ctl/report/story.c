#include "ctl/report/story.h"

#include <stdio.h>

#include "common/base/arena.h"
#include "common/base/language.h"
#include "common/base/print.h"
#include "common/json/json.h"
#include "ctl/show/when.h"

enum { STORY_BYTES = 64 << 20, MESSAGE_ROOM = 8192 };

static int64_t number(const cJSON *object, const char *name)
{
    int64_t n = 0;
    return json_integer(json_get(object, name), &n) == 0 ? n : 0;
}

static struct text word(const cJSON *object, const char *name)
{
    return json_text(json_get(object, name));
}

/* Where it stands in the target. */
static void tell_target(const cJSON *record)
{
    struct text id = word(record, "target_id");
    bool held = cJSON_IsTrue(json_get(record, "held"));
    if (cJSON_IsTrue(json_get(record, "adopted"))) {
        print_line(stdout, "  It stood in the target before dianchen came (id %.*s), and was taken over.",
                   TEXT_ARG(id));
    } else if (held && id.size > 0) {
        print_line(stdout, "  dianchen made it in the target; its id there is %.*s.", TEXT_ARG(id));
    } else if (held) {
        print_line(stdout, "  dianchen made it in the target; its id there is looked up before the next update.");
    } else {
        print_line(stdout, "  Nothing of it stands in the target by dianchen's doing.");
    }
}

static void tell_outcome(const cJSON *record)
{
    static const struct {
        struct text outcome;
        const char *sentence;
    } sentences[] = {
        {{"created", 7}, N_("made it new.")},
        {{"updated", 7}, N_("brought it up to date.")},
        {{"unchanged", 9}, N_("found nothing new in it, and sent nothing.")},
        {{"filtered", 8}, N_("left it out: the scheme's filter says so.")},
        {{"rejected", 8}, N_("could not write it: it stands refused.")},
        {{"pending", 7}, N_("has no outcome for it yet.")},
    };
    struct text outcome = word(record, "outcome");
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
        if (text_equal(outcome, sentences[i].outcome)) {
            print_line(stdout, "  Run %lld was the last that met it: it %s", (long long)number(record, "run"),
                       sentences[i].sentence);
        }
    }
}

/* The page that brought it. */
static void tell_page(const cJSON *page)
{
    char when[WHEN_ROOM];
    if (!cJSON_IsObject(page)) {
        return;
    }
    if (cJSON_IsTrue(json_get(page, "done"))) {
        print_line(stdout, "  It came with page %lld of slice %lld, which held %lld records and was done at %s.",
                   (long long)number(page, "page"), (long long)number(page, "slice"), (long long)number(page, "rows"),
                   when_of(number(page, "ended"), when));
    } else {
        print_line(stdout, "  It came with page %lld of slice %lld, which is not done yet.",
                   (long long)number(page, "page"), (long long)number(page, "slice"));
    }
}

static void tell_claim(const cJSON *claim)
{
    if (!cJSON_IsObject(claim)) {
        return;
    }
    int64_t left = number(claim, "expires_in_ms");
    bool create = text_equal(word(claim, "op"), TEXT("create"));
    if (left > 0) {
        print_line(stdout,
                   create ? N_("  A call that makes it is under way, or its reply is awaited for %lld s more.")
                          : N_("  A call that updates it is under way, or its reply is awaited for %lld s more."),
                   (long long)((left + 999) / 1000));
    } else {
        print_line(stdout, "  A call for it ended without a word: the next loader asks the target what became of it.");
    }
}

/* [["unit","件","2"],…] */
static void tell_lookups(const cJSON *lookups)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, lookups)
    {
        const cJSON *name = one->child, *key = name ? name->next : NULL, *id = key ? key->next : NULL;
        if (id) {
            print_line(stdout, "  Look-up %.*s '%.*s': id %.*s.", TEXT_ARG(json_text(name)), TEXT_ARG(json_text(key)),
                       TEXT_ARG(json_text(id)));
        }
    }
}

/* The follow-ups of what is saved. */
static void tell_steps(const cJSON *steps)
{
    const cJSON *step;
    cJSON_ArrayForEach(step, steps)
    {
        struct text name = json_text(json_get(step, "step")), state = json_text(json_get(step, "state"));
        long long run = (long long)number(step, "run");
        if (text_equal(state, TEXT("done"))) {
            print_line(stdout, "  Step %.*s: done, in run %lld.", TEXT_ARG(name), run);
        } else if (text_equal(state, TEXT("refused"))) {
            print_line(stdout, "  Step %.*s: refused, in run %lld.", TEXT_ARG(name), run);
        } else {
            print_line(stdout, "  Step %.*s: sent in run %lld; no answer yet.", TEXT_ARG(name), run);
        }
    }
}

/* `waits`: a create of it may have landed. */
static void tell_reject(const cJSON *reject, struct text key, bool waits)
{
    if (!cJSON_IsObject(reject)) {
        return;
    }
    char first[WHEN_ROOM], last[WHEN_ROOM], said[MESSAGE_ROOM];
    struct text code = word(reject, "code");
    print_line(stdout, "  Why: %s", language_line(word(reject, "message"), said, sizeof said));
    if (code.size > 0) {
        print_line(stdout, "  By: %.*s, code %.*s.", TEXT_ARG(word(reject, "class")), TEXT_ARG(code));
    } else {
        print_line(stdout, "  By: %.*s.", TEXT_ARG(word(reject, "class")));
    }
    print_line(stdout, "  Refused %lld times, first at %s, last at %s.", (long long)number(reject, "attempts"),
               when_of(number(reject, "first"), first), when_of(number(reject, "last"), last));
    if (text_equal(word(reject, "class"), TEXT("lookup"))) {
        print_line(stdout, "  What to do: put what it looks for into the target; every run tries again by itself.");
    } else if (waits && text_equal(word(reject, "class"), TEXT("unclear"))) {
        print_line(
            stdout,
            "  What to do: look into the target, then dianchen rejects settle %.*s --found ID, or --absent; every "
            "run asks again by itself.",
            TEXT_ARG(key));
    } else {
        print_line(stdout, "  What to do: mend it at the source or in the scheme, then dianchen rejects replay %.*s",
                   TEXT_ARG(key));
    }
}

static void tell_record(const cJSON *record, struct text key)
{
    print_line(stdout, "%.*s  (scheme %.*s, source %.*s, number %.*s)", TEXT_ARG(key), TEXT_ARG(word(record, "scheme")),
               TEXT_ARG(word(record, "source")), TEXT_ARG(word(record, "number")));
    tell_outcome(record);
    tell_page(json_get(record, "page"));
    tell_target(record);
    tell_lookups(json_get(record, "lookups"));
    tell_steps(json_get(record, "steps"));
    tell_claim(json_get(record, "claim"));
    tell_reject(json_get(record, "reject"), key, json_get(record, "claim") != NULL);
}

static void tell_replay(const cJSON *replay)
{
    print_line(stdout,
               cJSON_IsTrue(json_get(replay, "returned"))
                   ? N_("  It was sent again by run %lld.")
                   : N_("  Run %lld asked the source for it again; the source did not return it."),
               (long long)number(replay, "run"));
}

void story_print(struct text json)
{
    struct arena arena;
    const cJSON *tree = NULL, *one = NULL;
    arena_init(&arena, STORY_BYTES);
    if (json_parse(&arena, json, STORY_BYTES, JSON_STRICT, &tree, NULL) == 0) {
        struct text key = word(tree, "key");
        cJSON_ArrayForEach(one, json_get(tree, "records"))
        {
            tell_record(one, key);
        }
        cJSON_ArrayForEach(one, json_get(tree, "replays"))
        {
            tell_replay(one);
        }
    }
    arena_fini(&arena);
}
