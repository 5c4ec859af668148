#include "loader/xingchen/settings.h"

#include <stdio.h>

#include "common/http/http.h"

struct xingchen_settings xingchen_settings;

const struct config_option xingchen_options[XINGCHEN_OPTIONS] = {
    OPT_SETTING(XINGCHEN_URL, xingchen_settings.url),
    OPT_SETTING(XINGCHEN_CLIENT_ID, xingchen_settings.client_id),
    OPT_SETTING(XINGCHEN_CLIENT_SECRET, xingchen_settings.client_secret),
    OPT_SETTING(XINGCHEN_USERNAME, xingchen_settings.username),
    OPT_SETTING(XINGCHEN_PASSWORD, xingchen_settings.password),
    OPT_SETTING(XINGCHEN_ACCOUNT_ID, xingchen_settings.account),
    OPT_SETTING(XINGCHEN_GROUP_NAME, xingchen_settings.group),
    OPT_SETTING(XINGCHEN_ROUTER_ADDR, xingchen_settings.router_addr),
};

/* Plain http would show the token to everyone on the way: only for stand-ins, never for the real hosts. */
static int check_url(struct xingchen_settings *s, struct cause *cause)
{
    struct text url = text_trim(text_of(s->url));
    while (url.size > 0 && url.data[url.size - 1] == '/') {
        url.size--;
    }
    bool plain = text_starts(url, TEXT("http://"));
    if ((!plain && !text_starts(url, TEXT("https://"))) || url.size >= sizeof s->base) {
        return cause_set(cause, ERR_INPUT,
                         "XINGCHEN_URL: %s: not an http(s) address; the real one is https://api.kingdee.com", s->url);
    }
    struct text host = {url.data + (plain ? 7 : 8), url.size - (plain ? 7 : 8)};
    for (size_t i = 0; i < host.size; i++) {
        if ((unsigned char)host.data[i] <= ' ' || strchr("?#@", host.data[i])) {
            return cause_set(cause, ERR_INPUT,
                             "XINGCHEN_URL: %s: only a scheme, a host, a port and a path may stand in it", s->url);
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
                         "XINGCHEN_URL: %s: plain http would show the login to everyone; write https://", s->url);
    }
    if (http_check_plain("XINGCHEN_URL", s->url, cause)) {
        return ERR_INPUT;
    }
    if (s->url != s->base) { /* checked before, for another scheme */
        (void)snprintf(s->base, sizeof s->base, "%.*s", TEXT_ARG(url));
        s->url = s->base;
    }
    return 0;
}

int xingchen_settings_check(bool account, struct cause *cause)
{
    struct xingchen_settings *s = &xingchen_settings;
    const struct config_needed needed[] = {{SETTING_XINGCHEN_CLIENT_ID, s->client_id},
                                           {SETTING_XINGCHEN_CLIENT_SECRET, s->client_secret},
                                           {SETTING_XINGCHEN_USERNAME, s->username},
                                           {SETTING_XINGCHEN_PASSWORD, s->password}};
    int error = config_needs(needed, sizeof needed / sizeof *needed, cause);
    error = error ? error : check_url(s, cause);
    if (error) {
        return error;
    }
    if (!s->account && account) {
        return cause_set(cause, ERR_INPUT,
                         "XINGCHEN_ACCOUNT_ID: not set; put it into the environment or .env "
                         "(`dianchen lookup accounts` lists the accounts)");
    }
    for (const char *p = s->group ? s->group : ""; *p; p++) {
        if ((unsigned char)*p < ' ') {
            return cause_set(cause, ERR_INPUT, "XINGCHEN_GROUP_NAME: holds a control character");
        }
    }
    return 0;
}
