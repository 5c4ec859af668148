#include "extractor/settings.h"

int settings_read(int argc, char **argv, struct settings *s, struct cause *cause)
{
    const struct config_option options[] = {
        {"--check", NULL, CONFIG_SWITCH, NULL, false, "make one call that changes nothing, say how it went, and end",
         &s->check, 0, 0},
        {"--sample", NULL, CONFIG_COUNT, NULL, false,
         "print the first N source records, one JSON object a line, and end", &s->sample, 1, 100000},
        {"--once", NULL, CONFIG_SWITCH, NULL, false, "do one run, or finish the one left unfinished, and end", &s->once,
         0, 0},
        {"--new", NULL, CONFIG_SWITCH, NULL, false, "abandon a run left unfinished and begin a new one", &s->begin_new,
         0, 0},
        {"--join", NULL, CONFIG_SWITCH, NULL, false, "help with a run that another began; wait for one, begin none",
         &s->join, 0, 0},
        {"--run", NULL, CONFIG_COUNT, NULL, false, "finish this run, which stands open, and no other", &s->run, 1,
         INT64_MAX},
        {"--limit", NULL, CONFIG_COUNT, NULL, false, "read at most N records in a new run", &s->limit, 1, 1000000000},
        STAGE_OPTION_SCHEME(s->stage),
        STAGE_OPTION_STORE(s->stage),
        STAGE_OPTION_LOG(s->stage),
        STAGE_OPTION_METRICS(s->stage, "127.0.0.1:9701"),
        STAGE_OPTION_SECURITY(s->stage),
        {"--bind", "EXTRACTOR_BIND", CONFIG_TEXT, "tcp://127.0.0.1:5701", true, "where transformers connect", &s->bind,
         0, 0},
        {NULL, "WDT_URL", CONFIG_TEXT, "https://hu3cgwt0tc.api.taobao.com/router/qm", true,
         "the source, whole, with /router/qm", &s->url, 0, 0},
        {NULL, "WDT_APP_KEY", CONFIG_TEXT, NULL, true, "Taobao app key", &s->app_key, 0, 0},
        {NULL, "WDT_APP_SECRET", CONFIG_SECRET, NULL, true, "Taobao app secret", &s->app_secret, 0, 0},
        {NULL, "WDT_SID", CONFIG_TEXT, NULL, true, "WDT seller account", &s->sid, 0, 0},
        {NULL, "WDT_TARGET_APP_KEY", CONFIG_TEXT, "21363512", true, "WDT's own app key", &s->target_app_key, 0, 0},
        {NULL, "WDT_SIGN_METHOD", CONFIG_TEXT, "hmac-sha256", true, "md5, hmac or hmac-sha256", &s->sign_name, 0, 0},
        {NULL, "SOURCE_CALLS_PER_MINUTE", CONFIG_COUNT, NULL, false, "instead of the scheme's pace; 0 = none",
         &s->calls_per_minute, 0, 1000000},
        ALERT_OPTIONS(s->alert),
        {NULL, "HTTPS_PROXY", CONFIG_TEXT, NULL, false, "proxy for the source; never for loopback", &s->proxy, 0, 0},
        {NULL, "NO_PROXY", CONFIG_TEXT, NULL, false, "hosts that need no proxy", &s->no_proxy, 0, 0},
        {NULL, "DIANCHEN_CA_FILE", CONFIG_TEXT, NULL, false, "authorities to trust instead of the system's",
         &s->ca_file, 0, 0},
    };
    const struct config_program program = {
        .name = "extractor",
        .synopsis = "extractor [--once [--limit N] [--new | --join | --run N] | --check | --sample N] [OPTION...]",
        .about =
            "Reads the source of a scheme page by page and gives the records to transformers. Without --once it does\n"
            "so at the scheme's intervals until SIGTERM. Any number of extractors share a run through the store.\n"
            "Exit codes of --once: 0 complete, 3 with rejects, 4 unfinished or incomplete, 1 refused, 2 set up "
            "wrongly.",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    *s = (struct settings){.calls_per_minute = -1};
    int result = config_read(&program, argc, argv, NULL, NULL, cause);
    if (result != CONFIG_GO) {
        return result;
    }
    if ((int)s->once + (int)s->check + (s->sample > 0) > 1) {
        return cause_set(cause, ERR_INPUT, "--once, --check and --sample: one of them");
    }
    if (!s->once && (s->limit > 0 || s->begin_new || s->join || s->run > 0)) {
        return cause_set(cause, ERR_INPUT, "%s goes with --once",
                         s->limit > 0   ? "--limit"
                         : s->begin_new ? "--new"
                         : s->join      ? "--join"
                                        : "--run");
    }
    if ((int)s->begin_new + (int)s->join + (s->run > 0) > 1) {
        return cause_set(cause, ERR_INPUT, "--new, --join and --run: one of them");
    }
    if (sign_method_find(text_of(s->sign_name), &s->sign)) {
        return cause_set(cause, ERR_INPUT, "WDT_SIGN_METHOD: '%s' is none of md5, hmac, hmac-sha256", s->sign_name);
    }
    return qimen_check_url(s->url, cause);
}

struct qimen_options settings_source(const struct settings *s, const struct scheme *scheme)
{
    return (struct qimen_options){
        .url = s->url,
        .app_key = s->app_key,
        .app_secret = s->app_secret,
        .sid = s->sid,
        .target_app_key = s->target_app_key,
        .method = s->sign,
        .scheme = scheme,
    };
}

int settings_http(const struct settings *s, const struct stage *stage, struct http **out, struct cause *cause)
{
    const struct http_options options = {
        .ca_file = s->ca_file,
        .proxy = s->proxy,
        .no_proxy = s->no_proxy,
        .connections = (int)stage->scheme->source.concurrency + 1,
        .body_limit = REPLY_BODY_MAX,
        .metrics = stage->metrics,
    };
    return http_new(stage->loop, &options, out, cause);
}
