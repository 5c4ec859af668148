/* Replies that are an HTTP status and nothing else: 301, 407, 413, 429, 5xx, with Location or Retry-After, and whether
 * callers wait as they are told. Shared by both doubles. */
#ifndef DOUBLES_STATUS_H
#define DOUBLES_STATUS_H

#include "server.h"
#include "switches.h"

struct status_settings {
    int64_t status, next, wait, form, hold;
    double rate;
    char location[SWITCH_TEXT_ROOM];
};
extern struct status_settings status_settings;

#define STATUS_SWITCHES                                                                                                \
    {"status",                                                                                                         \
     SWITCH_COUNT,                                                                                                     \
     &status_settings.status,                                                                                          \
     "503",                                                                                                            \
     NULL,                                                                                                             \
     "HTTP status, 300 to 599, of the calls that status_next and status_rate choose; a 3xx tells location"},           \
        {"status_next", SWITCH_COUNT, &status_settings.next, "0", NULL, "the next N calls answer with status"},        \
        {"status_rate", SWITCH_RATE, &status_settings.rate, "0", NULL, "calls answer with status, not executed"},      \
        {"status_wait",                                                                                                \
         SWITCH_COUNT,                                                                                                 \
         &status_settings.wait,                                                                                        \
         "0",                                                                                                          \
         NULL,                                                                                                         \
         "seconds in Retry-After of status; a call that comes before counts as early; 0 = no header"},                 \
        {"status_hold", SWITCH_FLAG, &status_settings.hold,                                                            \
         "0",           NULL,        "1: until status_wait is over every call answers with status"},                   \
        {"retry_form",                                                                                                 \
         SWITCH_CHOICE,                                                                                                \
         &status_settings.form,                                                                                        \
         "seconds",                                                                                                    \
         "seconds|date|rfc850|asctime|iso|china|epoch|unit",                                                           \
         "how Retry-After tells it: iso with Z, china in China's time without a zone, epoch in seconds since 1970, "   \
         "unit with \"s\" behind the seconds"},                                                                        \
    {                                                                                                                  \
        "location", SWITCH_TEXT, status_settings.location, "https://moved.example.com/router/qm", NULL,                \
            "Location of a 3xx"                                                                                        \
    }

struct status_count {
    int64_t answers, early; /* early: came while it was told to wait */
};
extern struct status_count status_count;

/* Answers the call with the status when it is its turn. */
bool status_answer(struct call *call);
/* Tells the caller to wait: sets Retry-After, and calls count as early until then. */
void status_tell_wait(struct call *call, int64_t seconds);
/* To be called for each call that is right: counts those that come early. */
void status_arrive(void);

#endif
