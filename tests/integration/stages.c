#include "tests/integration/stages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void stages_open(struct stages *stages, const char *program, const char *shops)
{
    static const char *const takes[] = {"--duplicates", "take", NULL};
    rig_open(&stages->rig, program);
    rig_double(&stages->rig, "wdt-double", (const char *[]){"--shops", shops, NULL}, stages->source, STAGES_URL);
    rig_double(&stages->rig, "xingchen-double", takes, stages->target, STAGES_URL);
    rig_credentials(&stages->rig, stages->source, stages->target);
    rig_scheme(&stages->rig, NULL, NULL);
    rig_store(&stages->rig, "dianchen.db");
    rig_set(&stages->rig, "METRICS_BIND", "off");
}

void stages_await(const struct rig_process *process, const char *text, char *rest, size_t room)
{
    time_t end = time(NULL) + STAGES_PATIENCE;
    for (;;) {
        char *err = rig_read(process->err);
        const char *at = strstr(err, text);
        if (at != NULL && rest != NULL) {
            at += strlen(text);
            snprintf(rest, room, "%.*s", (int)strcspn(at, "\""), at);
        }
        if (at == NULL && time(NULL) > end) {
            rig_fail("%s did not say '%s':\n%s", process->name, text, err);
        }
        free(err);
        if (at != NULL) {
            return;
        }
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

struct rig_process *stages_extractor(struct stages *stages, char address[STAGES_ADDRESS])
{
    static const char *const words[] = {"--once", "--bind", "tcp://127.0.0.1:*", NULL};
    struct rig_process *extractor = rig_start(&stages->rig, "extractor", words);
    stages_await(extractor, "waiting for transformers\",\"address\":\"", address, STAGES_ADDRESS);
    return extractor;
}

struct rig_process *stages_transformer(struct stages *stages, const char *upstream, char address[STAGES_ADDRESS])
{
    const char *words[] = {"--upstream", upstream, "--bind", "tcp://127.0.0.1:*", NULL};
    struct rig_process *transformer = rig_start(&stages->rig, "transformer", words);
    stages_await(transformer, "waiting for loaders\",\"address\":\"", address, STAGES_ADDRESS);
    return transformer;
}

void stages_expect(struct stages *stages, int64_t materials)
{
    cJSON *report = rig_ask_json(stages->target, "report");
    if (rig_number(report, "materials") != materials || rig_number(report, "distinct_numbers") != materials ||
        rig_number(report, "secrets_seen") != 0) {
        rig_fail("not %lld materials, each once: %s", (long long)materials, cJSON_PrintUnformatted(report));
    }
    cJSON_Delete(report);
}
