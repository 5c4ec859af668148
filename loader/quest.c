#include "loader/quest.h"

#include <stdlib.h>

#include "common/log.h"
#include "common/rule.h"
#include "loader/ending.h"
#include "loader/load.h"
#include "loader/post.h"

enum { GATHER = 20 /* ms that the first question waits for others */, SINGLE_ROWS = 8 /* of a quest without `many` */ };

struct quest {
    struct quest *next; /* every one that was ever made */
    struct loader *loader;
    bool busy;
    struct row *rows[QUEST_ROWS];
    size_t count;
    size_t at; /* rows before are answered */
    struct arena arena;
    struct xingchen_call call;
};

static void one_done(struct xingchen_call *call, const struct answer *answer);

/* ---- reading ---- */

/* The material of this number in a reply: an object, a list, or a list in `rows`. *any = it holds some material. */
static struct text find(struct arena *arena, const cJSON *data, struct text number, bool *any)
{
    const cJSON *rows = json_get(data, "rows");
    const cJSON *list = cJSON_IsArray(data) ? data : cJSON_IsArray(rows) ? rows : NULL;
    for (const cJSON *item = list ? list->child : data; item; item = list ? item->next : NULL) {
        struct text id = answer_id(arena, json_get(item, "id"));
        if (id.size == 0) {
            continue;
        }
        *any = true;
        if (text_equal(answer_id(arena, json_get(item, "number")), number)) {
            return id;
        }
    }
    return (struct text){NULL, 0};
}

static bool is_empty(const cJSON *data)
{
    return !data || cJSON_IsNull(data) || ((cJSON_IsArray(data) || cJSON_IsObject(data)) && !data->child) ||
           (cJSON_IsString(data) && data->valuestring[0] == '\0');
}

enum quest_told quest_read(struct arena *arena, const struct answer *answer, struct text number, struct text *id)
{
    if (answer->class == REPLY_REJECT) {
        return answer_says_gone(answer->message) ? TOLD_ABSENT : TOLD_NOTHING;
    }
    if (answer->class != REPLY_DONE) {
        return TOLD_NOTHING;
    }
    const cJSON *rows = json_get(answer->data, "rows");
    if (is_empty(answer->data) || (cJSON_IsArray(rows) && !rows->child)) {
        return TOLD_ABSENT;
    }
    bool any = false;
    *id = find(arena, answer->data, number, &any);
    /* A material of another number: the target does not look for numbers the way we think. */
    return id->size > 0 ? TOLD_FOUND : TOLD_NOTHING;
}

/* ---- what follows from an answer ---- */

/* The number under which the target may have it. */
static struct text number_of(const struct row *row)
{
    bool known = (row->seek == SEEK_SETTLE || row->seek == SEEK_UPDATE) && row->facts->known_number.size > 0;
    return known ? row->facts->known_number : load_number(row);
}

static void update_under(struct loader *loader, struct row *row, struct text id, bool fresh_claim)
{
    row->target_id = id;
    row->op = OP_UPDATE;
    row->reclaim = row->reclaim || fresh_claim;
    post_add(loader, row);
}

static void create(struct loader *loader, struct row *row)
{
    row->op = OP_CREATE;
    row->target_id = (struct text){NULL, 0};
    row->reclaim = true;
    post_add(loader, row);
}

/* Is the id among those that the reply called saved? Without any such list what stands there is ours. */
static bool ours(const struct row *row, struct text id)
{
    for (size_t at = 0; at + id.size + 2 <= row->saved.size; at++) {
        if (row->saved.data[at] == '\n' && memcmp(row->saved.data + at + 1, id.data, id.size) == 0 &&
            row->saved.data[at + 1 + id.size] == '\n') {
            return true;
        }
    }
    return row->saved.size <= 1;
}

/* It stood there before us. */
static void adopt(struct loader *loader, struct row *row, struct text id)
{
    if (!loader->stage.scheme->target.adopt) {
        ending_refused(row, TEXT("exists"), row->code,
                       row->message.size > 0 ? row->message : TEXT("the target has this number already"));
        return;
    }
    row->adopted = true;
    update_under(loader, row, id, true);
}

