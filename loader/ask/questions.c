#include "loader/ask/questions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/container.h"
#include "common/base/rule.h"
#include "common/json/json.h"
#include "common/log/log.h"
#include "common/scheme/formula/question.h"
#include "loader/ask/reading.h"
#include "loader/ask/sibling.h"
#include "loader/batch.h"

enum {
    ENTRIES_MAX = 100000,
    LIST_MEMORY = 64 << 20,
    AGAIN = 60000, /* ms between two readings of a list */
    KEPT = 1 << 18,
    ANSWERS_MAX = 16 << 10, /* bytes */
};

struct entry {
    struct text key, id;
};
/* What one look-up of the scheme asks for: a list of the target, or another scheme's records (sibling.h). */
struct question_list {
    struct questions *questions;
    const struct scheme_lookup *lookup;
    struct sibling_ask ask;
    char account[300]; /* of the other scheme's ledger */
    bool busy, read;
    struct loop_ms since; /* when it was read last */
    int64_t run;          /* that asked for it then */
    struct reading reading;
    struct arena arena, fresh; /* of what is known; of what is being read */
    struct entry *entries, *coming;
    size_t count, coming_count;
};
enum { RESULT_FOUND, RESULT_ABSENT, RESULT_AMBIGUOUS, RESULTS };
struct questions {
    struct loader *loader;
    void (*begin)(struct batch *batch);
    struct metric *results[RESULTS];
    struct question_list *lists;
    size_t count;
    struct arena arena; /* of one page of a list, and of one row */
    struct buffer payload;
    struct buffer answers; /* of the row at hand, for `dianchen explain` */
};

/* ---- reading a list ---- */

static void give_up(struct question_list *list, const char *what, struct text why)
{
    struct cause cause;
    cause_set(&cause, ERR_REFUSED, "look-up %.*s: the target's list %.*s can't be read whole: %s%.*s",
              TEXT_ARG(list->lookup->name), TEXT_ARG(list->lookup->list), what, TEXT_ARG(why));
    loader_fatal(list->questions->loader, &cause, EXIT_REFUSED);
}

static int by_key(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    size_t common = x->key.size < y->key.size ? x->key.size : y->key.size;
    int order = common > 0 ? memcmp(x->key.data, y->key.data, common) : 0;
    return order != 0 ? order : (x->key.size > y->key.size) - (x->key.size < y->key.size);
}

static void answer_again(struct batch *batch)
{
    if (batch->asking && !batch->beginning && questions_answer(batch)) {
        batch->asking = false;
        batch->loader->questions->begin(batch);
    }
}

static void begin_waiting(struct loader *loader)
{
    struct batch *next;
    for (struct batch *batch = loader->batches; batch; batch = next) {
        next = batch->next;
        answer_again(batch);
    }
}

static void finished(struct question_list *list)
{
    arena_fini(&list->arena);
    list->arena = list->fresh;
    arena_init(&list->fresh, LIST_MEMORY);
    list->entries = list->coming;
    list->count = list->coming_count;
    qsort(list->entries, list->count, sizeof *list->entries, by_key);
    list->busy = false;
    list->read = true;
    list->since = loop_now(list->questions->loader->stage.loop);
    log_event(EVENT_LOOKUP_LIST, "a list for look-ups was read", "lookup", LOG_TEXT(list->lookup->name), "entries",
              LOG_INT((int64_t)list->count), (const char *)NULL);
    begin_waiting(list->questions->loader);
    loader_pump(list->questions->loader);
}

static int take_page(struct question_list *list, const struct target_page *page)
{
    if (list->coming_count + page->count > ENTRIES_MAX) {
        return ERR_LIMIT;
    }
    for (size_t i = 0; i < page->count; i++) {
        struct text key = list->lookup->by_number ? page->entries[i].number : page->entries[i].name;
        struct entry *entry = &list->coming[list->coming_count];
        if (key.size == 0) {
            continue;
        }
        entry->key = arena_text(&list->fresh, key);
        entry->id = arena_text(&list->fresh, page->entries[i].id);
        if (!entry->key.data || !entry->id.data) {
            return ERR_MEMORY;
        }
        list->coming_count++;
    }
    return 0;
}

static struct question_list *list_of(struct reading *reading)
{
    return CONTAINER_OF(reading, struct question_list, reading);
}

static void unread(struct reading *reading, int error, const char *what, struct text why)
{
    (void)error;
    give_up(list_of(reading), what, why);
}

static void page_came(struct reading *reading, const struct target_page *page, bool last)
{
    struct question_list *list = list_of(reading);
    int error = take_page(list, page);
    if (error) {
        give_up(list, "", text_of(error_text(error)));
    } else if (last) {
        finished(list);
    } else {
        reading_next(reading);
    }
}

static void start_reading(struct question_list *list, int64_t run)
{
    if (list->busy) {
        return;
    }
    list->busy = true;
    list->run = run;
    list->coming_count = 0;
    list->coming = arena_take(&list->fresh, ENTRIES_MAX * sizeof *list->coming);
    if (!list->coming) {
        give_up(list, "", TEXT("out of memory"));
        return;
    }
    reading_start(&list->reading, list->lookup->path.data, true);
}

