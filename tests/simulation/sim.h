/* The real stages in one process, on virtual time. What they are made of is the code that ships; put in its place is only
 * what touches the world: the loop (clock.c), ZeroMQ's sockets (net.c), the store's thread (disk.c), the source's HTTP
 * (source.c), the target's client (target.c), chance. Nothing here reads a clock or throws real dice, so a seed is one execution: what it
 * does it does again, byte for byte.
 *
 * Where the linker says "multiple definition" a header among these has a new function: give it a body here.
 *
 *   plot.c      who lives, what befalls them, when it is over
 *   clock.c     events and timers in order; processes that die, freeze and thaw
 *   judge.c     the guarantee, looked at while it runs and at the end */
#ifndef DIANCHEN_TESTS_SIMULATION_SIM_H
#define DIANCHEN_TESTS_SIMULATION_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/ledger/ledger.h"
#include "common/link/link.h"
#include "common/loop/loop.h"
#include "common/scheme/scheme.h"
#include "common/stage/store.h"

/* A function of this name takes the place of another, which stands in tests/simulation/wraps. */
#define WRAPS(name) __asm__("__wrap_" #name)
#define WRAPPED(name) __asm__("__real_" #name)

/* ---- chance ---- */
uint64_t sim_dice(uint64_t sides);  /* 0 … sides - 1 */
bool sim_chance(unsigned permille); /* of a thousand */
/* Mostly short, rarely up to `most`: delays of networks, disks, servers. */
int64_t sim_delay(int64_t usual, int64_t most);

/* ---- processes ---- */
enum { PROCESSES_MAX = 12 };

struct process {
    enum wire_role role;
    int place; /* among its role */
    char name[8];
    bool alive;
    uint32_t life;        /* grows with every start: what was meant for an earlier one is void */
    int64_t frozen_until; /* SIGSTOP; 0 = it runs */
    int64_t skew;         /* ms that its own clock is off */
    int64_t stored_at;    /* its store's thread is busy until then */
    int64_t heard_at;     /* what its store's thread has done is told in order */
    int in_gap;           /* its transaction stands half done: it may not die now */
    int bereaved;         /* workers that left it without a word, in this life */
    struct loop *loop;
    void *stage; /* the stage's own */
};

/* ---- the world ---- */
struct coverage { /* that the seeds did what they are for; summed over all of them */
    uint64_t events, kills, freezes, cuts, holes, drains, stalls, drifts;
    uint64_t posts, creates, updates, refusals, lost_replies, garbled, late, unsent, settles, forgotten, list_pages;
    uint64_t runs, follow_ups, pages, rows, rejected, filtered, unchanged, repeated, adopted, clashes, waiting;
    uint64_t torn, too_large, unread, vanished;
    uint64_t audits, audits_refused, audits_undone;
    uint64_t windows, shown_late, parts;
};

struct sim {
    uint64_t seed, random;
    int64_t now;         /* of the loops' clocks */
    int64_t store_ahead; /* ms that the store's clock is ahead of them; never 0 */
    bool trace;
    bool calm; /* no more faults, and the source stands still */
    struct process processes[PROCESSES_MAX];
    size_t process_count;
    struct process *current; /* whose code runs; NULL = the world's */
    struct store *store;     /* one database for all */
    struct scheme *scheme;
    int64_t stalled_until; /* nobody's transaction begins before */
    struct ledger_times times;
    int64_t timeout;
    struct coverage count;
    char broken[400]; /* what broke the guarantee; empty = it holds */
    uint64_t told;    /* hash of all that was noted */
    char last[200];   /* noted last */
};
extern struct sim sim;

