#include "loader/xingchen/judge.h"

#include "common/base/secret.h"
#include "common/log/log.h"

/* One save result: {"successPkIds":[],"success":bool,"errorInfo":[{"id","msg"}],"message"}. */
struct result {
    bool told; /* it has a readable success */
    bool success;
    const cJSON *ids;    /* an array or NULL */
    const cJSON *errors; /* the first, as of answer_errors */
    size_t id_count, error_count;
    struct text code, message;
};

static const cJSON *array_of(struct arena *arena, const cJSON *object, const char *name, size_t *count)
{
    const cJSON *item = answer_opened(arena, json_get(object, name));
    *count = 0;
    if (!cJSON_IsArray(item)) {
        return NULL;
    }
    for (const cJSON *i = item->child; i; i = i->next) {
        ++*count;
    }
    return item;
}

static struct result result_read(struct arena *arena, const cJSON *item, const struct answer *answer)
{
    struct result r = {.told = cJSON_IsObject(item) && json_get(item, "success")};
    r.told = r.told && json_flag(json_get(item, "success"), &r.success) == 0;
    r.ids = array_of(arena, item, "successPkIds", &r.id_count);
    r.errors = answer_errors(arena, item);
    for (const cJSON *e = r.errors; e; e = e->next) {
        r.error_count++;
    }
    r.code = secret_wiped(arena, answer_id(arena, json_get(item, "errorCode")));
    if (r.code.size == 0) {
        r.code = answer->code;
    }
    r.message = answer_error_text(r.errors);
    if (r.message.size == 0) {
        r.message = json_text(json_get(item, "message"));
    }
    r.message = secret_wiped(arena, r.message);
    if (r.message.size == 0) {
        r.message = answer->message.size > 0 ? answer->message : TEXT("refused without a reason");
    }
    return r;
}

/* Of several rows: does the text of one speak of the call? Alone it would be read as that (answer.c). */
static bool is_of_call(const struct target_form *form, struct text code, struct text message, size_t count)
{
    return count > 1 &&
           (answer_says(form, WORD_LOGIN, message, code) || answer_says(form, WORD_THROTTLED, message, code));
}

/* A row of a save of `count`. */
static void refuse(const struct target_form *form, struct judge_row *row, struct text code, struct text message,
                   size_t count)
{
    row->code = code;
    row->message = message;
    row->judgement = JUDGE_REFUSED;
    if (row->op != OP_UPDATE && answer_says_exists(form, message, code)) {
        row->judgement = JUDGE_EXISTS;
    } else if (row->op == OP_UPDATE && answer_says_gone(form, message)) {
        /* "unit not found" reads the same: whoever looks the row up finds it standing, and keeps the refusal. */
        row->judgement = JUDGE_GONE;
    } else if (is_of_call(form, code, message, count)) {
        row->judgement = JUDGE_AGAIN;
    }
}

static void all(struct judge_row *rows, size_t count, enum judgement judgement)
{
    for (size_t i = 0; i < count; i++) {
        rows[i].judgement = judgement;
    }
}

/* A list: one result for each item, in order. An item that failed without an errorInfo of its own may be an innocent
 * one that was refused along with the guilty. */
static void judge_list(struct arena *arena, const struct target_form *form, const struct answer *answer,
                       struct judge_row *rows, size_t count)
{
    struct judge_row *row = rows;
    bool whole = answer->class == REPLY_DONE; /* where the whole was refused, only an id says otherwise */
    for (const cJSON *item = answer->data->child; item; item = item->next, row++) {
        struct result r = result_read(arena, item, answer);
        if (!r.told) {
            row->judgement = JUDGE_UNKNOWN;
        } else if (r.success && r.error_count == 0 && (r.id_count == 1 || (r.id_count == 0 && whole))) {
            row->id = r.id_count == 1 ? answer_target_id(arena, r.ids->child) : (struct text){NULL, 0};
            row->judgement = r.id_count == 1 && row->id.size == 0 ? JUDGE_UNCLEAR : JUDGE_SAVED;
        } else if (!r.success && r.id_count == 0 && r.error_count == 0 && count > 1) {
            row->judgement = JUDGE_AGAIN;
            row->code = r.code;
            row->message = r.message;
        } else if (!r.success && r.id_count == 0) {
            refuse(form, row, r.code, r.message, count);
        } else {
            row->judgement = JUDGE_UNCLEAR;
        }
    }
}

/* Does `t` read as a position in a batch of `count`? */
static bool is_position(struct text t, size_t count)
{
    int64_t n = 0;
    return text_integer(t, &n) == 0 && n >= 0 && n <= (int64_t)count;
}

/* The row with this number or, where it stands in the target already, this id. */
static struct judge_row *row_of(struct text number, struct judge_row *rows, size_t count)
{
    struct judge_row *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (text_equal(rows[i].number, number) ||
            (rows[i].target_id.size > 0 && text_equal(rows[i].target_id, number))) {
            if (found) {
                return NULL;
            }
            found = &rows[i];
        }
    }
    return found;
}

/* Refuses the rows that errorInfo names by number or id, if every entry names another row beyond doubt; the rest
 * stay as they are. False (and nothing done) otherwise. */