/* ---- answering ---- */

struct asking {
    struct questions *questions;
    struct batch *batch;
};

static struct question_list *list_named(const struct questions *questions, struct text name)
{
    for (size_t i = 0; i < questions->count; i++) {
        if (text_equal(questions->lists[i].lookup->name, name)) {
            return &questions->lists[i];
        }
    }
    return NULL;
}

static int find_id(const struct asking *asking, const struct question *question, struct text *id)
{
    struct question_list *list = list_named(asking->questions, question->name);
    int64_t run = asking->batch->page.run;
    if (!list) {
        return ERR_NOT_FOUND;
    }
    if (list->ask.inquiry) {
        return sibling_answer(asking->batch, &list->ask, question->key, id);
    }
    struct loop_ms now = loop_now(asking->questions->loader->stage.loop);
    bool old = list->read && !loop_before(now, loop_after(list->since, AGAIN));
    const struct entry key = {.key = question->key};
    const struct entry *found =
        list->read && list->count > 0 ? bsearch(&key, list->entries, list->count, sizeof key, by_key) : NULL;
    if (!list->read || (old && (!found || list->run != run))) {
        start_reading(list, run);
        return ERR_BUSY;
    }
    if (!found) {
        return ERR_NOT_FOUND;
    }
    const struct entry *end = list->entries + list->count;
    bool twice = (found > list->entries && by_key(found - 1, found) == 0 && !text_equal(found[-1].id, found->id)) ||
                 (found + 1 < end && by_key(found + 1, found) == 0 && !text_equal(found[1].id, found->id));
    *id = found->id;
    return twice ? ERR_REFUSED : 0;
}

static int find(void *user, const struct question *question, struct text *id)
{
    const struct asking *asking = user;
    struct buffer *answers = &asking->questions->answers;
    int error = find_id(asking, question, id);
    if (!error) {
        size_t before = answers->size, comma = before > 0;
        buffer_add_text(answers, comma ? TEXT(",[") : TEXT("["));
        json_put_text(answers, question->name);
        buffer_add_char(answers, ',');
        json_put_text(answers, question->key);
        buffer_add_char(answers, ',');
        json_put_text(answers, *id);
        buffer_add_char(answers, ']');
        struct text told = {answers->data, before},
                    one = {answers->data + before + comma, answers->size - before - comma};
        if (!answers->failed && before > 0 && text_find(told, one) >= 0) {
            answers->size = before; /* five units that are the same one */
        }
    }
    return error;
}

/* A record of very many look-ups says nothing of them. */
static void keep_answers(const struct questions *questions, struct row *row)
{
    const struct buffer *answers = &questions->answers;
    char *json = answers->failed || answers->size == 0 ? NULL : arena_take(&row->batch->notes, answers->size + 2);
    if (json) {
        json[0] = '[';
        memcpy(json + 1, answers->data, answers->size);
        json[answers->size + 1] = ']';
        row->facts->answers = (struct text){json, answers->size + 2};
    }
}

/* What is told of a key without an id; behind it stands the list, or the other scheme. */
static const char *why_not(const struct scheme_lookup *lookup, int error)
{
    if (lookup && lookup->form) {
        return error == ERR_REFUSED   ? "has two ids in the ledger of scheme "
               : error == ERR_TIMEOUT ? "the target does not show what was written by scheme "
                                      : "not written yet by scheme ";
    }
    return error == ERR_REFUSED ? "stands more than once in the target's list " : "not in the target's list ";
}

/* "unit '箱': not in the target's list units" */
static void refuse(struct questions *questions, struct row *row, int error, const struct question *missing)
{
    enum { SHOWN = 80 };
    char message[300];
    const struct question_list *list = list_named(questions, missing->name);
    const struct scheme_lookup *lookup = list ? list->lookup : NULL;
    struct text where = lookup && lookup->form ? lookup->scheme : lookup ? lookup->list : TEXT("");
    int size = snprintf(message, sizeof message, "%.*s '%.*s': %s%.*s", TEXT_ARG(missing->name),
                        (int)text_cut(missing->key, SHOWN), missing->key.data, why_not(lookup, error),
                        (int)text_cut(where, SHOWN), where.data);
    if (error != ERR_SYNTAX && error != ERR_MEMORY) {
        metric_add(questions->results[error == ERR_REFUSED ? RESULT_AMBIGUOUS : RESULT_ABSENT], 1);
    }
    struct text text = error == ERR_SYNTAX || error == ERR_MEMORY
                           ? TEXT("the look-ups in its payload can't be read: malformed, or out of memory")
                           : (struct text){message, (size_t)(size < 0 ? 0 : size)};
    struct mapped *in = &row->facts->in;
    in->kind = RECORD_UNMAPPABLE;
    in->payload = TEXT("");
    if (!rule_off(RULE_QUESTION)) {
        in->hash[0] ^= 0xff; /* not the payload's: when the answer is there, it is another record */
    }
    in->refusal = (struct refusal){TEXT("lookup"), TEXT(""), batch_keep(row, text)};
}

