/* What integration tests and the benchmark stand on: the real programs and the doubles, started in a temp
 * folder on free ports, stopped and removed at the end. Any failure of the rig itself ends the test
 * program with a line that says what was missing. One rig at a time. */
#ifndef DIANCHEN_TESTS_RIG_H
#define DIANCHEN_TESTS_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <cjson/cJSON.h>

enum { RIG_PROCESSES = 32, RIG_VARIABLES = 48 };

struct rig_process {
    pid_t pid; /* 0 = gone */
    char name[40];
    char out[400], err[400]; /* files of its stdout and stderr */
    int status;              /* of wait, when gone */
    struct rusage usage;     /* when gone */
};

struct rig {
    char folder[300];
    char build[300]; /* where bin/ and tests/ stand */
    struct rig_process processes[RIG_PROCESSES];
    size_t process_count;
    char variables_file[400]; /* of rig_move_variables */
    char *variables[RIG_VARIABLES];
    size_t variable_count;
};

/* `program` is argv[0] of the test: build/tests/… tells the build tree. */
void rig_open(struct rig *rig, const char *program);
/* Kills what still runs, looks for secrets in all that was left behind (rig_secrets.h), and removes the folder. */
void rig_close(struct rig *rig);
/* For every process started from now on. */
void rig_set(struct rig *rig, const char *name, const char *value);
/* All that were set so far stand in this file from now on, and no longer in the environment. */
void rig_move_variables(struct rig *rig, const char *path);
/* The variables that the stages need to work against the two doubles. */
void rig_credentials(struct rig *rig, const char *wdt_url, const char *xingchen_url);

/* Starts bin/NAME or tests/doubles/NAME, or a NAME with a folder in it as it stands in the build tree, or what stands at an
 * absolute path; words end with NULL. */
struct rig_process *rig_start(struct rig *rig, const char *name, const char *const *words);
/* Starts a double with its switches ("--shops", "200", NULL) and reads the URL it prints. */
struct rig_process *rig_double(struct rig *rig, const char *name, const char *const *words, char *url, size_t url_room);
/* Waits for its end; the exit code, or 128 + signal. Fails the test after `seconds`. */
int rig_wait(struct rig *rig, struct rig_process *process, int seconds);
int rig_stop(struct rig *rig, struct rig_process *process, int signal);
/* Has it ended? Does not wait; its status as after rig_wait. */
bool rig_ended(struct rig_process *process);
/* The most memory that it had so far. */
int64_t rig_peak_kib(const struct rig_process *process);
/* Is the memory of this build the programs' own? That of a sanitizer is not. */
bool rig_is_weighed(const char *program);
/* SIGKILLs the children of `parent` that run this program; their number. */
int rig_kill_children(pid_t parent, const char *name);
/* Start and wait (at most 120 s): the exit code. */
int rig_run(struct rig *rig, const char *name, const char *const *words, struct rig_process **process);
/* Contents of a file, NUL-terminated; the caller frees. */
char *rig_read(const char *path);
/* The value of a series of a stage's metrics page ("dianchen_peers"); -1 when there is none, or while the stage has not
 * said where the page is, or does not answer within a second. */
int64_t rig_series(const struct rig_process *stage, const char *name);

/* GET when body is NULL, else POST; the reply's text, NUL-terminated; the caller frees. Fails on anything but 200. */
char *rig_http(const char *url, const char *body);
/* GET, whatever the status. */
char *rig_http_any(const char *url);
/* GET of a page of our programs: it must hold no secret. */
char *rig_page(const char *url);
/* rig_http of BASE/_/PATH, where BASE is a double's URL with or without its API path. */
char *rig_ask(const char *double_url, const char *path, const char *body);
cJSON *rig_ask_json(const char *double_url, const char *path); /* the caller deletes */
/* A number of a flat object; fails when absent. */
int64_t rig_number(const cJSON *object, const char *name);
/* Waits until this number of the double's report is at least so much; fails after 60 s. */
void rig_await(const char *double_url, const char *name, int64_t wanted);
void rig_pause(long ms);

struct rig_pair {                         /* files of schemes/ without .json */
    const char *scheme, *source, *target; /* "warehouse-to-store", "wdt.warehouse.query", "jdy.basedata.store_save" */
    const char *from, *to; /* a text of the scheme that is replaced (it must be there); NULL = as it is */
};
/* A copy of these in the rig's folder, set as DIANCHEN_SCHEME. */
void rig_pair(struct rig *rig, const struct rig_pair *pair);
/* The same of shop-to-material. */
void rig_scheme(struct rig *rig, const char *from, const char *to);
/* DIANCHEN_STORE on a new file of this name in the rig's folder. */
void rig_store(struct rig *rig, const char *name);

__attribute__((noreturn, format(printf, 1, 2))) void rig_fail(const char *format, ...);

#endif
