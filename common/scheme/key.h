/* A key of a scheme or API file, and the words that some take. Private to common/scheme and its tests. */
#ifndef DIANCHEN_COMMON_SCHEME_KEY_H
#define DIANCHEN_COMMON_SCHEME_KEY_H

#include <stdbool.h>
#include <stdint.h>

enum key_kind {
    KEY_TEXT,    /* a string that is not empty */
    KEY_INTEGER, /* minimum..maximum */
    KEY_SWITCH,  /* true or false */
    KEY_WORD,    /* one of `words` */
    KEY_OBJECT,
    KEY_LIST,
    KEY_ANY
};
struct scheme_key {
    const char *name;
    enum key_kind kind;
    bool required;
    int64_t minimum, maximum;
    const char *const *words; /* NULL-terminated */
};

extern const char *const scheme_op_words[];       /* in the order of enum filter_op */
extern const char *const scheme_letters_words[];  /* in the order of enum scheme_letters */
extern const char *const scheme_vanished_words[]; /* in the order of enum scheme_vanished; disabling is an object */
extern const char *const scheme_type_words[];     /* in the order of enum scheme_type */
/* The target drivers that a target's API file may name: loader/drivers.c has the same (tests/unit/test_target_driver.c). */
extern const char *const scheme_target_driver_words[];
/* The same for sources: extractor/drivers.c has the same (tests/unit/test_source_driver.c). The first is the default. */
extern const char *const scheme_source_driver_words[];
extern const char *const rest_method_words[];   /* GET, POST */
extern const char *const rest_auth_words[];     /* in the order of enum rest_auth */
extern const char *const rest_client_words[];   /* where user and password of OAuth2 go */
extern const char *const rest_paging_words[];   /* in the order of enum rest_paging */
extern const char *const rest_time_words[];     /* in the order of enum rest_time */
extern const char *const soap_version_words[];  /* 1.1, 1.2 */
extern const char *const soap_auth_words[];     /* as rest_auth_words up to "header"; then "wsse", a UsernameToken */
extern const char *const soap_password_words[]; /* from SOAP_PASSWORD_TEXT on, in the order of enum soap_security */

#endif
