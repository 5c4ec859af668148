#include "audit.h"

#include <stdlib.h>

#include "fields.h"
#include "lookups.h"
#include "materials.h"
#include "server.h"

enum { IDS_MAX = 1000, ID_ROOM = 64 };

struct audit_settings audit_settings;
struct audit_count audit_count;

struct wanted {
    char id[ID_ROOM];
    const char *refused; /* why; NULL = it is audited now */
};
static struct wanted wanted[IDS_MAX];
static size_t wanted_count;

static bool read_ids(struct scan *s)
{
    struct scan_value value;
    if (!scan_enter(s, '[')) {
        return false;
    }
    while (scan_element(s)) {
        if (!scan_value(s, &value) || value.type != SCAN_STRING || value.escaped || value.length < 3 ||
            value.length - 2 >= ID_ROOM || wanted_count == IDS_MAX) {
            return false;
        }
        struct wanted *w = &wanted[wanted_count++];
        *w = (struct wanted){.refused = NULL};
        memcpy(w->id, value.raw + 1, value.length - 2);
        for (size_t i = 0; i + 1 < wanted_count; i++) {
            if (strcmp(wanted[i].id, w->id) == 0) {
                return false; /* twice in one call */
            }
        }
    }
    return wanted_count > 0 && wanted_count <= (size_t)audit_settings.max;
}

/* {"entity_number":"sal_bill_outbound","operate_type":"audit","ids":[…]}, each once, and nothing else. */
static bool read_body(const char *body, size_t length)
{
    struct scan s;
    struct scan_value name, value;
    unsigned seen = 0;
    wanted_count = 0;
    scan_init(&s, body, length);
    bool good = scan_enter(&s, '{');
    while (good && scan_member(&s, &name)) {
        unsigned bit = scan_is(&name, "entity_number") ? 1 : scan_is(&name, "operate_type") ? 2 : 4;
        if (bit == 4) {
            good = scan_is(&name, "ids") && !(seen & bit) && read_ids(&s);
        } else {
            good = !(seen & bit) && scan_value(&s, &value) && scan_is(&value, bit == 1 ? "sal_bill_outbound" : "audit");
        }
        seen |= bit;
    }
    return good && scan_done(&s) && seen == 7;
}

static bool listed(const char *list, const char *number)
{
    size_t size = strlen(number);
    while (*list) {
        size_t length = strcspn(list, ",");
        if (length == size && memcmp(list, number, size) == 0) {
            return true;
        }
        list += length + (list[length] == ',');
    }
    return false;
}

static void audit(struct wanted *w)
{
    struct material *m = material_by_id(w->id, strlen(w->id));
    if (!m || m->gone) {
        w->refused = "单据不存在";
        audit_count.refused++;
    } else if (m->audited && !audit_settings.twice) {
        w->refused = audit_settings.said_words;
        audit_count.refused_said++;
    } else if (listed(audit_settings.reject_numbers, material_number(m))) {
        w->refused = audit_settings.reject_words;
        audit_count.refused++;
    } else {
        audit_count.again += m->audited;
        audit_count.audited++;
        m->audited = true;
    }
}

static void put_result(struct blob *out)
{
    size_t refused = 0, n = 0;
    blob_puts(out, "{\"successPkIds\":[");
    for (size_t i = 0; i < wanted_count; i++) {
        if (!wanted[i].refused) {
            blob_puts(out, n++ > 0 ? "," : "");
            blob_quote(out, wanted[i].id);
        }
        refused += wanted[i].refused != NULL;
    }
    blob_printf(out, "],\"success\":%s,\"errorInfo\":[", refused > 0 ? "false" : "true");
    n = 0;
    for (size_t i = 0; i < wanted_count; i++) {
        if (wanted[i].refused) {
            blob_puts(out, n++ > 0 ? ",{\"id\":" : "{\"id\":");
            blob_quote(out, wanted[i].id);
            blob_puts(out, ",\"msg\":");
            blob_quote(out, wanted[i].refused);
            blob_puts(out, "}");
        }
    }
    blob_printf(out, "],\"message\":\"%s\"}", refused > 0 ? "部分审核失败" : "");
}

static bool audit_execute(const char *body, size_t length, struct blob *out)
{
    entity_use(ENTITY_BILL);
    out->length = 0;
    if (!read_body(body, length)) {
        audit_count.refused_calls++;
        lookup_refuse(out, "40000", "参数错误: entity_number, operate_type, ids");
        return false;
    }
    audit_count.executed++;
    for (size_t i = 0; i < wanted_count; i++) {
        audit(&wanted[i]);
    }
    if (audit_settings.reply == 2) {
        blob_puts(out, "{\"result\":\"ok\"}");
        return true;
    }
    blob_puts(out, "{\"success\":true,\"message\":\"\",\"errorCode\":\"0\",\"data\":");
    if (audit_settings.reply == 1) {
        blob_puts(out, "{\"success\":true}");
    } else {
        put_result(out);
    }
    blob_puts(out, "}");
    return true;
}

static bool take(int64_t *left, int64_t *counter)
{
    if (*left == 0) {
        return false;
    }
    --*left;
    ++*counter;
    return true;
}

/* What is to be done with a call. */
enum audit_fate { AUDIT_ANSWER, AUDIT_LOSE, AUDIT_LATE, AUDIT_CUT };
static enum audit_fate audit_next(void)
{
    if (take(&audit_settings.cut_next, &audit_count.cut)) {
        return AUDIT_CUT;
    }
    if (take(&audit_settings.late_next, &audit_count.late)) {
        return AUDIT_LATE;
    }
    return take(&audit_settings.lost_next, &audit_count.lost) ? AUDIT_LOSE : AUDIT_ANSWER;
}

struct late_audit {
    size_t length;
    char body[];
};

static void execute_late(void *argument)
{
    struct late_audit *late = argument;
    struct blob nowhere = {0};
    (void)audit_execute(late->body, late->length, &nowhere);
    blob_fini(&nowhere);
    audit_count.late_pending--;
    free(late);
}

static void audit_later(const char *body, size_t length, int64_t ms)
{
    struct late_audit *late = blob_memory(NULL, sizeof *late + length);
    late->length = length;
    memcpy(late->body, body, length);
    audit_count.late_pending++;
    server_later(ms, execute_late, late);
}

void audit_serve(struct call *call, int64_t late_ms)
{
    enum audit_fate fate = audit_next();
    if (fate == AUDIT_LATE) {
        audit_later(call->body.data, call->body.length, late_ms);
    } else if (fate != AUDIT_CUT) {
        (void)audit_execute(call->body.data, call->body.length, &call->answer);
        call_answer(call, 200, "application/json; charset=utf-8");
    }
    if (fate != AUDIT_ANSWER) {
        call_cut(call, CALL_CLOSE);
    }
}

void audit_by_hand(struct call *call, const struct form *form, bool audited)
{
    const char *number = form_get(form, "number");
    struct material *m = number ? material_by_number(number, strlen(number)) : NULL;
    if (m) {
        m->audited = audited;
    }
    call_text(call, m ? 200 : 400, "text/plain", m ? "ok\n" : "no such record\n");
}
