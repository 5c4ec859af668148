#include "goods.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "status.h"

enum { GOODS_MAX = 20000, TEXT_ROOM = 200, PAGE_MAX = 100 };

struct goods_settings goods_settings;

struct good {
    int64_t id;
    char code[TEXT_ROOM], name[TEXT_ROOM];
    double price;
};
static struct good goods[GOODS_MAX];
static int64_t good_count;
static int64_t creates, updates, refusals, lists, finds, lost, late, wrong_calls;

static void refuse(struct call *call, int status, const char *code, const char *message)
{
    call->answer.length = 0;
    blob_puts(&call->answer, "{\"code\":");
    blob_quote(&call->answer, code);
    blob_puts(&call->answer, ",\"message\":");
    blob_quote(&call->answer, message);
    blob_puts(&call->answer, "}");
    call_answer(call, status, "application/json");
}

static void wrong(struct call *call, const char *message)
{
    wrong_calls++;
    refuse(call, 400, "WRONG", message);
}

static void put_good(struct blob *out, const struct good *good)
{
    blob_printf(out, "{\"id\":%lld,\"code\":", (long long)good->id);
    blob_quote(out, good->code);
    blob_puts(out, ",\"name\":");
    blob_quote(out, good->name);
    blob_printf(out, ",\"price\":%.2f}", good->price);
}

static struct good *by_code(const char *code)
{
    for (int64_t i = 0; i < good_count; i++) {
        if (strcmp(goods[i].code, code) == 0) {
            return &goods[i];
        }
    }
    return NULL;
}

static struct good *by_id(int64_t id)
{
    return id >= 1 && id <= good_count ? &goods[id - 1] : NULL;
}

/* ---- saves ---- */

struct saving { /* of one record */
    int64_t id; /* 0 = a create */
    char code[TEXT_ROOM], name[TEXT_ROOM];
    double price;
};

/* What is wrong with the record; NULL = nothing. */
static const char *read_record(const cJSON *record, bool id_allowed, struct saving *out)
{
    const cJSON *item;
    *out = (struct saving){0};
    if (!cJSON_IsObject(record)) {
        return "no object";
    }
    cJSON_ArrayForEach(item, record)
    {
        bool text = cJSON_IsString(item) && strlen(item->valuestring) < TEXT_ROOM;
        if (strcmp(item->string, "code") == 0 && text && !out->code[0]) {
            snprintf(out->code, sizeof out->code, "%s", item->valuestring);
        } else if (strcmp(item->string, "name") == 0 && text && !out->name[0]) {
            snprintf(out->name, sizeof out->name, "%s", item->valuestring);
        } else if (strcmp(item->string, "price") == 0 && cJSON_IsNumber(item)) {
            out->price = item->valuedouble;
        } else if (strcmp(item->string, "id") == 0 && id_allowed && cJSON_IsNumber(item)) {
            out->id = (int64_t)item->valuedouble;
        } else {
            return "an unknown member, one twice, or of the wrong type";
        }
    }
    return out->code[0] && out->name[0] ? NULL : "code and name are needed";
}

/* 200, 201, or why not; *id is that of the record. */
static int execute(const struct saving *saving, int64_t *id)
{
    struct good *good = saving->id ? by_id(saving->id) : NULL;
    if (strcmp(saving->code, goods_settings.refuse) == 0) {
        refusals++;
        return 422;
    }
    if (saving->id && !good) {
        return 404;
    }
    if (!good && goods_settings.unique && by_code(saving->code)) {
        return 409;
    }
    bool create = !good;
    if (create) {
        good = &goods[good_count++];
        good->id = good_count;
    }
    creates += create;
    updates += !create;
    memcpy(good->code, saving->code, sizeof good->code);
    memcpy(good->name, saving->name, sizeof good->name);
    good->price = saving->price;
    *id = good->id;
    return create ? 201 : 200;
}

static void save_late(void *argument)
{
    struct saving *saving = argument;
    int64_t id;
    (void)execute(saving, &id);
    free(saving);
}

