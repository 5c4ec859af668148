#include "console/work/readings.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

enum { APIS_MOST = 64, NAME_ROOM = 128, CALL_MS = 60000 / READINGS_RATE };

struct kept_answer {
    char *bytes; /* what was asked, then the answer; NULL = free */
    size_t asked, answer;
    int64_t at; /* ms, boot clock */
};

struct api_pace {
    char name[NAME_ROOM];
    int64_t paid; /* ms, boot clock: until then all calls are paid for */
};

struct readings {
    pthread_mutex_t lock;
    struct kept_answer kept[READINGS_MOST];
    struct api_pace apis[APIS_MOST];
};

int readings_new(struct readings **out)
{
    *out = calloc(1, sizeof **out);
    if (!*out) {
        return ERR_MEMORY;
    }
    pthread_mutex_init(&(*out)->lock, NULL);
    return 0;
}

void readings_free(struct readings **held)
{
    struct readings *readings = *held;
    *held = NULL;
    for (size_t i = 0; readings && i < READINGS_MOST; i++) {
        free(readings->kept[i].bytes);
    }
    if (readings) {
        pthread_mutex_destroy(&readings->lock);
        free(readings);
    }
}

static bool is_of(const struct kept_answer *reading, struct text asked)
{
    return reading->bytes && text_equal((struct text){reading->bytes, reading->asked}, asked);
}

struct text readings_find(struct readings *readings, struct text asked, int64_t most, struct arena *arena)
{
    struct text found = {NULL, 0};
    pthread_mutex_lock(&readings->lock);
    for (size_t i = 0; i < READINGS_MOST && !found.data; i++) {
        const struct kept_answer *one = &readings->kept[i];
        if (is_of(one, asked) && clock_ms() - one->at < most) {
            found = arena_text(arena, (struct text){one->bytes + one->asked, one->answer});
        }
    }
    pthread_mutex_unlock(&readings->lock);
    return found;
}

void readings_keep(struct readings *readings, struct text asked, struct text answer)
{
    char *bytes = malloc(asked.size + answer.size + 1);
    if (!bytes || answer.size > READING_BYTES) {
        free(bytes);
        return;
    }
    memcpy(bytes, asked.data, asked.size);
    memcpy(bytes + asked.size, answer.data, answer.size);
    pthread_mutex_lock(&readings->lock);
    struct kept_answer *place = &readings->kept[0];
    for (size_t i = 0; i < READINGS_MOST && !is_of(place, asked); i++) {
        struct kept_answer *one = &readings->kept[i];
        if (is_of(one, asked) || !one->bytes || (place->bytes && one->at < place->at)) {
            place = one;
        }
    }
    free(place->bytes);
    *place = (struct kept_answer){bytes, asked.size, answer.size, clock_ms()};
    pthread_mutex_unlock(&readings->lock);
}

/* Each call costs CALL_MS; READINGS_AT_ONCE may be owed. */
int readings_wait(struct readings *readings, struct text api)
{
    int64_t now = clock_ms(), wait;
    pthread_mutex_lock(&readings->lock);
    struct api_pace *place = &readings->apis[0];
    for (size_t i = 0; i < APIS_MOST; i++) {
        struct api_pace *one = &readings->apis[i];
        if (text_equal(text_of(one->name), api)) {
            place = one;
            break;
        }
        place = one->paid < place->paid ? one : place; /* whose calls are the longest ago */
    }
    if (!text_equal(text_of(place->name), api)) {
        size_t size = api.size < NAME_ROOM ? api.size : NAME_ROOM - 1;
        *place = (struct api_pace){.paid = 0};
        memcpy(place->name, api.data, size);
    }
    place->paid = place->paid < now ? now : place->paid;
    wait = place->paid - now - (int64_t)CALL_MS * (READINGS_AT_ONCE - 1);
    if (wait <= 0) {
        place->paid += CALL_MS;
    }
    pthread_mutex_unlock(&readings->lock);
    return wait <= 0 ? 0 : (int)((wait + 999) / 1000);
}
