/* The table of all keys of scheme and API files: the compiler uses it, and a test compares the published JSON Schemas with it.
 * Private to common/scheme and that test. */
#ifndef DIANCHEN_COMMON_SCHEME_KEYS_H
#define DIANCHEN_COMMON_SCHEME_KEYS_H

#include "common/scheme/file.h"
#include "common/scheme/key.h"
#include "common/scheme/model.h"

enum scheme_document {
    DOCUMENT_SCHEME,
    DOCUMENT_SOURCE_API,
    DOCUMENT_TARGET_API,
    DOCUMENT_REST_API,    /* a source of the driver "rest" */
    DOCUMENT_REST_TARGET, /* a target of the driver "rest" */
    DOCUMENT_SOAP_API,    /* a source of the driver "soap" */
};
/* One kind of object. `path` is where it stands: "/source/limits"; a "*" stands for any member or element. */
struct scheme_shape {
    enum scheme_document document;
    const char *path;
    const struct scheme_key *keys;
    size_t count;
};
extern const struct scheme_shape scheme_shapes[];
extern const size_t scheme_shape_count;

/* Checks one object against its shape: unknown keys, kinds, required keys. False if a fault was reported. */
bool scheme_check(struct scheme_faults *faults, const struct scheme_file *file, const cJSON *object,
                  enum scheme_document document, const char *path);

/* After scheme_check: the member if it has the right kind, else the fallback. */
struct text scheme_get_text(const cJSON *object, const char *name); /* data NULL */
int64_t scheme_get_integer(const cJSON *object, const char *name, int64_t fallback);
/* The place of a word in its list, or `fallback`. */
int scheme_get_word(const cJSON *object, const char *name, const char *const *words, int fallback);

/* "Did you mean …?": offer every valid name, then append the tail to the sentence. */
struct scheme_guess {
    char word[64]; /* "" when it is too long to be a slip */
    const char *names[SCHEME_FIELDS_MAX];
    size_t count;
    const char *meant; /* what is surely meant, NULL = not known: a label stood in the place of a name */
    char tail[120];    /* "; did you mean name?" or "" */
};
void scheme_guess_start(struct scheme_guess *guess, struct text word);
void scheme_guess_offer(struct scheme_guess *guess, const char *name);
const char *scheme_guess_tail(struct scheme_guess *guess);

#endif