/* Closed without a reply: executed before, or later. */
static bool cut(struct call *call, const struct saving *saving)
{
    int64_t id;
    if (goods_settings.lost_next > 0) {
        goods_settings.lost_next--;
        lost++;
        (void)execute(saving, &id);
    } else if (goods_settings.late_next > 0) {
        struct saving *copy = blob_memory(NULL, sizeof *copy);
        goods_settings.late_next--;
        late++;
        *copy = *saving;
        server_later(goods_settings.late_ms, save_late, copy);
    } else {
        return false;
    }
    call_cut(call, CALL_CLOSE);
    return true;
}

static void answer_one(struct call *call, const struct saving *saving)
{
    int64_t id = 0;
    if (cut(call, saving)) {
        return;
    }
    int status = execute(saving, &id);
    if (status == 422) {
        refuse(call, status, "REFUSED", "nobody wants goods of this code");
    } else if (status == 404) {
        refuse(call, status, "GONE", "no such goods");
    } else if (status == 409) {
        refuse(call, status, "EXISTS", "the code is taken");
    } else {
        blob_puts(&call->answer, "{\"code\":\"OK\",\"data\":");
        put_good(&call->answer, by_id(id));
        blob_puts(&call->answer, "}");
        call_answer(call, status, "application/json");
    }
}

static void answer_rows(struct call *call, const cJSON *rows)
{
    struct saving saving;
    const cJSON *row;
    int64_t n = 0, id = 0;
    cJSON_ArrayForEach(row, rows)
    {
        const char *why = read_record(row, true, &saving);
        if (why) {
            wrong(call, why);
            return;
        }
    }
    bool lose = goods_settings.lost_next > 0;
    goods_settings.lost_next -= lose;
    lost += lose;
    blob_puts(&call->answer, "{\"code\":\"OK\",\"data\":{\"results\":[");
    cJSON_ArrayForEach(row, rows)
    {
        (void)read_record(row, true, &saving);
        int status = execute(&saving, &id);
        blob_puts(&call->answer, n++ > 0 ? "," : "");
        if (status < 300) {
            blob_printf(&call->answer, "{\"ok\":true,\"id\":%lld}", (long long)id);
        } else {
            blob_printf(&call->answer, "{\"ok\":false,\"why\":\"refused with %d\"}", status);
        }
    }
    blob_puts(&call->answer, "]}}");
    if (lose) {
        call_cut(call, CALL_CLOSE);
    } else {
        call_answer(call, 200, "application/json");
    }
}

static void save(struct call *call, int64_t id)
{
    const char *type = call_header(call, "Content-Type");
    cJSON *tree = cJSON_ParseWithLength(call->body.data ? call->body.data : "", call->body.length);
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(tree, "rows");
    struct saving saving;
    const char *why = !type || strcmp(type, "application/json") != 0 ? "no Content-Type of JSON"
                      : call->query[0] != '\0'                       ? "a query beside the body"
                                                                     : NULL;
    if (!why && cJSON_IsArray(rows) && cJSON_GetArraySize(tree) == 1 && id == 0) {
        answer_rows(call, rows);
    } else {
        why = why ? why : read_record(tree, false, &saving);
        if (why) {
            wrong(call, why);
        } else {
            saving.id = id;
            answer_one(call, &saving);
        }
    }
    cJSON_Delete(tree);
}

/* ---- lists ---- */

