#include "ctl/show/when.h"

#include <stdio.h>
#include <time.h>

#include "common/base/error.h"
#include "common/base/language.h"
#include "common/config/config.h"

static bool local(int64_t unix_ms, struct tm *out)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    return localtime_r(&seconds, out) != NULL;
}

const char *when_of(int64_t unix_ms, char out[WHEN_ROOM])
{
    struct tm tm;
    if (!local(unix_ms, &tm) || strftime(out, WHEN_ROOM, "%Y-%m-%d %H:%M:%S %z", &tm) == 0) {
        out[0] = '\0';
    }
    return out;
}

const char *when_iso(int64_t unix_ms, char out[WHEN_ROOM])
{
    struct tm tm;
    if (!local(unix_ms, &tm) || strftime(out, WHEN_ROOM, "%Y-%m-%dT%H:%M:%S%z", &tm) == 0) {
        out[0] = '\0';
    }
    return out;
}

int64_t when_from_iso(struct text t)
{
    char line[WHEN_ROOM];
    struct tm tm = {0};
    if (t.size == 0 || t.size >= sizeof line) {
        return 0;
    }
    memcpy(line, t.data, t.size);
    line[t.size] = '\0';
    const char *end = strptime(line, "%Y-%m-%dT%H:%M:%S%z", &tm);
    if (!end || *end != '\0') {
        return 0;
    }
    long east = tm.tm_gmtoff; /* timegm takes the fields as they stand */
    return ((int64_t)timegm(&tm) - east) * 1000;
}

const char *when_took(double seconds, char out[WHEN_ROOM])
{
    int64_t whole = (int64_t)seconds;
    if (seconds < 10) {
        (void)snprintf(out, WHEN_ROOM, _("%.1f s"), seconds);
    } else if (whole < 60) {
        (void)snprintf(out, WHEN_ROOM, _("%lld s"), (long long)whole);
    } else if (whole < 3600 && whole % 60 == 0) {
        (void)snprintf(out, WHEN_ROOM, _("%lld min"), (long long)(whole / 60));
    } else if (whole < 3600) {
        (void)snprintf(out, WHEN_ROOM, _("%lld min %lld s"), (long long)(whole / 60), (long long)(whole % 60));
    } else if (whole < 86400 && whole % 3600 < 60) {
        (void)snprintf(out, WHEN_ROOM, _("%lld h"), (long long)(whole / 3600));
    } else if (whole < 86400) {
        (void)snprintf(out, WHEN_ROOM, _("%lld h %lld min"), (long long)(whole / 3600), (long long)(whole / 60 % 60));
    } else {
        (void)snprintf(out, WHEN_ROOM, _("%lld d %lld h"), (long long)(whole / 86400), (long long)(whole / 3600 % 24));
    }
    return out;
}

int when_read(struct text t, int64_t now, int64_t *out)
{
    static const char *const forms[] = {"%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"};
    int64_t back;
    if (config_duration(t, &back) == 0) {
        *out = now - back;
        return 0;
    }
    char line[WHEN_ROOM];
    if (t.size == 0 || t.size >= sizeof line) {
        return ERR_SYNTAX;
    }
    memcpy(line, t.data, t.size);
    line[t.size] = '\0';
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct tm tm = {.tm_isdst = -1};
        const char *end = strptime(line, forms[i], &tm);
        time_t seconds = end && *end == '\0' ? mktime(&tm) : (time_t)-1;
        if (seconds != (time_t)-1) {
            *out = (int64_t)seconds * 1000;
            return 0;
        }
    }
    return ERR_SYNTAX;
}
