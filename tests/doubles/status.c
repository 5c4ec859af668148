#include "status.h"

#include <stdio.h>
#include <time.h>

#include "dice.h"

/* Calls that were on their way when the wait was told are not early, nor those of another worker that looks at the store
 * four times a second, on a machine that may be busy. */
enum { ON_THE_WAY_MS = 500 };
enum { WAIT_SECONDS, WAIT_DATE, WAIT_RFC850, WAIT_ASCTIME, WAIT_ISO, WAIT_CHINA, WAIT_EPOCH, WAIT_UNIT };

struct status_settings status_settings;
struct status_count status_count;
static int64_t told_at, wait_until, held_until;

void status_arrive(void)
{
    int64_t now = server_now();
    status_count.early += now < wait_until && now > told_at + ON_THE_WAY_MS;
}

static void wait_write(char *out, size_t room, int64_t seconds, time_t then)
{
    struct tm parts;
    size_t used;
    time_t china = then + (time_t)8 * 3600;
    gmtime_r(status_settings.form == WAIT_CHINA ? &china : &then, &parts);
    switch (status_settings.form) {
    case WAIT_DATE:
        strftime(out, room, "%a, %d %b %Y %H:%M:%S GMT", &parts);
        break;
    case WAIT_RFC850:
        used = strftime(out, room, "%A, %d-%b-", &parts);
        snprintf(out + used, room - used, "%02d %02d:%02d:%02d GMT", parts.tm_year % 100, parts.tm_hour, parts.tm_min,
                 parts.tm_sec);
        break;
    case WAIT_ASCTIME:
        strftime(out, room, "%a %b %e %H:%M:%S %Y", &parts);
        break;
    case WAIT_ISO:
        strftime(out, room, "%Y-%m-%dT%H:%M:%SZ", &parts);
        break;
    case WAIT_CHINA:
        strftime(out, room, "%Y-%m-%d %H:%M:%S", &parts);
        break;
    case WAIT_EPOCH:
        snprintf(out, room, "%lld", (long long)then);
        break;
    default:
        snprintf(out, room, status_settings.form == WAIT_UNIT ? "%lld s" : "%lld", (long long)seconds);
    }
}

void status_tell_wait(struct call *call, int64_t seconds)
{
    if (seconds <= 0) {
        return;
    }
    told_at = server_now();
    wait_until = told_at + 1000 * seconds;
    time_t then = time(NULL) + (time_t)seconds + 1; /* a date has whole seconds only: not before the wait ends */
    wait_write(call->note, sizeof call->note, seconds, then);
    call->header = "Retry-After";
    call->header_value = call->note;
}

bool status_answer(struct call *call)
{
    int64_t now = server_now();
    bool held = status_settings.hold && now < held_until;
    if (!held && status_settings.next == 0 && !dice_hit(status_settings.rate)) {
        return false;
    }
    if (!held && status_settings.next > 0) {
        status_settings.next--;
    }
    int status = status_settings.status >= 300 && status_settings.status < 600 ? (int)status_settings.status : 503;
    status_count.answers++;
    char text[80];
    snprintf(text, sizeof text, "<html><head><title>%d</title></head><body></body></html>\n", status);
    call_text(call, status, "text/html", text);
    if (status < 400) {
        call->header = "Location";
        call->header_value = status_settings.location;
        return true;
    }
    int64_t wait = held ? (held_until - now + 999) / 1000 : status_settings.wait;
    if (!held && status_settings.hold) {
        held_until = now + 1000 * wait;
    }
    status_tell_wait(call, wait);
    return true;
}
