#include "console/work/versions.h"

#include <openssl/evp.h>
#include <stdio.h>

int version_tag(struct text text, char out[VERSION_TAG + 1])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int size;
    if (EVP_Digest(text.data ? text.data : "", text.size, hash, &size, EVP_sha256(), NULL) != 1) {
        return ERR_IO;
    }
    out[0] = out[VERSION_TAG - 1] = '"';
    out[VERSION_TAG] = '\0';
    for (size_t i = 0; i < (VERSION_TAG - 2) / 2; i++) {
        char digits[3];
        (void)snprintf(digits, sizeof digits, "%02x", hash[i]);
        memcpy(out + 1 + 2 * i, digits, 2);
    }
    return 0;
}

int version_put(struct store *store, struct text file, const struct version *version)
{
    const struct sql_value values[] = {SQL_STRING(file),
                                       SQL_INTEGER(store_wall()),
                                       version->who.data ? SQL_STRING(version->who) : SQL_NOTHING,
                                       SQL_STRING(version->text),
                                       SQL_INTEGER(version->added),
                                       SQL_INTEGER(version->removed)};
    const struct sql_value oldest[] = {SQL_STRING(file), SQL_INTEGER(VERSIONS_KEPT)};
    int error = store_run(
        store, "insert into scheme_version (file, at, who, content, added, removed) values ($1, $2, $3, $4, $5, $6)",
        values, 6, NULL);
    return error
               ? error
               : store_run(store,
                           "delete from scheme_version where file = $1 and id <= (select id from scheme_version where "
                           "file = $1 order by id desc limit 1 offset $2)",
                           oldest, 2, NULL);
}

static struct version row_read(const struct sql_value *columns)
{
    return (struct version){.id = columns[0].integer,
                            .at = columns[1].integer,
                            .who = columns[2].kind == SQL_TEXT ? columns[2].text : (struct text){NULL, 0},
                            .added = columns[3].integer,
                            .removed = columns[4].integer};
}

int version_newest(struct store *store, struct text file, int64_t most, struct arena *arena, struct version *out)
{
    const struct sql_value values[] = {SQL_STRING(file), SQL_INTEGER(most)};
    struct sql_rows rows;
    store_ask(
        store,
        "select id, at, who, added, removed, content from scheme_version where file = $1 and id <= $2 order by id desc "
        "limit 1",
        values, 2, &rows);
    bool found = store_next(&rows), kept = true;
    if (found) {
        *out = row_read(rows.columns);
        out->text = rows.columns[5].text.size > 0 ? arena_text(arena, rows.columns[5].text) : TEXT("");
        out->who = out->who.data ? arena_text(arena, out->who) : out->who;
        kept = out->text.data != NULL;
    }
    int error = store_found(&rows);
    return error ? error : !kept ? ERR_MEMORY : found ? 0 : ERR_NOT_FOUND;
}

int version_each(struct store *store, struct text file, int64_t before, int64_t limit,
                 void (*fn)(void *user, const struct version *version), void *user)
{
    const struct sql_value values[] = {SQL_STRING(file), SQL_INTEGER(before), SQL_INTEGER(limit)};
    struct sql_rows rows;
    store_ask(
        store,
        "select id, at, who, added, removed from scheme_version where file = $1 and id < $2 order by id desc limit "
        "$3",
        values, 3, &rows);
    while (store_next(&rows)) {
        const struct version one = row_read(rows.columns);
        fn(user, &one);
    }
    return store_found(&rows);
}
