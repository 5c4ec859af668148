/* Alerts for those without Prometheus: a message to a group robot (alert_form.h) when a run ends with trouble, and when
 * a service can't work for ALERT_AFTER. One message a cause and ALERT_AGAIN, whoever raises it: the store keeps when the
 * next may go and how many were held back, so restarts and workers beside each other repeat nothing.
 * A robot that can't be reached is told in the log and harms nothing. Secrets are wiped from every message.
 * On the loop's thread. Everything but alert_read takes a NULL alert and then does nothing. */
#ifndef DIANCHEN_COMMON_ALERT_H
#define DIANCHEN_COMMON_ALERT_H

#include "common/alert_form.h"
#include "common/store.h"

enum {
    ALERT_AFTER = 5 * 60 * 1000,  /* ms of trouble without a break */
    ALERT_AGAIN = 30 * 60 * 1000, /* ms between messages of one cause */
    ALERT_LAST = 6000,            /* ms that an end waits for what is under way, at most; */
    ALERT_DRAIN = 1500,           /* and after SIGTERM, which leaves 8 s for everything */
    ALERT_CAUSE_MAX = 120,        /* bytes of a cause's name */
};

struct alert_options {
    const char *url, *form_name, *secret; /* ALERT_URL… as set; url NULL = no alerts */
    const char *proxy, *no_proxy, *ca_file;
    int64_t after; /* ALERT_AFTER, another for tests */
};
/* Rows for a program's option table. */
#define ALERT_OPTIONS(o)                                                                                               \
    {                                                                                                                  \
        NULL,     "ALERT_URL", CONFIG_SECRET,                                                                          \
        NULL,     false,       "group robot that is told of trouble (docs/alerts.md)",                                 \
        &(o).url, 0,           0},                                                                                     \
        {NULL,                                                                                                         \
         "ALERT_FORM",                                                                                                 \
         CONFIG_TEXT,                                                                                                  \
         NULL,                                                                                                         \
         false,                                                                                                        \
         "dingtalk, wecom or feishu (default: told by the address)",                                                   \
         &(o).form_name,                                                                                               \
         0,                                                                                                            \
         0},                                                                                                           \
        {NULL,                                                                                                         \
         "ALERT_SECRET",                                                                                               \
         CONFIG_SECRET,                                                                                                \
         NULL,                                                                                                         \
         false,                                                                                                        \
         "signs what the robot is sent, where it asks for that",                                                       \
         &(o).secret,                                                                                                  \
         0,                                                                                                            \
         0},                                                                                                           \
    {                                                                                                                  \
        NULL, "ALERT_AFTER", CONFIG_DURATION, "5m", true, "how long a service can't work before the robot is told",    \
            &(o).after, 100, 86400000                                                                                  \
    }

struct alert;

/* *out is NULL without an address. `scheme` and `worker` (who speaks: "loader host:7") are copied. `store` NULL = every
 * message goes at once. `told` (may be NULL) hears how each attempt to tell ended: 0, or why it did not work.
 * ERR_INPUT with the cause. */
int alert_new(struct loop *loop, struct store *store, const struct alert_options *options, struct text scheme,
              const char *worker, void (*told)(void *user, int error, const struct cause *cause), void *user,
              struct alert **out, struct cause *cause) WARN_UNUSED;
/* Ends what is under way; before loop and store close. */
void alert_stop(struct alert *alert);
void alert_free(struct alert **alert); /* after the store is closed */

/* Tells `what` (a sentence, may have lines), unless `name` was told within ALERT_AGAIN. `run` other than 0 adds why its
 * records were refused. Copies all. */
void alert_raise(struct alert *alert, const char *name, const char *what, int64_t run);
/* `trouble` is asked every few seconds: why the service can't work now, or NULL; *name says which trouble it is.
 * One that lasts ALERT_AFTER is raised. */
void alert_watch(struct alert *alert, const char *(*trouble)(void *user, const char **name), void *user);
/* Calls `settled` once nothing is under way, at the latest after `most` ms; never from inside. */
void alert_settle(struct alert *alert, struct loop *loop, int64_t most, void (*settled)(void *user), void *user);

/* Inside a write transaction: may this cause be told now? *told, and *held = how many were held back since it last was. */
int alert_turn(struct store *store, struct text name, bool *told, int64_t *held) WARN_UNUSED;

#endif
