/* The log goes to stderr: text on a terminal, else one JSON object a line. Log changes of state only.
 * An event (event.h) has a stable short id ("run.started"), a level, a sentence, and named fields.
 * Lines that repeat within LOG_WINDOW are counted, not written. The count appears in the field "repeated" of the next such
 * line, or in a line of its own after the window. Warnings and errors repeat when event and sentence are equal, other lines
 * when the fields are equal, too.
 * In a process that serves several schemes each line names its scheme (scope.h).
 * Any thread may log; a line is written with one write(2). Registered secrets (secret.h) are shown as ***. */
#ifndef DIANCHEN_COMMON_LOG_LOG_H
#define DIANCHEN_COMMON_LOG_LOG_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/log/event.h"

/* Sets the name of the program for messages before log_open; config_read calls it. The pointer is kept. */
void log_name(const char *program);
const char *log_program(void);
/* Starts the log. `level` is debug, info, warn or error; ERR_INPUT for another word. The pointer `program` is kept. */
int log_open(const char *program, const char *level, struct cause *cause) WARN_UNUSED;

/* A field list ends with a NULL name:
 *   log_event(EVENT_RUN_STARTED, "run 7 reads 120 pages", "run", LOG_INT(7), NULL); */
struct log_value {
    enum { LOG_IS_INT, LOG_IS_TEXT } kind;
    int64_t integer;
    struct text text;
};
#define LOG_INT(n) ((struct log_value){.kind = LOG_IS_INT, .integer = (int64_t)(n)})
#define LOG_TEXT(t) ((struct log_value){.kind = LOG_IS_TEXT, .text = (t)})
#define LOG_STR(s) LOG_TEXT(text_of(s))
/* Writes a line, unless the event's level is below that of log_open. */
void log_event(enum event_id event, const char *sentence, ...) __attribute__((sentinel));
/* The same with a formatted sentence and no fields. */
void log_line(enum event_id event, const char *format, ...) PRINTF_LIKE(2, 3);
/* Fields that name a page, which is a batch; `p` points to a struct page. */
#define LOG_PAGE(p)                                                                                                    \
    "run", LOG_INT((p)->run), "slice", LOG_INT((p)->slice), "page", LOG_INT((p)->no), "fence", LOG_INT((p)->fence)
/* Sets the run that this process, or this scheme of it (scope.h), works on: a line without its own field "run" gets it.
 * 0 = none. */
void log_run(int64_t run);
enum { LOG_WINDOW = 10000 /* ms */ };
void log_window(int64_t ms); /* another window, for tests; 0 = no line is held back */
/* Writes the counts of lines that were held back. Call it at the end of a program. */
void log_flush(void);
/* Are lines of this level written? */
bool log_enabled(enum log_level level);

/* The last line of a program that gives up: "extractor: <cause>" on stderr, secrets wiped. Returns `exit_code`. */
int log_fatal(const struct cause *cause, int exit_code);

#endif
