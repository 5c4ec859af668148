#include "loader/xingchen/request.h"

#include <stdio.h>

void request_token(const struct xingchen_settings *settings, struct buffer *url)
{
    const char *const pairs[][2] = {{"?client_id=", settings->client_id},
                                    {"&client_secret=", settings->client_secret},
                                    {"&username=", settings->username},
                                    {"&password=", settings->password}};
    buffer_format(url, "%s/auth/user/access_token", settings->url);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        buffer_add_text(url, text_of(pairs[i][0]));
        http_put_encoded(url, text_of(pairs[i][1]));
    }
    buffer_add_char(url, '\0');
}

static void with_token(const struct xingchen_settings *settings, const char *path, struct text token,
                       struct buffer *url)
{
    buffer_format(url, "%s/%s?access_token=", settings->url, path);
    http_put_encoded(url, token);
    buffer_add_char(url, '\0');
}

void request_accounts(const struct xingchen_settings *settings, struct text token, struct buffer *url)
{
    with_token(settings, "jdy/sys/accountGroup", token, url);
}

void request_call(const struct xingchen_settings *settings, struct text token, struct text group, const char *path,
                  struct target_request *out)
{
    out->method = "POST";
    with_token(settings, path, token, &out->url);
    size_t n = 0;
    (void)snprintf(out->lines[n++], TARGET_HEADER_MAX, "Content-Type: application/json; charset=utf-8");
    (void)snprintf(out->lines[n++], TARGET_HEADER_MAX, "Accept: application/json");
    (void)snprintf(out->lines[n++], TARGET_HEADER_MAX, "accountId: %.200s", settings->account ? settings->account : "");
    (void)snprintf(out->lines[n++], TARGET_HEADER_MAX, "groupName: %.*s", TEXT_ARG(group));
    if (settings->router_addr) {
        (void)snprintf(out->lines[n++], TARGET_HEADER_MAX, "X-GW-Router-Addr: %.600s", settings->router_addr);
    }
    for (size_t i = 0; i < n; i++) {
        out->headers[i] = out->lines[i];
    }
    out->headers[n] = NULL;
}

bool request_header_safe(struct text t)
{
    for (size_t i = 0; i < t.size; i++) {
        if ((unsigned char)t.data[i] < ' ' || t.data[i] == 0x7f) {
            return false;
        }
    }
    return true;
}