static void found(struct loader *loader, struct row *row, struct text id)
{
    const struct ledger_row *facts = row->facts;
    switch (row->seek) {
    case SEEK_SETTLE:
        row->op = OP_CREATE;
        row->target_id = id;
        if (memcmp(facts->hash, facts->pend, HASH_SIZE) == 0 || rule_off(RULE_LANDED)) {
            ending_saved(row, facts->hash);
        } else {
            row->landed = true;
            update_under(loader, row, id, true);
        }
        break;
    case SEEK_UPDATE:
        /* Where the number changes the id must be in the ledger first: nobody would find it by the old one again. */
        update_under(loader, row, id, !text_equal(number_of(row), load_number(row)) && !rule_off(RULE_ID_FIRST));
        break;
    case SEEK_PART:
        if (ours(row, id)) {
            row->target_id = id;
            ending_saved(row, facts->hash);
            break;
        }
        adopt(loader, row, id);
        break;
    case SEEK_EXISTS:
        adopt(loader, row, id);
        break;
    case SEEK_GONE:
        if (text_equal(id, row->target_id)) { /* it is there: something else was missing */
            ending_refused(row, TEXT("target"), row->code, row->message);
        } else {
            adopt(loader, row, id);
        }
        break;
    }
}

static void absent(struct loader *loader, struct row *row)
{
    switch (row->seek) {
    case SEEK_SETTLE:
    case SEEK_UPDATE:
        if (text_equal(number_of(row), load_number(row))) {
            create(loader, row);
        } else { /* the ledger must know the other number before it is sent */
            row->op = OP_CREATE;
            row->again = true;
            ending_released(row);
        }
        break;
    case SEEK_GONE:
        create(loader, row);
        break;
    case SEEK_PART:
        row->reclaim = true;
        post_alone(loader, row);
        break;
    case SEEK_EXISTS:
        ending_refused(row, TEXT("exists"), row->code, row->message);
        break;
    }
}

static void conclude(struct loader *loader, struct row *row, enum quest_told told, struct text id)
{
    if (told == TOLD_FOUND) {
        struct text copy = arena_text(&row->load->notes, id);
        if (copy.data) {
            found(loader, row, copy);
            return;
        }
        told = TOLD_NOTHING;
    }
    if (told == TOLD_ABSENT && (store_now(loader->stage.store) >= row->sure || rule_off(RULE_VISIBLE))) {
        absent(loader, row);
    } else if (told == TOLD_ABSENT) {
        quest_add(loader, row, row->seek, row->sure);
        row->asked = true;
    } else {
        load_wait(row, row->until);
    }
}

/* ---- asking ---- */

static void finish(struct quest *quest)
{
    struct loader *loader = quest->loader;
    buffer_clear(&quest->call.body, 1 << 14);
    quest->busy = false;
    quest->count = 0;
    loader->quest_count--;
    ending_flush(loader);
    post_run(loader);
    quest_run(loader);
    loader_settle(loader);
}

static void ask(struct quest *quest, const char *api, void (*done)(struct xingchen_call *, const struct answer *))
{
    quest->call.api = api;
    quest->call.done = done;
    quest->call.user = quest;
    xingchen_start(quest->loader->target, &quest->call);
}

static void ask_one(struct quest *quest)
{
    if (quest->at == quest->count) {
        finish(quest);
        return;
    }
    struct buffer *body = &quest->call.body;
    buffer_clear(body, 1 << 14);
    buffer_add_text(body, TEXT("{\"number\":"));
    json_put_text(body, number_of(quest->rows[quest->at]));
    buffer_add_char(body, '}');
    if (body->failed) {
        struct row *row = quest->rows[quest->at++];
        load_wait(row, row->until);
        ask_one(quest);
        return;
    }
    ask(quest, "jdy/basedata/material_detail", one_done);
}

static void one_done(struct xingchen_call *call, const struct answer *answer)
{
    struct quest *quest = call->user;
    struct row *row = quest->rows[quest->at++];
    struct text id = {NULL, 0};
    arena_reset(&quest->arena, 1 << 16);
    enum quest_told told = quest_read(&quest->arena, answer, number_of(row), &id);
    if (told == TOLD_NOTHING) {
        log_event(LOG_WARN, "lookup.unclear", "the target does not say whether it has a number; it will be asked again",
                  LOG_PAGE(&row->load->page), "number", LOG_TEXT(number_of(row)), "status", LOG_INT(answer->status),
                  "why", LOG_TEXT(answer->message), (const char *)NULL);
    }
    conclude(quest->loader, row, told, id);
    ask_one(quest);
}

