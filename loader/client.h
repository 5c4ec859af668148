/* The client of the target: authorised, paced calls. A call waits for the login, then for its slot, then goes. What goes over
 * the wire is the driver's. On the loop's thread. */
#ifndef DIANCHEN_LOADER_CLIENT_H
#define DIANCHEN_LOADER_CLIENT_H

#include "common/observe/metrics.h"
#include "common/pace/limiter.h"
#include "loader/driver.h"

struct client;

struct client_call {    /* embedded in its owner; zero-initialise, then fill the first part */
    const char *path;   /* of the target; lives as long as the call */
    struct buffer body; /* JSON; kept for repetitions of a read, given away by a save */
    bool save;          /* not a read: every answer is for done(), and nothing is repeated */
    /* Saves: login and slot are in hand; the last chance to write the body. False = not now: the slot is kept, call
     * client_start again. */
    bool (*ready)(struct client_call *call);
    struct loop_ms send_by; /* for http.h; .ms 0 = none */
    bool optional;          /* reads: that there is no such call (answer.absent) is for done() too */
    /* Reads: DONE or REJECT only (a patient client repeats the rest, or says fatal). The answer lives during the call;
     * client_start may be called again from here. */
    void (*done)(struct client_call *call, const struct answer *answer);
    void *user;
    /* private */
    struct client *client;
    struct client_call *next;
    struct limit_wait wait;
    struct loop_timer timer;
    int64_t version;
    int attempt, worded;
    bool slotted, queued, flying;
};

struct client_options {
    struct loop *loop;
    struct store
        *store; /* NULL = for --check and --lookup: no shared pace or login, and every failure is told at once */
    struct metrics *metrics;
    const struct target_driver *driver;
    const struct target_form *form; /* lives as long as the client */
    struct http_network network;
    struct record_options record;
    int64_t timeout; /* ms of one call */
    int64_t calls_per_minute;
    int connections;                                                     /* most calls at once */
    const char *owner;                                                   /* for the login's lease */
    bool account_wanted;                                                 /* false: accounts() in place of ready() */
    void (*ready)(void *user);                                           /* a login is in hand (again) */
    void (*fatal)(void *user, const struct cause *cause, int exit_code); /* once: give up */
    void (*accounts)(void *user, const struct answer *answer);           /* for driver->accounts; may be NULL */
    void *user;
};
int client_new(const struct client_options *options, struct client **out, struct cause *cause) WARN_UNUSED;
void client_stop(struct client *client);  /* ends every call without done(), before loop and store close */
void client_free(struct client **client); /* after the store is closed */

/* Answers come, or it is known why none do: an outage, a ban, no login yet. */
bool client_lives(const struct client *client);
/* Why no call can do any good just now (a literal), or NULL. */
const char *client_ails(const struct client *client);
/* Why nothing works now, without a break since the last call that did; NULL = it works, or was not tried yet. */
const char *client_trouble(const struct client *client);
void client_login(struct client *client); /* fetch the login now; ready() tells */
void client_start(struct client *client, struct client_call *call);
/* Takes back a call that has not been sent; false when it is on the wire (done() will run). */
bool client_withdraw(struct client *client, struct client_call *call);

#endif
