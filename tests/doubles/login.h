/* Who may call: login, tokens, the books of the account. */
#ifndef DOUBLES_LOGIN_H
#define DOUBLES_LOGIN_H

#include "form.h"

struct login_settings {
    char client_id[4096], client_secret[4096], username[4096], password[4096];
    char account_id[4096], group_name[4096];
    int64_t token_seconds, token_uses, login_fail;
};
extern struct login_settings login_settings;

/* A new token, which lives as the settings say; it stays the login's. */
const char *login_give(void);
/* GET /auth/user/access_token. true: a token was given. */
bool login_answer(const struct form *form, struct blob *out);
/* Whether the token lives; counts the use. */
bool login_accepts(const char *token);
void login_forget(void); /* every token given so far */
/* What a careless server repeats: the call's query, its token alone, and what a login needs; raw and percent-encoded. */
void login_echo(const char *query, struct blob *out);
/* The data of accountGroup: two books, the configured one second. */
void login_books(struct blob *out);

#endif
