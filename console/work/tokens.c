#include "console/work/tokens.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "common/base/arena.h"

enum { AUDIT_TEXT_MAX = 100000, SECRET_BYTES = 32 };

const char *role_text(enum console_role role)
{
    return role == ROLE_ADMIN ? "admin" : "read-only";
}

int token_make(char out[TOKEN_SIZE + 1])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned char bytes[SECRET_BYTES + 1] = {0};
    if (RAND_bytes(bytes, SECRET_BYTES) != 1) {
        return ERR_IO;
    }
    memcpy(out, "dc_", 3);
    for (size_t i = 0; i < TOKEN_SIZE - 3; i++) {
        size_t bit = i * 6;
        unsigned int two = (unsigned int)bytes[bit / 8] << 8 | bytes[bit / 8 + 1];
        out[3 + i] = letters[two >> (10 - bit % 8) & 63];
    }
    out[TOKEN_SIZE] = '\0';
    OPENSSL_cleanse(bytes, sizeof bytes);
    return 0;
}

int token_hash(struct text token, char out[TOKEN_HASH + 1])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char hash[32];
    unsigned int size = sizeof hash;
    if (EVP_Digest(token.data ? token.data : "", token.size, hash, &size, EVP_sha256(), NULL) != 1) {
        return ERR_IO;
    }
    for (size_t i = 0; i < sizeof hash; i++) {
        out[2 * i] = digits[hash[i] >> 4];
        out[2 * i + 1] = digits[hash[i] & 15];
    }
    out[TOKEN_HASH] = '\0';
    return 0;
}

static bool name_is_fine(struct text name)
{
    static const struct text allowed = {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", 65};
    bool fine = name.size > 0 && name.size <= TOKEN_NAME_MAX;
    for (size_t i = 0; fine && i < name.size; i++) {
        fine = text_has(allowed, name.data[i]);
    }
    return fine;
}

int token_keep(struct store *store, struct text name, const char *hash, enum console_role role)
{
    if (!name_is_fine(name)) {
        return ERR_INPUT;
    }
    const struct sql_value values[] = {SQL_STRING(name), SQL_STRING(text_of(hash)), SQL_INTEGER(role),
                                       SQL_INTEGER(store_wall())};
    int64_t changed = 0;
    int error =
        store_run(store, "insert into token (name, hash, role, created) values ($1, $2, $3, $4) on conflict do nothing",
                  values, 4, &changed);
    return error || changed ? error : ERR_REFUSED;
}

int token_find(struct store *store, const char *hash, char name[TOKEN_NAME_MAX + 1], enum console_role *role)
{
    const struct sql_value value = SQL_STRING(text_of(hash));
    struct sql_rows rows;
    store_ask(store, "select name, role from token where hash = $1", &value, 1, &rows);
    bool found = store_next(&rows);
    if (found) {
        size_t size = text_cut(rows.columns[0].text, TOKEN_NAME_MAX);
        memcpy(name, rows.columns[0].text.data, size);
        name[size] = '\0';
        *role = rows.columns[1].integer == ROLE_ADMIN ? ROLE_ADMIN : ROLE_READER;
    }
    int error = store_found(&rows);
    return error || found ? error : ERR_NOT_FOUND;
}

int token_remove(struct store *store, struct text name)
{
    const struct sql_value value = SQL_STRING(name);
    int64_t changed = 0;
    int error = store_run(store, "delete from token where name = $1", &value, 1, &changed);
    return error || changed ? error : ERR_NOT_FOUND;
}

int token_each(struct store *store, void (*fn)(void *user, struct text name, enum console_role role, int64_t created),
               void *user)
{
    struct sql_rows rows;
    store_ask(store, "select name, role, created from token order by name", NULL, 0, &rows);
    while (store_next(&rows)) {
        fn(user, rows.columns[0].text, rows.columns[1].integer == ROLE_ADMIN ? ROLE_ADMIN : ROLE_READER,
           rows.columns[2].integer);
    }
    return store_found(&rows);
}

static struct sql_value audit_text(struct arena *arena, struct text t)
{
    t = arena_storable(arena, t);
    return t.size > 0 ? SQL_STRING(((struct text){t.data, text_cut(t, AUDIT_TEXT_MAX)})) : SQL_STRING(TEXT(""));
}

int audit_put(struct store *store, const struct audit *line)
{
    struct arena arena;
    arena_init(&arena, (size_t)8 * AUDIT_TEXT_MAX);
    const struct sql_value values[] = {SQL_INTEGER(store_wall()),        audit_text(&arena, line->who),
                                       audit_text(&arena, line->did),    audit_text(&arena, line->subject),
                                       audit_text(&arena, line->before), audit_text(&arena, line->after)};
    int error =
        store_run(store, "insert into audit (at, who, did, subject, before, after) values ($1, $2, $3, $4, $5, $6)",
                  values, 6, NULL);
    arena_fini(&arena);
    return error;
}
