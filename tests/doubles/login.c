#include "login.h"

#include <stdio.h>
#include <time.h>

#include "dice.h"
#include "server.h"

enum { TOKENS = 256 };

struct login_settings login_settings;

static struct token {
    char text[64];
    int64_t until, uses;
} tokens[TOKENS];
static uint64_t given;

static bool check(const struct form *form)
{
    const struct {
        const char *name, *value;
    } wanted[] = {{"client_id", login_settings.client_id},
                  {"client_secret", login_settings.client_secret},
                  {"username", login_settings.username},
                  {"password", login_settings.password}};
    size_t right = 0;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const char *value = form_get(form, wanted[i].name);
        right += value && strcmp(value, wanted[i].value) == 0;
    }
    return right == sizeof wanted / sizeof *wanted && form->count == right;
}

const char *login_give(void)
{
    struct token *t = &tokens[given % TOKENS];
    snprintf(t->text, sizeof t->text, "SECRET-TOKEN-%016llx%016llx",
             (unsigned long long)dice_mix(given ^ 0x746f6b656eU), (unsigned long long)dice_mix(dice_mix(given + 77)));
    given++;
    t->until = server_now() + 1000 * login_settings.token_seconds;
    t->uses = 0;
    return t->text;
}

bool login_answer(const struct form *form, struct blob *out)
{
    if (login_settings.login_fail || !check(form)) {
        blob_puts(out, "{\"errcode\":2001,\"description\":\"用户名或密码错误\",\"data\":null}");
        return false;
    }
    blob_printf(out,
                "{\"errcode\":0,\"description\":\"success\",\"data\":{\"access_token\":\"%s\",\"expires\":%lld,"
                "\"expires_in\":%lld}}",
                login_give(), (long long)(time(NULL) + login_settings.token_seconds) * 1000,
                (long long)login_settings.token_seconds);
    return true;
}

bool login_accepts(const char *token)
{
    for (size_t i = 0; token && *token && i < TOKENS; i++) {
        struct token *t = &tokens[i];
        if (strcmp(t->text, token) != 0) {
            continue;
        }
        if (server_now() >= t->until || (login_settings.token_uses > 0 && t->uses >= login_settings.token_uses)) {
            return false;
        }
        t->uses++;
        return true;
    }
    return false;
}

void login_echo(const char *query, struct blob *out)
{
    const char *token = strchr(query, '=');
    const char *const said[] = {query, token ? token + 1 : "", login_settings.client_secret, login_settings.password};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        blob_puts(out, said[i]);
        blob_puts(out, " and ");
        blob_percent(out, said[i]);
        blob_puts(out, ", ");
    }
}

void login_forget(void)
{
    memset(tokens, 0, sizeof tokens);
}

void login_books(struct blob *out)
{
    blob_puts(out, "[{\"serviceId\":\"3\",\"accountGroups\":[{\"accountId\":\"9876543210987654321\",\"groupId\":\"11\","
                   "\"groupName\":\"ns-other\"},{\"accountId\":");
    blob_quote(out, login_settings.account_id);
    blob_puts(out, ",\"groupId\":\"12\",\"groupName\":");
    blob_quote(out, login_settings.group_name);
    blob_puts(out, "}]}]");
}