static void many_done(struct xingchen_call *call, const struct answer *answer)
{
    struct quest *quest = call->user;
    struct loader *loader = quest->loader;
    arena_reset(&quest->arena, 1 << 16);
    bool any = false;
    size_t left = 0;
    for (size_t i = 0; i < quest->count; i++) {
        struct row *row = quest->rows[i];
        struct text id = answer->class == REPLY_DONE ? find(&quest->arena, answer->data, number_of(row), &any)
                                                     : (struct text){NULL, 0};
        if (id.size > 0) {
            conclude(loader, row, TOLD_FOUND, id);
        } else {
            quest->rows[left++] = row;
        }
    }
    /* Refused, or other materials than were asked for. */
    if (answer->class == REPLY_REJECT || (any && left == quest->count)) {
        loader->no_many = true;
    }
    quest->count = left;
    ask_one(quest);
}

static void ask_many(struct quest *quest)
{
    struct buffer *body = &quest->call.body;
    buffer_clear(body, 1 << 14);
    buffer_add_text(body, TEXT("{\"items\":["));
    for (size_t i = 0; i < quest->count; i++) {
        buffer_add_text(body, i > 0 ? TEXT(",{\"number\":") : TEXT("{\"number\":"));
        json_put_text(body, number_of(quest->rows[i]));
        buffer_add_char(body, '}');
    }
    buffer_add_text(body, TEXT("]}"));
    ask(quest, "jdy/basedata/material_detail_batch", many_done);
}

static struct quest *quest_take(struct loader *loader)
{
    for (struct quest *quest = loader->quests; quest; quest = quest->next) {
        if (!quest->busy) {
            return quest;
        }
    }
    struct quest *quest = calloc(1, sizeof *quest);
    if (quest) {
        quest->loader = loader;
        arena_init(&quest->arena, ANSWER_ARENA_MAX);
        buffer_init(&quest->call.body, 1 << 18);
        quest->next = loader->quests;
        loader->quests = quest;
    }
    return quest;
}

void quest_add(struct loader *loader, struct row *row, enum seek seek, int64_t sure)
{
    row->seek = seek;
    row->sure = sure;
    row->asked = false;
    queue_add(&loader->asked, row);
    if (loader->ask.slot == 0) {
        loop_set_timer(loader->stage.loop, &loader->ask, loop_now(loader->stage.loop) + GATHER);
    }
}

/* Rows that were looked for once and not found come back at their time; new ones are due at once. */
static bool due(const struct row *row, int64_t now)
{
    return row->sure <= now || !row->asked;
}

void quest_run(struct loader *loader)
{
    while (loader->quest_count < QUEST_MOST && loader->asked.first && !loader->stopped && loader->ask.slot == 0) {
        int64_t now = store_now(loader->stage.store), next = INT64_MAX;
        struct quest *quest = quest_take(loader);
        size_t most = loader->no_many ? SINGLE_ROWS : QUEST_ROWS;
        for (size_t left = loader->asked.count; quest && left > 0; left--) {
            struct row *row = queue_take(&loader->asked);
            if (quest->count < most && due(row, now)) {
                row->asked = true;
                quest->rows[quest->count++] = row;
            } else {
                next = row->sure < next ? row->sure : next;
                queue_add(&loader->asked, row);
            }
        }
        if (!quest || quest->count == 0) {
            loop_set_timer(loader->stage.loop, &loader->ask, quest && next > now ? next : now + GATHER);
            return;
        }
        quest->busy = true;
        quest->at = 0;
        loader->quest_count++;
        if (quest->count > 1 && !loader->no_many) {
            ask_many(quest);
        } else {
            ask_one(quest);
        }
    }
}

void quest_touch(struct loader *loader)
{
    for (const struct row *row = loader->asked.first; row; row = row->next) {
        load_touch(row);
    }
    for (const struct quest *quest = loader->quests; quest; quest = quest->next) {
        for (size_t i = quest->at; i < quest->count; i++) {
            load_touch(quest->rows[i]);
        }
    }
}

void quest_free_all(struct loader *loader)
{
    while (loader->quests) {
        struct quest *next = loader->quests->next;
        buffer_fini(&loader->quests->call.body);
        arena_fini(&loader->quests->arena);
        free(loader->quests);
        loader->quests = next;
    }
}
