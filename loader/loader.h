/* What the parts of the loader share. The way of a record:
 *
 *   link ─▶ batch ──T1──┬─ final, unchanged ──────────────────────────────▶ acked with its page
 *                       ├─ busy ──▶ aside ──▶ T1 again
 *                       ├─ claimed ──▶ save ──judge──┬─ saved, refused ──▶ outcomes ──T2──▶ acked; a step is due: T1 again
 *                       │               ▲  ▲  halves │ unclear, exists, gone, unknown
 *                       │               │  └─────────┤
 *                       └─ settle ──▶ lookup ◀───────┘
 *                                      │  ▲ not found, but it may still come: aside until then
 *                                      └──┘
 *
 * rows.c decides what a row does next. It calls begin.c, save.c, ask/asked.c and outcomes.c; they report back only by
 * loader->step, and do their work when the pump runs (life.c). All on the loop's thread. Only work() of a store job runs on the
 * store's thread; meanwhile its owner does not touch what the job uses. */
#ifndef DIANCHEN_LOADER_LOADER_H
#define DIANCHEN_LOADER_LOADER_H

#include "common/pace/concurrency.h"
#include "common/stage/store.h"
#include "loader/ask/search.h"
#include "loader/client.h"
#include "loader/row.h"
#include "loader/settings.h"

struct batch;
struct save;
struct lookup;
struct outcomes;
struct existing;
struct ids_check;
struct questions;
struct aside;
struct roll;

/* A number that the target certainly has, and shows from `since` on. A look-up of several numbers names it last: an answer that
 * shows it covers them all. */
struct witness {
    char number[KEY_MAX];
    size_t size; /* 0 = none is known */
    struct loop_ms since;
};

struct loader {
    struct stage stage;
    struct loader_settings settings;
    const struct target_driver *driver;
    const struct target_form *form;
    struct ledger_times times;
    struct text account;    /* as the ledger names it: the target's account, and the kind of its records */
    char account_room[300]; /* bytes of `account` */
    struct client *client;
    struct link_in *link;
    struct alert *alert;
    int exit_code;                       /* of a loader that gave up, and still sends its alert */
    void (*gone)(struct loader *loader); /* let_go of life.c */
    int creates_noted;                   /* of a dry run */
    bool dry, opened /* the window */, draining, stopped;
    size_t jobs;                                       /* in the store, not yet done */
    void (*step)(struct row *row, enum row_step step); /* row_step of rows.h */
    struct loop_timer pump;
    struct batch *batches, *spare_batches;
    struct save *saves; /* all that were ever made */
    struct ready {
        struct queue rows;
        struct loop_ms since;                        /* the first of them is there */
    } ready[1 + SCHEME_STEPS_MAX];                   /* rows to be saved; then those of each step */
    struct target_form step_forms[SCHEME_STEPS_MAX]; /* by which the refusals of steps are judged */
    size_t calls;                                    /* saves under way, waiting for login and slot included */
    struct concurrency at_once;
    struct loop_ms brake;  /* the target is away: no save before this time */
    struct aside *aside;   /* rows that wait */
    int64_t aside_records; /* of pages of which every open row waits (aside.h) */
    int64_t window_aside;  /* of these, the records that the window does not count */
    struct queue asked;    /* rows to be looked up */
    struct loop_ms asked_since;
    struct lookup *lookups;
    size_t lookup_count;
    struct witness witness;
    bool no_many; /* the target does not look up several numbers at once */
    int many_doubts;
    bool no_one;                    /* the target has no look-up of one number: its list is read */
    enum search_trust search_trust; /* does the list find numbers? */
    bool ask_first;    /* the target's records can't be listed: each number is looked up before it is created */
    struct roll *roll; /* numbers looked up in the whole list */
    struct outcomes *outcomes, *spare_outcomes, *all_outcomes;
    struct ids_check *ids;
    struct existing *existing;
    struct questions *questions; /* NULL: the scheme has no look-ups */
    struct metric *counts[OUTCOME_REJECTED + 1], *rejects_open, *permitted, *stalled;
    struct metric *steps[SCHEME_STEPS_MAX][STATE_REFUSED + 1];
    struct store_job rejects_job;
    struct loop_timer rejects_timer, pulse, deadline, look;
    int64_t rejects_count;
    bool rejects_busy;
};

/* Writes the account as the ledger names it for records of a form ("store 123"), at most `size` bytes with the NUL. */
void loader_account(const struct loader *loader, const struct target_form *form, char *out, size_t size);
/* Can the target not be asked what it holds? Its API file has neither a list nor a find. */
bool loader_mute(const struct loader *loader);
/* Gives up: prints the cause in one line; then the stage ends with the exit code. */
void loader_fatal(struct loader *loader, const struct cause *cause, int exit_code);
/* Ends the stage with this exit code, once. */
void loader_stop(struct loader *loader, int exit_code);
/* Runs the pump when the loop turns next. */
void loader_pump(struct loader *loader);
/* Runs the pump in `ms` at the latest. */
void loader_pump_after(struct loader *loader, int64_t ms);
/* Submits a job to the store and counts it. Its done() must begin with loader_done. The job belongs to its owner until then. */
void loader_submit(struct loader *loader, struct store_job *job);
/* First line of every done() of a job: counts the job's end. False: the loader has given up, return at once. */
bool loader_done(struct loader *loader);
/* As loader_done, but submits the job again where the store was too busy (ERR_BUSY), and returns false then, too. */
bool loader_done_or_again(struct loader *loader, struct store_job *job, int error);
/* Counts one record with this outcome in the metrics. */
void loader_count(struct loader *loader, enum outcome outcome);
/* Call it for the answer of every save: adjusts how many calls may be under way, and the window. */
void loader_answered(struct loader *loader, const struct answer *answer);
/* Computes the window anew; call it when something that it depends on has changed. */
void loader_window(struct loader *loader);
/* Is the target away? Then only one call at a time tries it: a look-up where one is due. */
bool loader_away(const struct loader *loader);
/* A look-up was answered: the target is there, and the next save need not wait. */
void loader_reached(struct loader *loader);

#endif
