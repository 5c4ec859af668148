/* The client of the target: authorised, paced calls. A call waits for the login, then for its slot, then goes.
 * On the loop's thread. */
#ifndef DIANCHEN_LOADER_XINGCHEN_H
#define DIANCHEN_LOADER_XINGCHEN_H

#include "common/http.h"
#include "common/limit.h"
#include "common/metrics.h"
#include "common/store.h"
#include "loader/answer.h"
#include "loader/login.h"
#include "loader/options.h"

struct xingchen;

struct xingchen_call {  /* embedded in its owner; zero-initialise, then fill the first part */
    const char *api;    /* a literal: "jdy/basedata/material_list" */
    struct buffer body; /* JSON; kept for repetitions of a read, given away by a save */
    bool save;          /* not a read: every answer is for done(), and nothing is repeated */
    /* Saves: login and slot are in hand; the last chance to write the body. False = not now: the slot is kept, call
     * xingchen_start again. */
    bool (*ready)(struct xingchen_call *call);
    int64_t send_by; /* for http.h; 0 = none */
    /* Reads: DONE or REJECT only (a patient client repeats the rest, or says fatal). The answer lives during the call;
     * xingchen_start may be called again from here. */
    void (*done)(struct xingchen_call *call, const struct answer *answer);
    void *user;
    /* private */
    struct xingchen *target;
    struct xingchen_call *next;
    struct limit_wait wait;
    struct loop_timer timer;
    int64_t version;
    int attempt, worded;
    bool slotted, queued, flying;
};

struct xingchen_events {
    void (*ready)(void *user);                                           /* a login is in hand (again) */
    void (*fatal)(void *user, const struct cause *cause, int exit_code); /* once: give up */
    void (*accounts)(void *user, const struct answer *answer);           /* see login.h; may be NULL */
};
/* `store` NULL = for --check and --lookup: no shared pace or login, and every failure is told at once.
 * `connections` = most calls at once. */
int xingchen_new(struct loop *loop, struct store *store, struct metrics *metrics, const struct options *options,
                 int64_t calls_per_minute, int connections, const char *owner, const struct xingchen_events *events,
                 void *user, struct xingchen **out, struct cause *cause) WARN_UNUSED;
void xingchen_stop(struct xingchen *target);  /* ends every call without done(), before loop and store close */
void xingchen_free(struct xingchen **target); /* after the store is closed */

/* Answers come, or it is known why none do: an outage, a ban, no login yet. */
bool xingchen_lives(const struct xingchen *target);
/* Why no call can do any good just now (a literal), or NULL. */
const char *xingchen_ails(const struct xingchen *target);
/* Why nothing works now, without a break since the last call that did; NULL = it works, or was not tried yet. */
const char *xingchen_trouble(const struct xingchen *target);
void xingchen_login(struct xingchen *target); /* fetch the login now; ready() tells */
void xingchen_start(struct xingchen *target, struct xingchen_call *call);
/* Takes back a call that has not been sent; false when it is on the wire (done() will run). */
bool xingchen_withdraw(struct xingchen *target, struct xingchen_call *call);

#endif
