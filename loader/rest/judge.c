#include "loader/rest/judge.h"

#include "common/json/pointer.h"
#include "loader/rest/answer.h"
#include "loader/rest/call.h"

static void all(struct judge_row *rows, size_t count, enum judgement judgement)
{
    for (size_t i = 0; i < count; i++) {
        rows[i].judgement = judgement;
    }
}

static void refuse(const struct target_form *form, struct judge_row *row, struct text code, struct text message,
                   bool gone)
{
    row->code = code;
    row->message = message.size > 0 ? message : TEXT("refused without a reason");
    row->judgement = JUDGE_REFUSED;
    if (row->op == OP_CREATE && answer_says(form, WORD_EXISTS, message, code)) {
        row->judgement = JUDGE_EXISTS;
    } else if (row->op == OP_UPDATE && (gone || answer_says(form, WORD_GONE, message, code))) {
        row->judgement = JUDGE_GONE; /* whoever looks it up finds it standing where something else was missing */
    }
}

/* ---- a result for each record ---- */

static struct text id_of(struct arena *arena, const cJSON *root, struct text pointer)
{
    return answer_target_id(arena, json_pointer_get(root, pointer));
}

static void judge_result(struct arena *arena, const struct target_form *form, const struct answer *answer,
                         const cJSON *result, struct judge_row *row, size_t count)
{
    struct rest_said said = rest_answer_said(arena, form, answer, result);
    if (said.saved) {
        row->judgement = JUDGE_SAVED;
        row->id = row->op == OP_UPDATE ? row->target_id : said.id;
    } else if (said.refused) {
        refuse(form, row, said.code, said.message, false);
        bool of_call = rest_answer_of_call(form, &said, WORD_THROTTLED) || rest_answer_of_call(form, &said, WORD_BUSY);
        row->judgement = of_call && count > 1 ? JUDGE_AGAIN : row->judgement;
    } else {
        row->judgement = JUDGE_UNCLEAR;
    }
}

/* The one result that names this row; NULL: none does, or several. */
static const cJSON *result_of(struct arena *arena, const struct target_form *form, const cJSON *results,
                              const struct judge_row *row)
{
    const cJSON *found = NULL;
    for (const cJSON *item = results->child; item; item = item->next) {
        if (text_equal(rest_answer_scalar(arena, item, form->rest->each.number), row->number)) {
            if (found) {
                return NULL;
            }
            found = item;
        }
    }
    return found;
}

static void judge_results(struct arena *arena, const struct target_form *form, const struct answer *answer,
                          const cJSON *results, struct judge_row *rows, size_t count)
{
    bool named = form->rest->each.number.size > 0;
    if (!named && (size_t)cJSON_GetArraySize(results) != count) {
        all(rows, count, JUDGE_UNCLEAR);
        return;
    }
    const cJSON *next = results->child;
    for (size_t i = 0; i < count; i++) {
        const cJSON *result = named ? result_of(arena, form, results, &rows[i]) : next;
        if (result) {
            judge_result(arena, form, answer, result, &rows[i], count);
        } else {
            rows[i].judgement = JUDGE_UNCLEAR;
        }
        next = next ? next->next : NULL;
    }
}

/* ---- one result for all ---- */

static void judge_whole(struct arena *arena, const struct target_form *form, const struct answer *answer,
                        struct judge_row *row)
{
    const struct rest_target *rest = form->rest;
    if (answer->class == REPLY_REJECT) {
        refuse(form, row, answer->code, answer->message, answer->gone);
    } else if (row->op == OP_UPDATE) {
        row->judgement = JUDGE_SAVED;
        row->id = row->target_id;
    } else {
        row->id = id_of(arena, answer->data, rest->whole.id);
        row->judgement = row->id.size > 0 || !rest->id_told ? JUDGE_SAVED : JUDGE_UNCLEAR;
    }
}

void rest_judge(struct arena *arena, const struct target_form *form, const struct answer *answer,
                struct judge_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        rows[i].id = (struct text){NULL, 0};
        rows[i].code = rows[i].message = TEXT("");
    }
    if (answer->class != REPLY_DONE && answer->class != REPLY_REJECT) {
        all(rows, count, answer->idle ? JUDGE_RELEASED : JUDGE_UNKNOWN);
        return;
    }
    const cJSON *results = rest_answer_results(form, answer);
    if (results && results->child) {
        judge_results(arena, form, answer, results, rows, count);
    } else if (count == 1) {
        judge_whole(arena, form, answer, rows);
    } else { /* which of them it means, and whether the others were saved, it does not say */
        all(rows, count, JUDGE_UNCLEAR);
    }
}

