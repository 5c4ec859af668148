#include "gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "records.h"
#include "sign.h"

enum { CLOCK_TOLERANCE = 600, CHINA = 8 * 3600 };

struct gateway_settings gateway_settings;

static const char *const names[GATEWAY_REFUSALS] = {
    "none",    "http_method", "content_type", "form", "method", "app_key", "target_app_key",    "timestamp", "format",
    "version", "sign_method", "signature",    "sid",  "paging", "filter",  "unknown_parameter", "duplicate"};

const char *gateway_name(enum gateway_refusal refusal)
{
    return names[refusal];
}

struct gateway_verdict gateway_refuse(enum gateway_refusal refusal, int code, const char *message, const char *detail)
{
    struct gateway_verdict v = {
        .refusal = refusal, .code = code, .message = message, .sub_code = "isv.invalid-parameter"};
    snprintf(v.detail, sizeof v.detail, "%s", detail);
    return v;
}

static bool is_date(const char *text)
{
    const char *shape = "dddd-dd-dd dd:dd:dd";
    for (; *shape; shape++, text++) {
        if (*shape == 'd' ? *text < '0' || *text > '9' : *text != *shape) {
            return false;
        }
    }
    return *text == '\0';
}

static int number_at(const char *text, int digits)
{
    int value = 0;
    for (int i = 0; i < digits; i++) {
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/* A GMT+8 time within ten minutes of the gateway's clock, whatever zone this machine is set to. */
static bool is_now(const char *text)
{
    if (!is_date(text)) {
        return false;
    }
    struct tm parts = {.tm_year = number_at(text, 4) - 1900,
                       .tm_mon = number_at(text + 5, 2) - 1,
                       .tm_mday = number_at(text + 8, 2),
                       .tm_hour = number_at(text + 11, 2),
                       .tm_min = number_at(text + 14, 2),
                       .tm_sec = number_at(text + 17, 2)};
    if (parts.tm_mon < 0 || parts.tm_mon > 11 || parts.tm_mday < 1 || parts.tm_mday > 31 || parts.tm_hour > 23 ||
        parts.tm_min > 59 || parts.tm_sec > 60) {
        return false;
    }
    time_t away = timegm(&parts) - CHINA - time(NULL) - gateway_settings.clock_offset;
    return away <= CLOCK_TOLERANCE && away >= -CLOCK_TOLERANCE;
}

static bool read_range(const char *text, int64_t low, int64_t high, int64_t *out)
{
    char *end = NULL;
    if (*text < '0' || *text > '9') {
        return false;
    }
    long long value = strtoll(text, &end, 10);
    if (*end || value < low || value > high) {
        return false;
    }
    *out = value;
    return true;
}

/* Parameters that must hold one of two values (NULL: only one). */
static const struct {
    const char *name, *value, *other;
    enum gateway_refusal refusal;
    int missing_code, wrong_code;
    const char *missing, *wrong;
} exact[] = {
    {"app_key", gateway_settings.app_key, NULL, GATEWAY_APP_KEY, 28, 29, "Missing App Key", "Invalid App Key"},
    {"target_app_key", "21363512", NULL, GATEWAY_TARGET_APP_KEY, 40, 41, "Missing Required Arguments:target_app_key",
     "Invalid Arguments:target_app_key"},
    {"format", "json", NULL, GATEWAY_FORMAT, 23, 23, "Invalid Format", "Invalid Format"},
    {"v", "2.0", NULL, GATEWAY_VERSION, 32, 33, "Missing Version", "Invalid Version"},
    {"sid", gateway_settings.sid, NULL, GATEWAY_SID, 40, 41, "Missing Required Arguments:sid", "Invalid Arguments:sid"},
};
static const char *const known[] = {"method",   "app_key",     "target_app_key", "timestamp", "format",
                                    "v",        "sign_method", "sign",           "session",   "partner_id",
                                    "simplify", "sid",         "page_no",        "page_size"};
static const char *const shop_params[RECORD_PARAMS_MAX] = {"platform", "shop_no", "is_disabled"};

static bool is_param(const char *const *params, const char *name)
{
    for (size_t i = 0; i < RECORD_PARAMS_MAX && params[i]; i++) {
        if (strcmp(params[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static struct gateway_verdict check_names(const struct form *form, const char *const *params)
{
    for (size_t i = 0; i < form->count; i++) {
        const char *name = form->pairs[i].name;
        size_t k = 0;
        while (k < sizeof known / sizeof *known && strcmp(known[k], name) != 0) {
            k++;
        }
        if (k == sizeof known / sizeof *known && !is_param(params, name)) {
            return gateway_refuse(GATEWAY_UNKNOWN_PARAMETER, 41, "Invalid Arguments", name);
        }
        if (form_get(form, name) != form->pairs[i].value) {
            return gateway_refuse(GATEWAY_DUPLICATE, 41, "Invalid Arguments: given twice", name);
        }
    }
    return (struct gateway_verdict){.refusal = GATEWAY_FINE};
}

static struct gateway_verdict check_clock_and_sign(const struct form *form)
{
    const char *timestamp = form_get(form, "timestamp"), *method = form_get(form, "sign_method");
    const char *sign = form_get(form, "sign");
    char right[SIGN_ROOM];
    if (!timestamp || !*timestamp) {
        return gateway_refuse(GATEWAY_TIMESTAMP, 30, "Missing Timestamp", "timestamp");
    }
    if (!is_now(timestamp)) {
        return gateway_refuse(GATEWAY_TIMESTAMP, 31, "Invalid Timestamp", "GMT+8, within 10 minutes");
    }
    if (!sign || !*sign) {
        return gateway_refuse(GATEWAY_SIGNATURE, 24, "Missing Signature", "sign");
    }
    if (!method || !sign_form(form, method, gateway_settings.secret, right)) {
        return gateway_refuse(GATEWAY_SIGN_METHOD, 25, "Invalid signature", "sign_method");
    }
    if (strcmp(sign, right) != 0) {
        return gateway_refuse(GATEWAY_SIGNATURE, 25, "Invalid signature", "sign");
    }
    return (struct gateway_verdict){.refusal = GATEWAY_FINE};
}

static struct gateway_verdict read_query(const struct form *form, struct page_query *q)
{
    const char *page_no = form_get(form, "page_no"), *page_size = form_get(form, "page_size");
    const char *platform = form_get(form, "platform"), *shop_no = form_get(form, "shop_no");
    const char *is_disabled = form_get(form, "is_disabled");
    int64_t number;
    q->page_no = 0;
    q->page_size = 30;
    if (page_no && *page_no && !read_range(page_no, 0, 100000000, &q->page_no)) {
        return gateway_refuse(GATEWAY_PAGING, 41, "Invalid Arguments:page_no", "0 or more");
    }
    if (page_size && *page_size && !read_range(page_size, 1, 100, &q->page_size)) {
        return gateway_refuse(GATEWAY_PAGING, 41, "Invalid Arguments:page_size", "1 to 100");
    }
    if (platform && *platform && !read_range(platform, 0, 1000000, &number)) {
        return gateway_refuse(GATEWAY_FILTER, 41, "Invalid Arguments:platform", "a platform id");
    }
    if (is_disabled && *is_disabled && !read_range(is_disabled, 0, 1, &number)) {
        return gateway_refuse(GATEWAY_FILTER, 41, "Invalid Arguments:is_disabled", "0 or 1");
    }
    if (shop_no && strlen(shop_no) >= sizeof q->shop_no) {
        return gateway_refuse(GATEWAY_FILTER, 41, "Invalid Arguments:shop_no", "too long");
    }
    snprintf(q->platform, sizeof q->platform, "%s", platform ? platform : "");
    snprintf(q->shop_no, sizeof q->shop_no, "%s", shop_no ? shop_no : "");
    snprintf(q->is_disabled, sizeof q->is_disabled, "%.1s", is_disabled ? is_disabled : "");
    return (struct gateway_verdict){.refusal = GATEWAY_FINE};
}

/* Both names of a method are taken: its own, and that of the SDK. */
static struct gateway_verdict check_method(const struct form *form, struct page_query *query)
{
    static const char sdk[] = "hu3cgwt0tc.";
    const char *method = form_get(form, "method");
    if (!method || !*method) {
        return gateway_refuse(GATEWAY_METHOD, 21, "Missing Method", "method");
    }
    if (strncmp(method, sdk, sizeof sdk - 1) == 0) {
        method += sizeof sdk - 1;
    }
    query->table = record_table_by_method(method);
    if (!query->table && strcmp(method, "wdt.shop.query") != 0) {
        return gateway_refuse(GATEWAY_METHOD, 22, "Invalid Method", "method");
    }
    return (struct gateway_verdict){.refusal = GATEWAY_FINE};
}

struct gateway_verdict gateway_check(const struct form *form, struct page_query *query)
{
    *query = (struct page_query){.form = form};
    struct gateway_verdict method = check_method(form, query);
    struct gateway_verdict v = check_names(form, query->table ? query->table->params : shop_params);
    v = v.refusal != GATEWAY_FINE ? v : method;
    if (v.refusal != GATEWAY_FINE) {
        return v;
    }
    size_t last = sizeof exact / sizeof *exact - 1; /* sid is WDT's, behind the gateway's own checks */
    for (size_t i = 0; i <= last; i++) {
        if (i == last) {
            v = check_clock_and_sign(form);
            if (v.refusal != GATEWAY_FINE) {
                return v;
            }
        }
        const char *value = form_get(form, exact[i].name);
        if (!value || !*value) {
            return gateway_refuse(exact[i].refusal, exact[i].missing_code, exact[i].missing, exact[i].name);
        }
        if (strcmp(value, exact[i].value) != 0 && (!exact[i].other || strcmp(value, exact[i].other) != 0)) {
            return gateway_refuse(exact[i].refusal, exact[i].wrong_code, exact[i].wrong, exact[i].name);
        }
    }
    return read_query(form, query);
}
