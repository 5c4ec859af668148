/* Every log event, made from the one table in events.h. To add one: a row there, log_event where it happens, `make docs`. */
#ifndef DIANCHEN_COMMON_LOG_EVENT_H
#define DIANCHEN_COMMON_LOG_EVENT_H

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

#define EVENT(name, id, level, means, fields, cure) EVENT_##name,
enum event_id {
#include "common/log/events.h"
    EVENT_COUNT
};
#undef EVENT

struct event_row {
    const char *id; /* as it stands in a line: "run.started" */
    enum log_level level;
    /* For people, in Markdown, one line each. */
    const char *means;
    const char *fields; /* beside those that every line has; "" = none */
    const char *cure;   /* what to do; "–" = nothing */
};
/* The row of an event; static, never NULL. `event` is below EVENT_COUNT. */
const struct event_row *event_row(enum event_id event);
/* "debug", "info", "warn", "error"; static. */
const char *log_level_name(enum log_level level);

#endif
