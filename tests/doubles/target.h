/* What xingchen-double can be told, and what it counts. */
#ifndef DOUBLES_TARGET_H
#define DOUBLES_TARGET_H

#include "switches.h"

/* How the double says that a token is dead or that a caller is too fast. */
enum target_form {
    FORM_STATUS,
    FORM_TEXT,
    FORM_ERRORINFO,
    FORM_ROWS,
    FORM_INNER,
    FORM_519,
    FORM_PAGE,
    FORM_REDIRECT,
    FORM_INSIDE
};
/* How it says that the account has no such call. */
enum target_unsubscribed { UNSUBSCRIBED_519, UNSUBSCRIBED_404, UNSUBSCRIBED_403, UNSUBSCRIBED_TEXT };
/* Calls that `status` falls on. */
enum target_status_on { ON_ALL, ON_SAVES, ON_LOOKUPS, ON_LOGIN, ON_GROUPS };

struct target_set {
    int64_t port, seed, book, book_step, book_twins, token_form, permission, retry_after, calls_per_minute,
        calls_window_ms, late_ms, http502_executes, notfound519, slow_ms, slow_jitter_ms, down, faults_on, echo,
        throttle_form, status_on, lost_next, book_of, book_disabled, unsubscribed_form;
    double throttle, lost, late, unexecuted, hang, truncate, http502, html, http519;
    char bind[SWITCH_TEXT_ROOM], router_addr[SWITCH_TEXT_ROOM], token_words[SWITCH_TEXT_ROOM],
        token_code[SWITCH_TEXT_ROOM], throttle_words[SWITCH_TEXT_ROOM], unsubscribed[SWITCH_TEXT_ROOM],
        unsubscribed_words[SWITCH_TEXT_ROOM];
};
extern struct target_set target_set;
extern const struct switch_entry target_switches[];

struct target_count {
    int64_t calls, logins, logins_refused, account_groups, saves, saves_executed, saves_refused, rows, details,
        detail_batches, lists, rows_executed, rows_unexecuted, secrets_seen, throttled, over_limit, down, lost, late,
        late_pending, unexecuted, hang, truncate, http502, html, http519, in_flight, peak_concurrency, save_in_flight,
        refused_token, refused_account, refused_content_type, refused_router, refused_permission, refused_path,
        refused_method, refused_lookup, refused_unsubscribed;
};
extern struct target_count target_count;

/* GET /_/report. */
void target_report(struct blob *out);

#endif