void rest_saved_ids(struct arena *arena, const struct target_form *form, const struct answer *answer,
                    struct buffer *out)
{
    const cJSON *results = rest_answer_results(form, answer);
    buffer_add_char(out, '\n');
    for (const cJSON *item = results ? results->child : NULL; item; item = item->next) {
        struct text id = id_of(arena, item, form->rest->each.id);
        if (id.size > 0) {
            buffer_add_text(out, id);
            buffer_add_char(out, '\n');
        }
    }
}

/* ---- lists ---- */

static int read_entry(struct arena *arena, const struct rest_target *rest, const cJSON *row, struct target_entry *out)
{
    struct text number = rest_answer_scalar(arena, row, rest->row_number);
    struct text name = rest_answer_scalar(arena, row, rest->row_title);
    out->record = row;
    out->id = id_of(arena, row, rest->row_id);
    out->number = number.data ? number : TEXT("");
    out->name = name.data ? name : TEXT("");
    return out->id.size > 0 ? 0 : ERR_SYNTAX;
}

static bool is_find(const struct answer *answer)
{
    return answer->call == REST_CALL_FIND;
}

/* The records: a list, or the one that a find has found. *one = there may be one at most. ERR_SYNTAX. */
static int rows_of(const struct target_form *form, const struct answer *answer, const cJSON **first, bool *one)
{
    const struct rest_target *rest = form->rest;
    const cJSON *rows = json_pointer_get(answer->data, is_find(answer) ? rest->found : rest->rows);
    *one = is_find(answer) && !cJSON_IsArray(rows);
    *first = cJSON_IsArray(rows) ? rows->child : NULL;
    if (!*one) {
        return cJSON_IsArray(rows) ? 0 : ERR_SYNTAX;
    }
    *first = cJSON_IsObject(rows) && rows->child ? rows : NULL;
    return !answer->data || cJSON_IsNull(rows) || cJSON_IsObject(rows) ? 0 : ERR_SYNTAX;
}

static int64_t total_of(struct arena *arena, const struct rest_target *rest, const struct answer *answer)
{
    int64_t total = -1;
    struct text told = rest_answer_scalar(arena, answer->data, rest->total);
    if (rest->total_header) {
        return answer->total;
    }
    return told.data && text_integer(told, &total) == 0 && total >= 0 ? total : -1;
}

int rest_list_read(struct arena *arena, const struct target_form *form, const struct answer *answer,
                   struct target_page *out)
{
    const struct rest_target *rest = form->rest;
    const cJSON *first;
    bool one;
    size_t count = 0;
    if (rows_of(form, answer, &first, &one) != 0) {
        return ERR_SYNTAX;
    }
    for (const cJSON *row = first; row; row = one ? NULL : row->next) {
        count++;
    }
    bool whole = is_find(answer) || !rest->paged;
    *out = (struct target_page){.entries = arena_take(arena, (count + 1) * sizeof *out->entries),
                                .total = whole ? (int64_t)count : total_of(arena, rest, answer),
                                .pages = whole ? 1 : -1};
    if (!out->entries) {
        return ERR_MEMORY;
    }
    for (const cJSON *row = first; row; row = one ? NULL : row->next) {
        if (read_entry(arena, rest, row, &out->entries[out->count++]) != 0) {
            return ERR_SYNTAX;
        }
    }
    return 0;
}

const cJSON *rest_record(const struct target_form *form, const struct answer *answer, struct text id)
{
    const cJSON *first;
    bool one;
    if (rows_of(form, answer, &first, &one) != 0) {
        return NULL;
    }
    for (const cJSON *row = first; row; row = one ? NULL : row->next) {
        struct arena arena;
        arena_init(&arena, 4096);
        bool same = text_equal(id_of(&arena, row, form->rest->row_id), id);
        arena_fini(&arena);
        if (same) {
            return row;
        }
    }
    return NULL;
}
