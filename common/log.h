/* Logs go to stderr: text on a terminal, one JSON object a line otherwise. State changes only.
 * An event has a stable short id ("run.started"), a sentence, and named fields; docs/events.md lists them all.
 * What repeats within LOG_WINDOW is counted instead of written: the next such line, or one of its own once the window is
 * over and anything is logged, has the count in the field "repeated". Warnings and errors repeat when event and sentence
 * are the same, others when the fields are too.
 * Any thread may log; a line is written with one write(2).
 * Secrets: log_secret() registers a value once; every line and every cause, from any thread, then shows *** in its
 * place, also where it stands URL-encoded or behind backslashes. What a server says is wiped where it is read (log_wiped). */
#ifndef DIANCHEN_COMMON_LOG_H
#define DIANCHEN_COMMON_LOG_H

#include "common/arena.h"
#include "common/error.h"
#include "common/text.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Who speaks, before log_open says it: for faults of the command line. config_read does it. Kept by pointer. */
void log_name(const char *program);
/* `program` is kept by pointer. Level by name: debug, info, warn, error; ERR_INPUT for another. */
int log_open(const char *program, const char *level, struct cause *cause) WARN_UNUSED;

/* A field list ends with a NULL name:
 *   log_event(LOG_INFO, "run.started", "run 7 reads 120 pages", "run", LOG_INT(7), NULL); */
struct log_value {
    enum { LOG_IS_INT, LOG_IS_TEXT } kind;
    int64_t integer;
    struct text text;
};
#define LOG_INT(n) ((struct log_value){.kind = LOG_IS_INT, .integer = (int64_t)(n)})
#define LOG_TEXT(t) ((struct log_value){.kind = LOG_IS_TEXT, .text = (t)})
#define LOG_STR(s) LOG_TEXT(text_of(s))
void log_event(enum log_level level, const char *event, const char *sentence, ...) __attribute__((sentinel));
/* Formats the sentence; no fields. */
void log_line(enum log_level level, const char *event, const char *format, ...) PRINTF_LIKE(3, 4);
/* Fields that name a page, which is a batch; `p` points to a struct page. */
#define LOG_PAGE(p)                                                                                                    \
    "run", LOG_INT((p)->run), "slice", LOG_INT((p)->slice), "page", LOG_INT((p)->no), "fence", LOG_INT((p)->fence)
/* The run that this process works on: every line without a run of its own has it as a field. 0 = none. */
void log_run(int64_t run);
enum { LOG_WINDOW = 10000 /* ms */ };
void log_window(int64_t ms); /* another one, for tests; 0 = nothing is counted */
/* Counts that were not written yet. At the end of a program. */
void log_flush(void);
bool log_enabled(enum log_level level);

/* Values shorter than 6 bytes are ignored (they would blank half of every line). At most 64. */
void log_secret(struct text value);
/* The password of scheme://user:password@host, percent-encoded or not; of anything else nothing. */
void log_secret_url(const char *url);
/* Replaces registered secrets inside `line`, in place. Not for a text that was cut inside a secret and went on. */
void log_wipe(char *line);
/* The same for a text from outside, where it comes in, before anybody cuts it: `t` itself where it holds none, else a
 * copy in the arena ("***" when that is full). What is longer than 16 KiB is cut: it is no sentence. */
struct text log_wiped(struct arena *arena, struct text t);
/* The last line of a program that gives up: "extractor: <cause>" on stderr, secrets wiped. Returns `exit_code`. */
int log_fatal(const struct cause *cause, int exit_code);

#endif
