#include "loader/options.h"

#include <stdio.h>

/* Plain http would show the token to everyone on the way: only for stand-ins, never for the real hosts. */
static int check_url(struct options *o, struct cause *cause)
{
    struct text url = text_trim(text_of(o->url));
    while (url.size > 0 && url.data[url.size - 1] == '/') {
        url.size--;
    }
    bool plain = text_starts(url, TEXT("http://"));
    if ((!plain && !text_starts(url, TEXT("https://"))) || url.size >= sizeof o->base) {
        return cause_set(cause, ERR_INPUT,
                         "XINGCHEN_URL: %s: not an http(s) address; the real one is https://api.kingdee.com", o->url);
    }
    struct text host = {url.data + (plain ? 7 : 8), url.size - (plain ? 7 : 8)};
    for (size_t i = 0; i < host.size; i++) {
        if ((unsigned char)host.data[i] <= ' ' || strchr("?#@", host.data[i])) {
            return cause_set(cause, ERR_INPUT,
                             "XINGCHEN_URL: %s: only a scheme, a host, a port and a path may stand in it", o->url);
        }
    }
    for (size_t i = 0; i < host.size; i++) {
        if (host.data[i] == '/' || host.data[i] == ':') {
            host.size = i;
        }
    }
    while (host.size > 0 && host.data[host.size - 1] == '.') {
        host.size--;
    }
    static const char real[] = "kingdee.com";
    struct text end = host.size >= sizeof real - 1
                          ? (struct text){host.data + host.size - (sizeof real - 1), sizeof real - 1}
                          : (struct text){NULL, 0};
    if (plain && text_equal_nocase(end, TEXT("kingdee.com"))) {
        return cause_set(cause, ERR_INPUT,
                         "XINGCHEN_URL: %s: plain http would show the login to everyone; write https://", o->url);
    }
    (void)snprintf(o->base, sizeof o->base, "%.*s", TEXT_ARG(url));
    o->url = o->base;
    return 0;
}

static int check_modes(struct options *o, char **operands, size_t count, struct cause *cause)
{
    static const char *const kinds[] = {"accounts", "units", "categories", "materials"};
    bool known = !o->lookup;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !known; i++) {
        known = strcmp(o->lookup, kinds[i]) == 0;
    }
    if (!known) {
        return cause_set(cause, ERR_INPUT, "--lookup: %s: not one of accounts, units, categories, materials",
                         o->lookup);
    }
    if (count > (o->lookup ? 1 : 0)) {
        return cause_set(cause, ERR_INPUT, "%s: no such word here; --help tells what is known",
                         operands[o->lookup ? 1 : 0]);
    }
    if (count == 1) {
        o->text = operands[0];
    }
    bool without = o->check || (o->lookup && strcmp(o->lookup, "accounts") == 0);
    if (!o->account && !without) {
        return cause_set(cause, ERR_INPUT,
                         "XINGCHEN_ACCOUNT_ID: not set; put it into the environment or .env "
                         "(`dianchen lookup accounts` lists the accounts)");
    }
    for (const char *p = o->group ? o->group : ""; *p; p++) {
        if ((unsigned char)*p < ' ') {
            return cause_set(cause, ERR_INPUT, "XINGCHEN_GROUP_NAME: holds a control character");
        }
    }
    return 0;
}

