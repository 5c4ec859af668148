/* Tokens of OAuth2 by client credentials (RFC 6749): POST /oauth/token. Strict about method, form type, credential and scope, each in
 * its one place. The tokens are those of login.h. */
#ifndef DOUBLES_OAUTH_H
#define DOUBLES_OAUTH_H

#include "login.h"
#include "server.h"
#include "switches.h"

struct oauth_settings {
    int64_t client, busy_next, html_next, untold, refuse;
    char scope[SWITCH_TEXT_ROOM];
};
extern struct oauth_settings oauth_settings;

#define OAUTH_SWITCHES                                                                                                  \
    {"token_seconds", SWITCH_COUNT, &login_settings.token_seconds, "3600", NULL, "life of a token of oauth2"},          \
        {"token_uses", SWITCH_COUNT, &login_settings.token_uses, "0", NULL, "calls that a token is good for; 0 = any"}, \
        {"token_untold", SWITCH_FLAG, &oauth_settings.untold, "0", NULL, "1: the life of a token is not told"},         \
        {"token_busy_next", SWITCH_COUNT, &oauth_settings.busy_next, "0", NULL, "the next N logins get HTTP 503"},      \
        {"token_html_next",                                                                                             \
         SWITCH_COUNT,                                                                                                  \
         &oauth_settings.html_next,                                                                                     \
         "0",                                                                                                           \
         NULL,                                                                                                          \
         "the next N logins get a page of HTML with HTTP 200"},                                                         \
        {"token_refuse",                                                                                                \
         SWITCH_FLAG,                                                                                                   \
         &oauth_settings.refuse,                                                                                        \
         "0",                                                                                                           \
         NULL,                                                                                                          \
         "1: a login is refused, and what it sent is repeated"},                                                        \
        {"oauth_client", SWITCH_CHOICE, &oauth_settings.client,                                                         \
         "header",       "header|body", "where user and password must stand"},                                          \
    {                                                                                                                   \
        "oauth_scope", SWITCH_TEXT, oauth_settings.scope, "", NULL, "the scope that must be asked for; empty = none"    \
    }

/* Is the call one for a token? Then it is answered. */
bool oauth_handle(struct call *call, const char *user, const char *password);
/* The call's token: good, was good once (401, counted as stale), or never given. */
enum oauth_token { OAUTH_GOOD, OAUTH_STALE, OAUTH_UNKNOWN };
enum oauth_token oauth_look(const struct call *call);
/* Members of the report. */
void oauth_report(struct blob *out);

#endif