static bool refuse_named(struct arena *arena, const struct target_form *form, const struct result *r,
                         struct judge_row *rows, size_t count)
{
    if (r->error_count == 0 || r->error_count > count) {
        return false;
    }
    for (const cJSON *e = r->errors; e; e = e->next) {
        struct text id = answer_id(arena, json_get(e, "id"));
        if (id.size == 0 || is_position(id, count) || !row_of(id, rows, count)) {
            return false;
        }
        for (const cJSON *other = r->errors; other != e; other = other->next) {
            if (text_equal(answer_id(arena, json_get(other, "id")), id)) {
                return false;
            }
        }
    }
    for (const cJSON *e = r->errors; e; e = e->next) {
        struct text message = secret_wiped(arena, answer_error_text(e));
        refuse(form, row_of(answer_id(arena, json_get(e, "id")), rows, count), r->code,
               message.size > 0 ? message : r->message, count);
    }
    return true;
}

/* Nothing was saved. */
static void judge_none(struct arena *arena, const struct target_form *form, const struct result *r,
                       struct judge_row *rows, size_t count)
{
    if (count == 1) {
        refuse(form, rows, r->code, r->message, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        rows[i].judgement = JUDGE_AGAIN;
        rows[i].code = r->code;
        rows[i].message = r->message;
    }
    refuse_named(arena, form, r, rows, count);
}

static bool has_id(struct arena *arena, const struct result *r, struct text id)
{
    for (const cJSON *i = r->ids ? r->ids->child : NULL; i && id.size > 0; i = i->next) {
        if (text_equal(answer_id(arena, i), id)) {
            return true;
        }
    }
    return false;
}

/* Some were saved: updates are known by their id; named refusals by their number; if that leaves as many rows as
 * ids, all of them were saved. Everything else must be asked for. */
static void judge_part(struct arena *arena, const struct target_form *form, const struct result *r,
                       struct judge_row *rows, size_t count)
{
    all(rows, count, JUDGE_UNCLEAR);
    bool named = refuse_named(arena, form, r, rows, count);
    size_t refused = named ? r->error_count : 0;
    bool rest_saved = (named || (r->success && r->error_count == 0)) && refused + r->id_count == count;
    struct judge_row *open = NULL;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].judgement != JUDGE_UNCLEAR) {
            continue;
        }
        if (has_id(arena, r, rows[i].target_id)) {
            rows[i].judgement = JUDGE_SAVED;
            rows[i].id = rows[i].target_id;
        } else if (rest_saved) {
            rows[i].judgement = JUDGE_SAVED;
            open = &rows[i];
        } else if (rows[i].op != OP_CREATE && r->success && r->error_count == 0) {
            rows[i].judgement = JUDGE_SAVED; /* saved by its own id, which the reply leaves out */
        }
    }
    if (rest_saved && r->id_count == 1 && open) {
        open->id = answer_target_id(arena, r->ids->child);
        open->judgement = open->id.size > 0 ? JUDGE_SAVED : JUDGE_UNCLEAR;
    }
}

static void judge_object(struct arena *arena, const struct target_form *form, const struct answer *answer,
                         struct judge_row *rows, size_t count)
{
    struct result r = result_read(arena, answer->data, answer);
    if (!r.told) {
        all(rows, count, JUDGE_UNKNOWN);
    } else if (!r.success && r.id_count == 0) {
        judge_none(arena, form, &r, rows, count);
    } else if (r.id_count > count || (r.success && answer->class == REPLY_REJECT)) {
        all(rows, count, JUDGE_UNCLEAR);
    } else {
        judge_part(arena, form, &r, rows, count);
    }
}

void judge_save(struct arena *arena, const struct target_form *form, const struct answer *answer,
                struct judge_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        rows[i].id = (struct text){NULL, 0};
        rows[i].code = rows[i].message = (struct text){"", 0};
    }
    if (answer->class != REPLY_DONE && answer->class != REPLY_REJECT) {
        all(rows, count, answer->idle ? JUDGE_RELEASED : JUDGE_UNKNOWN);
        return;
    }
    size_t items = 0;
    if (cJSON_IsArray(answer->data)) {
        for (const cJSON *i = answer->data->child; i; i = i->next) {
            items++;
        }
    }
    if (items > 0) {
        if (items == count) {
            judge_list(arena, form, answer, rows, count);
        } else {
            all(rows, count, JUDGE_UNKNOWN);
        }
    } else if (cJSON_IsObject(answer->data) && answer->data->child) {
        judge_object(arena, form, answer, rows, count);
    } else if (answer->class == REPLY_REJECT) {
        struct result r = result_read(arena, NULL, answer);
        judge_none(arena, form, &r, rows, count);
    } else {
        all(rows, count, JUDGE_UNKNOWN);
    }
}

void judge_saved_ids(struct arena *arena, const struct answer *answer, struct buffer *out)
{
    bool list = cJSON_IsArray(answer->data);
    buffer_add_char(out, '\n');
    for (const cJSON *item = list ? answer->data->child : answer->data; item; item = list ? item->next : NULL) {
        const cJSON *ids = answer_opened(arena, json_get(item, "successPkIds"));
        for (const cJSON *id = cJSON_IsArray(ids) ? ids->child : NULL; id; id = id->next) {
            buffer_add_text(out, answer_id(arena, id));
            buffer_add_char(out, '\n');
        }
    }
}
