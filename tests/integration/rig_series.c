#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "tests/integration/rig.h"
#include "tests/integration/rig_secrets.h"

static size_t take_body(char *data, size_t size, size_t count, void *user)
{
    return fwrite(data, size, count, user);
}

/* A stage logs where its metrics are, once. */
static bool metrics_url(const struct rig_process *stage, char *url, size_t room)
{
    static const char mark[] = "\"event\":\"metrics.listening\"";
    static const char field[] = "\"address\":\"";
    char *log = rig_read(stage->err);
    char *at = strstr(log, mark);
    at = at ? strstr(at, field) : NULL;
    char *end = at ? strchr(at + sizeof field - 1, '"') : NULL;
    if (end != NULL) {
        snprintf(url, room, "http://%.*s/metrics", (int)(end - at - (int)sizeof field + 1), at + sizeof field - 1);
    }
    free(log);
    return end != NULL;
}

int64_t rig_series(const struct rig_process *stage, const char *name)
{
    char url[200];
    if (!metrics_url(stage, url, sizeof url)) {
        return -1;
    }
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    CURL *easy = curl_easy_init();
    if (memory == NULL || easy == NULL) {
        rig_fail("out of memory");
    }
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 1000L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, memory);
    CURLcode code = curl_easy_perform(easy);
    curl_easy_cleanup(easy);
    fclose(memory);
    const char *secret = code == CURLE_OK ? rig_secret_in(text, strlen(text)) : NULL;
    if (secret != NULL) {
        rig_fail("%s of %s holds a secret: %s", url, stage->name, secret);
    }
    int64_t value = -1;
    size_t length = strlen(name);
    for (const char *at = code == CURLE_OK ? strstr(text, name) : NULL; at != NULL; at = strstr(at + 1, name)) {
        if ((at == text || at[-1] == '\n') && at[length] == ' ') {
            value = strtoll(at + length, NULL, 10);
            break;
        }
    }
    free(text);
    return value;
}