/* One line of the trace. */
void sim_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The guarantee is broken: the first sentence stands, and the seed ends. */
void sim_break(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- clock.c ---- */
struct event {
    int64_t at;
    uint64_t order;
    struct process *process; /* NULL = the world's; else void when that life is over, and late when it is frozen */
    uint32_t life;
    void (*run)(struct event *event);
    void *a, *b;
    int64_t n;
};
void sim_at(int64_t at, struct process *process, void (*run)(struct event *event), void *a, void *b, int64_t n);
/* The next thing that happens; false when nothing ever will, or the guarantee is broken. */
bool sim_step(void);
struct loop *clock_loop(struct process *process);
/* loop_stop was called: the code, else -1. */
int clock_stopped(const struct loop *loop);
void clock_reset(void);

/* ---- net.c ---- */
/* All its connections end without a word; `lose`: what it had sent does not arrive either. */
void net_kill(struct process *process, bool lose);
/* Some connection that stands: ended by either side's kernel (reset), or swallowing everything from now on (hole). */
bool net_harm(bool hole);

/* ---- disk.c ---- */
void disk_open(void); /* sim.store, in memory */
/* Integers of the first row of a literal statement, outside of any transaction of the code. */
int disk_integers(const char *text, const struct sql_value *params, size_t count, int64_t *out, size_t wanted);

/* ---- source.c: shops in a book that moves ---- */
/* It tells what changed between two moments; a change may show later than it happened, but within the scheme's lag. */
static inline bool source_has_windows(void)
{
    return sim.scheme->source.window.step > 0;
}
/* Each of its records is a list of shops, its parts. */
static inline bool source_is_split(void)
{
    return sim.scheme->source.split.size > 0;
}
void source_make(void);
void source_drift(void);
int64_t source_size(void); /* shops, each part counted */
struct shop {
    int key;  /* K<key>; -1 = the record has no key */
    int part; /* K<key>p<part>, where the source is split; from 1 */
    int number, version;
    int64_t changed;     /* unix ms, whole seconds: when, as the source tells it; only with windows */
    bool closed, guilty; /* guilty: the target refuses it */
    bool broken;         /* it is no JSON */
};
const struct shop *source_shop(int64_t at); /* until the next call */
void source_key(const struct shop *shop, char out[32]);
void source_content(const struct shop *shop, char out[32]); /* the name that the target shows */
void source_number(const struct shop *shop, char out[32]);
bool source_numbers_clash(void);
bool source_total_lies(void);
bool source_total_right(void);
struct source_moves { /* since the beginning: shops that came, were removed, changed their place */
    int64_t came, left, moved;
};
struct source_moves source_moved(void);
bool source_lacks_rows(void);
struct source_driver;
const struct source_driver *source_driver(void);
int source_unit(const struct shop *shop); /* the unit that it is told in, 0 … UNITS - 1; -1 = none */
/* ---- target.c: a book that takes duplicates ---- */
void target_make(void);
struct target_driver;
const struct target_driver *target_driver(void);
/* Units that records look up by their names, "u0" …, for ids, "U0" …: some appear late, or never. */
enum { UNITS = 3 };
bool target_has_unit(int unit);
int64_t
target_units_known(void); /* from then on every loader knows all that there are: it reads a list again once a minute */
void target_forget(void); /* somebody deletes a material by hand */
void audit_undo(void);    /* or undoes its audit */
struct material;
bool audit_refuses(const struct material *material);
static inline bool target_audits(void)
{
    return sim.scheme->target.step_count > 0;
}
struct material {
    bool gone;
    bool ours;       /* made by a POST of a loader */
    int64_t made_at; /* and shown a while later */
    int64_t shown_at;
    char id[16], number[32], name[32];
    char unit[8];           /* the id of its unit; empty = none */
    bool audited, undone;   /* audited; some audit of it was undone by hand */
    int64_t audit_shown_at; /* audited shows from then on */
};
size_t target_size(void);
const struct material *target_material(size_t at);

/* ---- stages.c ---- */
void stages_start(struct process *process);
void stages_kill(struct process *process); /* -9 */
void stages_drain(struct process *process);
void stages_over(struct process *process); /* its loop stopped: it ends in order */

/* ---- judge.c ---- */
void judge_reset(void);
void judge_created(const struct material *made);
void judge_posted(const char *name);       /* a row leaves for the target */
void judge_asked(const struct page *page); /* a page is fetched */
void judge_logged(const char *event);
void judge_calm(void); /* runs that begin from now on must be complete */
bool judge_over(void); /* two of them are closed; looks at everything behind the first */

/* ---- plot.c ---- */
void plot_prepare(void); /* once: scheme, store, warm caches */
/* Plays one seed; false when the guarantee broke (sim.broken). */
bool plot_play(uint64_t seed, bool trace);

#endif
