/* What the gateway checks before WDT sees a call: every parameter, the clock, the signature. */
#ifndef DOUBLES_GATEWAY_H
#define DOUBLES_GATEWAY_H

#include "form.h"
#include "pages.h"

struct gateway_settings {
    char app_key[4096], secret[4096], sid[4096];
    int64_t clock_offset; /* seconds that its clock is ahead of this machine's */
};
extern struct gateway_settings gateway_settings;

/* One entry a refusal; GATEWAY_FINE lets the call through. */
enum gateway_refusal {
    GATEWAY_FINE,
    GATEWAY_HTTP_METHOD,
    GATEWAY_CONTENT_TYPE,
    GATEWAY_FORM,
    GATEWAY_METHOD,
    GATEWAY_APP_KEY,
    GATEWAY_TARGET_APP_KEY,
    GATEWAY_TIMESTAMP,
    GATEWAY_FORMAT,
    GATEWAY_VERSION,
    GATEWAY_SIGN_METHOD,
    GATEWAY_SIGNATURE,
    GATEWAY_SID,
    GATEWAY_PAGING,
    GATEWAY_FILTER,
    GATEWAY_UNKNOWN_PARAMETER,
    GATEWAY_DUPLICATE,
    GATEWAY_REFUSALS,
};
const char *gateway_name(enum gateway_refusal refusal); /* for the report: "signature" */

struct gateway_verdict {
    enum gateway_refusal refusal;
    int code; /* of the gateway error */
    const char *message, *sub_code;
    char detail[200];
};

/* `form` holds query and body merged. */
struct gateway_verdict gateway_check(const struct form *form, struct page_query *query);
struct gateway_verdict gateway_refuse(enum gateway_refusal refusal, int code, const char *message, const char *detail);

#endif
