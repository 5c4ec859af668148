#include "extractor/probe.h"

#include <stdio.h>

#include "common/log.h"
#include "extractor/record.h"

enum { SAMPLE_PATIENCE = 10000 /* ms of unbroken failure */, LINE_BYTES = 4 << 20 };

struct probe {
    const struct settings *settings;
    struct stage stage;
    struct qimen *qimen;
    struct qimen_call call;
    struct buffer line;
    int64_t printed;
    struct cause *cause;
};

static void stopped(void *user)
{
    struct probe *probe = user;
    (void)cause_set(probe->cause, ERR_TIMEOUT, "stopped by a signal");
    loop_stop(probe->stage.loop, EXIT_UNFINISHED);
}

static void source_ended(void *user, int exit_code, const struct cause *cause)
{
    struct probe *probe = user;
    *probe->cause = *cause;
    loop_stop(probe->stage.loop, exit_code);
}

static void checked(struct qimen_call *call, const struct reply *reply)
{
    struct probe *probe = (struct probe *)((char *)call - offsetof(struct probe, call));
    struct text api = probe->stage.scheme->source.api;
    (void)printf("ok    source: %s answers %.*s", qimen_host(probe->qimen), TEXT_ARG(api));
    if (reply->total >= 0) {
        (void)printf("; %lld records", (long long)reply->total);
    }
    (void)putchar('\n');
    loop_stop(probe->stage.loop, EXIT_COMPLETE);
}

static void sampled(struct qimen_call *call, const struct reply *reply);

static void ask(struct probe *probe, int slice, int64_t page)
{
    bool check = probe->settings->check;
    probe->call = (struct qimen_call){
        .slice = slice,
        .page = page,
        .page_size = check ? 1 : probe->stage.scheme->source.page_size,
        .done = check ? checked : sampled,
    };
    qimen_ask(probe->qimen, &probe->call);
}

/* Prints what came; goes on with the next page, then with the next slice, until there are enough. */
static void sampled(struct qimen_call *call, const struct reply *reply)
{
    struct probe *probe = (struct probe *)((char *)call - offsetof(struct probe, call));
    const struct scheme *scheme = probe->stage.scheme;
    for (const cJSON *element = reply->list ? reply->list->child : NULL; element; element = element->next) {
        if (probe->printed == probe->settings->sample) {
            break;
        }
        buffer_clear(&probe->line, probe->line.limit);
        record_show(scheme, element, &probe->line);
        buffer_add_char(&probe->line, '\n');
        if (probe->line.failed) {
            (void)cause_set(probe->cause, ERR_LIMIT, "a record is larger than %d bytes", LINE_BYTES);
            loop_stop(probe->stage.loop, EXIT_REFUSED);
            return;
        }
        (void)fwrite(probe->line.data, 1, probe->line.size, stdout);
        probe->printed++;
    }
    bool full = (int64_t)reply->rows >= scheme->source.page_size;
    bool last = (size_t)call->slice + 1 >= scheme->source.slice_count;
    if (probe->printed == probe->settings->sample || (!full && last)) {
        loop_stop(probe->stage.loop, EXIT_COMPLETE);
    } else {
        ask(probe, full ? call->slice : call->slice + 1, full ? call->page + 1 : scheme->source.first_page);
    }
}

static int serve(struct probe *probe)
{
    const struct settings *settings = probe->settings;
    struct http *http = NULL;
    int code = EXIT_USAGE;
    int error = settings_http(settings, &probe->stage, &http, probe->cause);
    if (!error) {
        struct qimen_options source = settings_source(settings, probe->stage.scheme);
        source.loop = probe->stage.loop;
        source.http = http;
        source.patience = settings->check ? 0 : SAMPLE_PATIENCE;
        source.ended = source_ended;
        source.user = probe;
        error = qimen_new(&source, &probe->qimen, probe->cause);
    }
    if (!error) {
        ask(probe, 0, probe->stage.scheme->source.first_page);
        code = loop_run(probe->stage.loop);
        if (code < 0) {
            code = EXIT_REFUSED;
            (void)cause_set(probe->cause, ERR_IO, "the event loop failed");
        }
    }
    qimen_free(&probe->qimen);
    http_free(&http);
    return code;
}

int probe_run(const struct settings *settings, struct cause *cause)
{
    struct probe probe = {.settings = settings, .cause = cause};
    struct stage_options options = settings->stage;
    options.store = NULL;    /* nothing is kept */
    options.metrics = "off"; /* a service may have the port */
    buffer_init(&probe.line, LINE_BYTES);
    int code = EXIT_USAGE;
    if (stage_open("extractor", ROLE_EXTRACTOR, &options, stopped, &probe, &probe.stage, cause) == 0) {
        code = serve(&probe);
        stage_close(&probe.stage);
    }
    buffer_fini(&probe.line);
    if (fflush(stdout) != 0 && code == EXIT_COMPLETE) {
        (void)cause_set(cause, ERR_IO, "standard output can't be written");
        code = EXIT_REFUSED;
    }
    return code;
}
