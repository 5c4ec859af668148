/* Alerts without Prometheus: a message to a group robot (form.h) when a run ends with trouble, and when a service can't
 * work for ALERT_AFTER. At most one message per cause in ALERT_AGAIN, over all workers and restarts: the store keeps
 * the time of the next one and how many were held back. A failure to send is logged and has no other effect. Secrets
 * are wiped from every message. On the loop's thread. All functions accept a NULL alert and then do nothing. */
#ifndef DIANCHEN_COMMON_ALERT_ALERT_H
#define DIANCHEN_COMMON_ALERT_ALERT_H

#include "common/alert/form.h"
#include "common/http/http.h"
#include "common/store/store.h"

enum {
    ALERT_AFTER = 5 * 60 * 1000,  /* ms of trouble without a break */
    ALERT_AGAIN = 30 * 60 * 1000, /* ms between messages of one cause */
    ALERT_LAST = 6000,            /* ms that a program waits at its end for messages under way */
    ALERT_DRAIN = 1500,           /* ms: the same after SIGTERM, when the whole program has 8 s to end */
    ALERT_CAUSE_MAX = 120,        /* bytes of a cause's name */
};

struct alert_options {
    const char *url, *form_name, *secret; /* ALERT_URL… as set; url NULL = no alerts */
    struct http_network network;
    int64_t after; /* ALERT_AFTER, another for tests */
};
/* Rows for a program's option table. */
#define ALERT_OPTIONS(o)                                                                                               \
    OPT_SETTING(ALERT_URL, (o).url), OPT_SETTING(ALERT_FORM, (o).form_name), OPT_SETTING(ALERT_SECRET, (o).secret),    \
        OPT_SETTING(ALERT_AFTER, (o).after)

struct alert;

/* `options`: *out is NULL when ALERT_URL is not set. `scheme` and `worker` (the sender: "loader host:7") are copied.
 * `store` NULL = every message is sent at once. `told` (may be NULL) is called after each attempt to send, with 0 or
 * with the error and its cause. ERR_INPUT with the cause. Free it with alert_free. */
int alert_new(struct loop *loop, struct store *store, const struct alert_options *options, struct text scheme,
              const char *worker, void (*told)(void *user, int error, const struct cause *cause), void *user,
              struct alert **out, struct cause *cause) WARN_UNUSED;
/* Ends the calls under way; call it before loop and store close. */
void alert_stop(struct alert *alert);
void alert_free(struct alert **alert); /* after the store is closed */

/* Sends `what` (a sentence, may have several lines), unless a message with the cause `name` was sent within
 * ALERT_AGAIN. If `run` is not 0, the reasons of its rejects are added. Copies all texts. */
void alert_raise(struct alert *alert, const char *name, const char *what, int64_t run);
/* Calls `trouble` every few seconds. It returns why the service can't work now, and the name of the cause in *name;
 * NULL = it can work. A trouble that lasts ALERT_AFTER is raised. */
void alert_watch(struct alert *alert, const char *(*trouble)(void *user, const char **name), void *user);
/* Calls `settled` when no message is under way, at the latest after `most` ms; never from inside this function. */
void alert_settle(struct alert *alert, struct loop *loop, int64_t most, void (*settled)(void *user), void *user);

/* In a write transaction. *told: may a message with the cause `name` be sent now? If not, it counts as held back. *held
 * = messages held back since the last one. */
int alert_turn(struct store *store, struct text name, bool *told, int64_t *held) WARN_UNUSED;

#endif