static void list(struct call *call)
{
    struct form form;
    int64_t page = 0, limit = 0, total = 0, rows = 0, skip = -1;
    const char *code = NULL;
    form_init(&form, strlen(call->query));
    bool fine = form_read(&form, call->query, strlen(call->query));
    for (size_t i = 0; fine && i < form.count; i++) {
        const char *value = form.pairs[i].value;
        if (strcmp(form.pairs[i].name, "code") == 0 && !code) {
            code = value;
        } else if (strcmp(form.pairs[i].name, "page") == 0 && page == 0) {
            page = strtoll(value, NULL, 10);
        } else if (strcmp(form.pairs[i].name, "skip") == 0 && skip < 0) {
            skip = strtoll(value, NULL, 10);
        } else if (strcmp(form.pairs[i].name, "limit") == 0 && limit == 0) {
            limit = strtoll(value, NULL, 10);
        } else {
            fine = false;
        }
    }
    if (!fine || (!code && ((page < 1) == (skip < 0) || limit < 1 || limit > PAGE_MAX))) {
        wrong(call, "an unknown parameter, one twice, or no limit and one of page and skip");
        form_fini(&form);
        return;
    }
    finds += code != NULL;
    lists += code == NULL;
    page = page < 1 ? 1 : page;
    limit = limit < 1 ? PAGE_MAX : limit;
    limit = limit > goods_settings.most ? goods_settings.most : limit;
    int64_t before = skip < 0 ? (page - 1) * limit : skip;
    blob_puts(&call->answer, "{\"code\":\"OK\",\"data\":{\"items\":[");
    for (int64_t i = 0; i < good_count; i++) {
        if (code && goods_settings.filter && strcmp(goods[i].code, code) != 0) {
            continue;
        }
        if (total >= before && rows < limit) {
            blob_puts(&call->answer, rows++ > 0 ? "," : "");
            put_good(&call->answer, &goods[i]);
        }
        total++;
    }
    blob_puts(&call->answer, "]},\"meta\":{");
    if (goods_settings.total) {
        blob_printf(&call->answer, "\"total\":%lld", (long long)total);
    }
    blob_puts(&call->answer, "}}");
    form_fini(&form);
    call_answer(call, 200, "application/json");
}

bool goods_handle(struct call *call)
{
    static const char base[] = "/v1/goods";
    if (strncmp(call->path, base, sizeof base - 1) != 0) {
        return false;
    }
    const char *rest = call->path + sizeof base - 1;
    char *end = NULL;
    int64_t id = rest[0] == '/' ? strtoll(rest + 1, &end, 10) : 0;
    bool put = strcmp(call->method, "PUT") == 0, post = strcmp(call->method, "POST") == 0;
    bool whole = rest[0] == '\0', one = id > 0 && end && *end == '\0';
    status_arrive();
    if (!(whole && (post || strcmp(call->method, "GET") == 0)) && !(one && put)) {
        wrong_calls++;
        refuse(call, 404, "WRONG", "no such path");
    } else if (status_answer(call)) {
        return true;
    } else if (post || put) {
        save(call, one ? id : 0);
    } else {
        list(call);
    }
    return true;
}

bool goods_control(struct call *call, const char *name, const struct form *form)
{
    if (strcmp(name, "goods") == 0) {
        for (int64_t i = 0; i < good_count; i++) {
            put_good(&call->answer, &goods[i]);
            blob_puts(&call->answer, "\n");
        }
        call_answer(call, 200, "text/plain");
        return true;
    }
    const char *code = form_get(form, "code");
    if (strcmp(name, "put") == 0 && code) { /* what stood there before */
        struct saving saving = {0};
        int64_t id;
        snprintf(saving.code, sizeof saving.code, "%s", code);
        snprintf(saving.name, sizeof saving.name, "before");
        (void)execute(&saving, &id);
        creates--;
        call_text(call, 200, "text/plain", "ok\n");
        return true;
    }
    return false;
}

void goods_report(struct blob *out)
{
    int64_t doubled = 0;
    for (int64_t i = 0; i < good_count; i++) {
        doubled += by_code(goods[i].code) != &goods[i];
    }
    blob_member(out, "goods", good_count);
    blob_member(out, "goods_doubled", doubled);
    blob_member(out, "goods_created", creates);
    blob_member(out, "goods_updated", updates);
    blob_member(out, "goods_refused", refusals);
    blob_member(out, "goods_lists", lists);
    blob_member(out, "goods_finds", finds);
    blob_member(out, "goods_lost", lost);
    blob_member(out, "goods_late", late);
    blob_member(out, "goods_wrong", wrong_calls);
}
