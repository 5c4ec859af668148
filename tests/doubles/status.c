#include "status.h"

#include <stdio.h>
#include <time.h>

#include "dice.h"

/* Calls that were on their way when the wait was told are not early, nor those of another worker that looks at the store
 * four times a second, on a machine that may be busy. */
enum { ON_THE_WAY_MS = 500 };

struct status_settings status_settings;
struct status_count status_count;
static int64_t told_at, wait_until, held_until;

void status_arrive(void)
{
    int64_t now = server_now();
    status_count.early += now < wait_until && now > told_at + ON_THE_WAY_MS;
}

void status_tell_wait(struct call *call, int64_t seconds)
{
    if (seconds <= 0) {
        return;
    }
    told_at = server_now();
    wait_until = told_at + 1000 * seconds;
    if (status_settings.form == 0) {
        snprintf(call->note, sizeof call->note, "%lld", (long long)seconds);
    } else {
        struct tm parts;
        time_t then = time(NULL) + (time_t)seconds + 1; /* a date has whole seconds only: not before the wait ends */
        gmtime_r(&then, &parts);
        strftime(call->note, sizeof call->note, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    }
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