int options_read(int argc, char **argv, struct options *out, struct cause *cause)
{
    *out = (struct options){.calls_per_minute = -1};
    struct options *o = out;
    const struct config_option table[] = {
        {"--check", NULL, CONFIG_SWITCH, NULL, false, "log in, read one material, say whether all is well, and end",
         &o->check, 0, 0},
        {"--lookup", NULL, CONFIG_TEXT, NULL, false,
         "print accounts, units, categories or materials (that hold TEXT), and end", &o->lookup, 0, 0},
        {"--json", NULL, CONFIG_SWITCH, NULL, false, "with --lookup: one JSON object on one line", &o->json, 0, 0},
        STAGE_OPTION_SCHEME(o->stage),
        STAGE_OPTION_STORE(o->stage),
        STAGE_OPTION_LOG(o->stage),
        STAGE_OPTION_METRICS(o->stage, "127.0.0.1:9703"),
        STAGE_OPTION_SECURITY(o->stage),
        {"--upstream", "LOADER_UPSTREAM", CONFIG_TEXT, "tcp://127.0.0.1:5702", true,
         "the transformers: tcp://HOST:PORT or ipc://PATH, separated by commas", &o->upstream, 0, 0},
        {NULL, "XINGCHEN_URL", CONFIG_TEXT, "https://api.kingdee.com", true, "base address of the target", &o->url, 0,
         0},
        {NULL, "XINGCHEN_CLIENT_ID", CONFIG_TEXT, NULL, true, "client id of the app", &o->client_id, 0, 0},
        {NULL, "XINGCHEN_CLIENT_SECRET", CONFIG_SECRET, NULL, true, "client secret of the app", &o->client_secret, 0,
         0},
        {NULL, "XINGCHEN_USERNAME", CONFIG_TEXT, NULL, true, "user that the app works as", &o->username, 0, 0},
        {NULL, "XINGCHEN_PASSWORD", CONFIG_SECRET, NULL, true, "that user's password", &o->password, 0, 0},
        {NULL, "XINGCHEN_ACCOUNT_ID", CONFIG_TEXT, NULL, false, "the book that is written into (needed to load)",
         &o->account, 0, 0},
        {NULL, "XINGCHEN_GROUP_NAME", CONFIG_TEXT, NULL, false, "groupName of the account; looked up when unset",
         &o->group, 0, 0},
        {NULL, "XINGCHEN_ROUTER_ADDR", CONFIG_TEXT, NULL, false, "sent as X-GW-Router-Addr when set", &o->router_addr,
         0, 0},
        {NULL, "TARGET_CALLS_PER_MINUTE", CONFIG_COUNT, NULL, false,
         "pace over all loaders; 0 = no limit (default: the scheme's)", &o->calls_per_minute, 0, 1000000},
        {NULL, "TARGET_TIMEOUT", CONFIG_DURATION, "15s", true, "longest time for one call", &o->timeout, 100, 600000},
        {NULL, "TARGET_LATE", CONFIG_DURATION, "10s", true, "how late the target may still execute a call", &o->late, 0,
         600000},
        {NULL, "TARGET_VISIBLE", CONFIG_DURATION, "2s", true, "how late a new material may show up in look-ups",
         &o->visible, 0, 600000},
        ALERT_OPTIONS(o->alert),
        {NULL, "HTTPS_PROXY", CONFIG_TEXT, NULL, false, "proxy; loopback is never proxied", &o->proxy, 0, 0},
        {NULL, "NO_PROXY", CONFIG_TEXT, NULL, false, "hosts that need no proxy", &o->no_proxy, 0, 0},
        {NULL, "DIANCHEN_CA_FILE", CONFIG_TEXT, NULL, false, "certificates to trust instead of the system's",
         &o->ca_file, 0, 0},
    };
    static const char *const names[] = {"[TEXT]", NULL};
    const struct config_program program = {
        "loader",
        "loader [--check | --lookup WHAT [TEXT]] [OPTION...]",
        "Takes mapped records from the transformers and writes each into the target exactly once.",
        table,
        sizeof table / sizeof *table,
        names};
    char **operands = NULL;
    size_t count = 0;
    int error = config_read(&program, argc, argv, &operands, &count, cause);
    if (error != CONFIG_GO) {
        return error;
    }
    error = check_url(o, cause);
    return error ? error : check_modes(o, operands, count, cause);
}

struct ledger_times options_times(const struct options *options)
{
    return (struct ledger_times){options->timeout + 5000, options->late, options->visible};
}
