#include "common/log/event.h"

#include <assert.h>

#define EVENT(name, id, level, means, fields, cure) [EVENT_##name] = {id, LOG_##level, means, fields, cure},
static const struct event_row rows[EVENT_COUNT] = {
#include "common/log/events.h"
};
#undef EVENT

const struct event_row *event_row(enum event_id event)
{
    assert((unsigned)event < EVENT_COUNT);
    return &rows[event];
}

const char *log_level_name(enum log_level level)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    return names[level];
}