/* ERR_BUSY: a list is being read. */
static int answer_row(struct questions *questions, struct row *row)
{
    struct mapped *in = &row->facts->in;
    if (in->kind != RECORD_PAYLOAD || !question_stands(in->payload)) {
        return 0;
    }
    struct asking asking = {questions, row->batch};
    struct question missing = {TEXT(""), TEXT("")};
    arena_reset(&questions->arena, KEPT);
    buffer_clear(&questions->payload, KEPT);
    buffer_clear(&questions->answers, ANSWERS_MAX);
    int error = question_resolve(in->payload, find, &asking, &questions->arena, &questions->payload, &missing);
    if (error == ERR_BUSY) {
        return error;
    }
    if (error) {
        refuse(questions, row, error, &missing);
        return 0;
    }
    metric_add(questions->results[RESULT_FOUND], 1);
    keep_answers(questions, row);
    in->payload = batch_keep(row, buffer_text(&questions->payload));
    if (in->payload.size == 0) {
        refuse(questions, row, ERR_MEMORY, &missing);
    }
    return 0;
}

bool questions_answer(struct batch *batch)
{
    bool all = true;
    for (size_t i = 0; i < batch->count && !batch->loader->stopped; i++) {
        all = answer_row(batch->loader->questions, &batch->rows[i]) == 0 && all;
    }
    if (!batch->loader->stopped && siblings_ask(batch, answer_again)) {
        return false;
    }
    return all && !batch->loader->stopped;
}

void questions_touch(struct loader *loader)
{
    for (struct batch *batch = loader->batches; batch; batch = batch->next) {
        if (batch->asking && batch->link) {
            link_in_touch(loader->link, batch->link);
        }
    }
}

void questions_run(struct loader *loader)
{
    for (size_t i = 0; loader->questions && i < loader->questions->count; i++) {
        if (loader->questions->lists[i].ask.inquiry) {
            inquiry_run(loader->questions->lists[i].ask.inquiry);
        }
    }
    if (!loader->draining) {
        return;
    }
    for (struct batch *batch = loader->batches; batch; batch = batch->next) {
        if (batch->asking) {
            batch->asking = false;
            batch->released = true;
            batch->open = 0;
        }
    }
}

static int list_start(struct question_list *list, struct loader *loader)
{
    const struct scheme_lookup *lookup = list->lookup;
    arena_init(&list->arena, LIST_MEMORY);
    arena_init(&list->fresh, LIST_MEMORY);
    reading_init(&list->reading, loader);
    list->reading.page = page_came;
    list->reading.failed = unread;
    if (lookup->form) {
        loader_account(loader, lookup->form, list->account, sizeof list->account);
        list->ask =
            (struct sibling_ask){lookup, text_of(list->account), inquiry_new(loader, lookup->form, begin_waiting)};
        return list->ask.inquiry ? 0 : ERR_MEMORY;
    }
    return 0;
}

int questions_start(struct loader *loader, void (*begin)(struct batch *batch))
{
    const struct scheme *scheme = loader->stage.scheme;
    if (scheme->lookup_count == 0) {
        return 0;
    }
    struct questions *questions = calloc(1, sizeof *questions);
    struct question_list *lists = calloc(scheme->lookup_count, sizeof *lists);
    if (!questions || !lists) {
        free(questions);
        free(lists);
        return ERR_MEMORY;
    }
    *questions = (struct questions){.loader = loader, .begin = begin, .lists = lists, .count = scheme->lookup_count};
    loader->questions = questions;
    arena_init(&questions->arena, ANSWER_ARENA_MAX);
    buffer_init(&questions->payload, WIRE_FRAME_MAX);
    buffer_init(&questions->answers, ANSWERS_MAX);
    int error = 0;
    for (size_t i = 0; i < questions->count; i++) {
        lists[i] = (struct question_list){.questions = questions, .lookup = &scheme->lookups[i]};
        error = list_start(&lists[i], loader) ? ERR_MEMORY : error;
    }
    static const char *const results[] = {"result=\"found\"", "result=\"absent\"", "result=\"ambiguous\""};
    for (size_t i = 0; i < RESULTS; i++) {
        questions->results[i] = metrics_add(loader->stage.metrics, FAMILY_LOOKUPS, results[i]);
    }
    return error;
}

void questions_free(struct loader *loader)
{
    struct questions *questions = loader->questions;
    loader->questions = NULL;
    for (size_t i = 0; questions && i < questions->count; i++) {
        arena_fini(&questions->lists[i].arena);
        arena_fini(&questions->lists[i].fresh);
        reading_fini(&questions->lists[i].reading);
        inquiry_free(&questions->lists[i].ask.inquiry);
    }
    if (questions) {
        arena_fini(&questions->arena);
        buffer_fini(&questions->payload);
        buffer_fini(&questions->answers);
        free(questions->lists);
        free(questions);
    }
}
