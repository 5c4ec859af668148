/* The client of the target: authorised, paced calls. A call waits for the login, then for its slot, then it is sent. The driver
 * writes the request and reads the reply. All on the loop's thread; nothing blocks. A client with a store is patient: it repeats
 * reads through an outage, and gives up by fatal(). */
#ifndef DIANCHEN_LOADER_CLIENT_H
#define DIANCHEN_LOADER_CLIENT_H

#include "common/observe/metrics.h"
#include "common/pace/limiter.h"
#include "loader/driver.h"

struct client;

struct client_call {  /* embedded in its owner; zero-initialise, then fill the first part */
    const char *path; /* of the target; lives as long as the call */
    /* As the driver wrote it. A read keeps the body, to repeat the call; a save gives it to http.h, which frees it. */
    struct target_call wire;
    bool save; /* true: done() gets every answer, and nothing is repeated; false: a read */
    /* Saves: called when login and slot are there; it may write the body now. False = not yet: the call keeps its slot; call
     * client_start again. */
    bool (*ready)(struct client_call *call);
    struct loop_ms send_by; /* the last bytes leave before, else the call is aborted (http.h); .ms 0 = no limit */
    bool sized;             /* reads: done() also gets replies that are too large (answer.too_large), to ask for less */
    bool optional; /* reads: done() also gets "there is no such call" (answer.absent), which is no FATAL then */
    /* Called once, from the loop. Reads get DONE or REJECT only, but for `sized`: a patient client repeats the rest, or calls fatal(). The
     * answer lives until done() returns; client_start may be called again from here. */
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
    struct store *store; /* NULL (--check, --lookup): no shared pace or login, and each failure is reported at once */
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
    void (*ready)(void *user);                                           /* a login is there (again) */
    void (*fatal)(void *user, const struct cause *cause, int exit_code); /* called once: the client has given up */
    void (*accounts)(void *user, const struct answer *answer);           /* for driver->accounts; may be NULL */
    void *user;
};
/* Makes no call. The options are copied; what they point to must outlive the client. ERR_INPUT: a setting is wrong; ERR_MEMORY,
 * ERR_IO; with the cause, and nothing is left open. */
int client_new(const struct client_options *options, struct client **out, struct cause *cause) WARN_UNUSED;
/* Ends every call without done(). Call it before loop and store are closed. */
void client_stop(struct client *client);
void client_free(struct client **client); /* after the store is closed, whose thread may still work for the login */

/* Is the state of the target known? True: it answered within 5 min, or the reason is known (outage, ban, no login yet). */
bool client_lives(const struct client *client);
/* Why no call can succeed now: a literal, or NULL where none is known. */
const char *client_ails(const struct client *client);
/* Why every call since the last good one failed; NULL = calls work, or none was made yet. Lives until the next answer. */
const char *client_trouble(const struct client *client);
/* Fetches the login now; ready() is called when it is there, at once where it already is. */
void client_login(struct client *client);
/* Queues the call for login, slot and wire. The call belongs to its owner, and must stay until done(), client_withdraw or
 * client_stop. */
void client_start(struct client *client, struct client_call *call);
/* Takes back a call that has not been sent. True: done() will not be called. False: it is on the wire, and done() will be. */
bool client_withdraw(struct client *client, struct client_call *call);

#endif
