/* Who may call the console's API: tokens, of which the store keeps only the hash, and the audit, which says who did what. */
#ifndef DIANCHEN_CONSOLE_WORK_TOKENS_H
#define DIANCHEN_CONSOLE_WORK_TOKENS_H

#include "common/store/store.h"

enum console_role { ROLE_NOBODY = 0, ROLE_READER = 1, ROLE_ADMIN = 2 };
/* "read-only", "admin" */
const char *role_text(enum console_role role);

enum { TOKEN_SIZE = 46 /* characters of a token */, TOKEN_HASH = 64, TOKEN_NAME_MAX = 60 };

/* A fresh token: "dc_" and 43 characters of 256 random bits. ERR_IO. */
int token_make(char out[TOKEN_SIZE + 1]) WARN_UNUSED;
/* SHA-256 of a token, in hex. */
int token_hash(struct text token, char out[TOKEN_HASH + 1]) WARN_UNUSED;

/* Keeps the hash under a name of letters, digits, '.', '_' and '-'. ERR_INPUT for another name, ERR_REFUSED where the name
 * stands already. In a write transaction. */
int token_keep(struct store *store, struct text name, const char *hash, enum console_role role) WARN_UNUSED;
/* ERR_NOT_FOUND when no such token is kept. */
int token_find(struct store *store, const char *hash, char name[TOKEN_NAME_MAX + 1],
               enum console_role *role) WARN_UNUSED;
int token_remove(struct store *store, struct text name) WARN_UNUSED; /* ERR_NOT_FOUND */
/* By name. */
int token_each(struct store *store, void (*fn)(void *user, struct text name, enum console_role role, int64_t created),
               void *user) WARN_UNUSED;

/* One line of the audit; `before` and `after` may be empty. In the transaction of what was done. */
struct audit {
    struct text who, did, subject, before, after;
};
int audit_put(struct store *store, const struct audit *line) WARN_UNUSED;

#endif
