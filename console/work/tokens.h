/* Tokens, which decide who may call the console's API, and the audit, which says who did what. The store keeps only the hash of a
 * token. Functions with a store run in a transaction, and return 0 or an error of the store besides those named. */
#ifndef DIANCHEN_CONSOLE_WORK_TOKENS_H
#define DIANCHEN_CONSOLE_WORK_TOKENS_H

#include "common/store/store.h"

enum console_role { ROLE_NOBODY = 0, ROLE_READER = 1, ROLE_ADMIN = 2 };
/* Returns "read-only" or "admin", a constant. */
const char *role_text(enum console_role role);

enum { TOKEN_SIZE = 46 /* characters of a token */, TOKEN_HASH = 64, TOKEN_NAME_MAX = 60 };

/* Makes a new token: "dc_" and 43 characters with 256 random bits. 0; ERR_IO: there are no random bytes. */
int token_make(char out[TOKEN_SIZE + 1]) WARN_UNUSED;
/* Writes the SHA-256 of a token in hex. 0; ERR_IO: OpenSSL failed. */
int token_hash(struct text token, char out[TOKEN_HASH + 1]) WARN_UNUSED;

/* Stores the hash under a name of letters, digits, '.', '_' and '-', at most TOKEN_NAME_MAX. ERR_INPUT: another name; ERR_REFUSED: the
 * name is taken. In a write transaction. */
int token_keep(struct store *store, struct text name, const char *hash, enum console_role role) WARN_UNUSED;
/* Finds name and role of the token with this hash. ERR_NOT_FOUND: there is none. */
int token_find(struct store *store, const char *hash, char name[TOKEN_NAME_MAX + 1],
               enum console_role *role) WARN_UNUSED;
/* Removes a token. ERR_NOT_FOUND: there is none of this name. In a write transaction. */
int token_remove(struct store *store, struct text name) WARN_UNUSED;
/* Calls `fn` for each token, in the order of names; `created` is Unix ms. */
int token_each(struct store *store, void (*fn)(void *user, struct text name, enum console_role role, int64_t created),
               void *user) WARN_UNUSED;

/* One line of the audit: who, what was done, to what; `before` and `after` may be empty. Long texts are cut. */
struct audit {
    struct text who, did, subject, before, after;
};
/* Adds a line, with the present time. In the same write transaction as what was done. */
int audit_put(struct store *store, const struct audit *line) WARN_UNUSED;

#endif
