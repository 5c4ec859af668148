/* What a save answers: the inner result of its rows, or words that fit none of them. */
#include <stdio.h>

#include "batch.h"
#include "dice.h"

static void put_error(struct blob *out, size_t index)
{
    const struct batch_row *r = batch_row(index);
    char position[24];
    snprintf(position, sizeof position, "%zu", batch_settings.error_id == ERROR_POSITION1 ? index + 1 : index);
    blob_puts(out, "{\"id\":");
    if (batch_settings.error_id == ERROR_NUMBER) {
        blob_string(out, r->number.data, r->number.length);
    } else if (batch_settings.error_id == ERROR_PK) {
        blob_string(out, r->id.data, r->id.length);
    } else {
        blob_quote(out, batch_settings.error_id == ERROR_NOTHING ? "" : position);
    }
    blob_puts(out, ",\"msg\":");
    blob_quote(out, r->message);
    blob_puts(out, "}");
}

/* errorInfo as it comes: an array, an object with keys 0, 1, …, or the array as JSON in a string. */
struct errors {
    struct blob text;
    size_t count;
};

static void error_begin(struct errors *errors)
{
    bool object = batch_settings.errors_form == ERRORS_OBJECT;
    blob_puts(&errors->text, errors->count > 0 ? "," : object ? "{" : "[");
    if (object) {
        blob_printf(&errors->text, "\"%zu\":", errors->count);
    }
    errors->count++;
}

static void errors_put(struct blob *out, struct errors *errors)
{
    blob_puts(out, "\"errorInfo\":");
    if (errors->count == 0) {
        blob_puts(out, batch_settings.errors_form == ERRORS_TEXT ? "\"[]\"" : "[]");
    } else {
        blob_puts(&errors->text, batch_settings.errors_form == ERRORS_OBJECT ? "}" : "]");
        if (batch_settings.errors_form == ERRORS_TEXT) {
            blob_string(out, errors->text.data, errors->text.length);
        } else {
            blob_put(out, errors->text.data, errors->text.length);
        }
    }
    blob_fini(&errors->text);
}

/* The save result of the rows from..until. */
static bool put_result(struct blob *out, size_t from, size_t until)
{
    static uint64_t *ids;
    static size_t room;
    size_t saved = 0;
    const char *message = "";
    if (until - from > room) {
        room = until - from;
        ids = blob_memory(ids, room * sizeof *ids);
    }
    for (size_t i = from; i < until; i++) {
        if (batch_row(i)->saved) {
            ids[saved++] = batch_row(i)->saved;
        }
    }
    for (size_t i = saved; batch_settings.ids_order && i > 1; i--) {
        size_t other = (size_t)dice_below(i);
        uint64_t kept = ids[i - 1];
        ids[i - 1] = ids[other];
        ids[other] = kept;
    }
    bool good = saved == until - from;
    blob_puts(out, "{\"successPkIds\":[");
    for (size_t i = 0; i < saved; i++) {
        blob_puts(out, i > 0 ? ",\"" : "\"");
        blob_integer(out, (int64_t)ids[i]);
        blob_puts(out, "\"");
    }
    blob_puts(out, good ? "],\"success\":true," : "],\"success\":false,");
    struct errors errors = {0};
    for (size_t i = from; i < until; i++) {
        if (batch_row(i)->refusal == BATCH_FINE) {
            continue;
        }
        error_begin(&errors);
        put_error(&errors.text, i);
    }
    errors_put(out, &errors);
    if (!good) {
        message = saved > 0 ? "部分保存失败" : "保存失败";
    }
    blob_printf(out, ",\"message\":\"%s\",\"errorLevel\":\"%s\"}", message, good ? "0" : "3");
    return good;
}

void batch_answer(struct blob *out)
{
    bool good = true;
    for (size_t i = 0; i < batch_rows(); i++) {
        good = good && batch_row(i)->saved;
    }
    bool outer = good || batch_settings.outer_success == 0;
    blob_printf(out, "{\"success\":%s,\"message\":\"%s\",\"errorCode\":\"%s\",\"data\":", outer ? "true" : "false",
                outer ? "" : "保存失败", outer ? "0" : "46000");
    if (batch_settings.reply == REPLY_OBJECT) {
        put_result(out, 0, batch_rows());
    } else {
        for (size_t i = 0; i < batch_rows(); i++) {
            blob_puts(out, i == 0 ? "[" : ",");
            put_result(out, i, i + 1);
        }
        blob_puts(out, "]");
    }
    blob_puts(out, "}");
}

void batch_refuse_all(enum batch_blame blame, const char *words, struct blob *out)
{
    blob_puts(out, "{\"success\":true,\"message\":\"\",\"errorCode\":\"0\",\"data\":{\"successPkIds\":[],"
                   "\"success\":false,");
    struct errors errors = {0};
    batch_refuse_from(0, words);
    for (size_t i = 0; i < (blame == BLAME_ROWS ? batch_rows() : blame == BLAME_NOBODY); i++) {
        error_begin(&errors);
        blob_puts(&errors.text, "{\"id\":\"");
        if (blame == BLAME_ROWS) {
            blob_integer(&errors.text, (int64_t)i);
        }
        blob_puts(&errors.text, "\",\"msg\":");
        blob_quote(&errors.text, blame == BLAME_ROWS ? batch_row(i)->message : words);
        blob_puts(&errors.text, "}");
    }
    errors_put(out, &errors);
    blob_puts(out, ",\"message\":");
    blob_quote(out, batch_settings.errors_form == ERRORS_ARRAY ? words : "");
    blob_puts(out, ",\"errorLevel\":\"3\"}}");
}
