/* One call of the API: the request, checked against its operation, and the answer. Used by the thread of its connection. */
#ifndef DIANCHEN_CONSOLE_SERVE_REQUEST_H
#define DIANCHEN_CONSOLE_SERVE_REQUEST_H

#include "common/json/json.h"
#include "console/api/operation.h"

struct console;

/* The code of a problem: the token is wrong. */
#define GUARD_WRONG_TOKEN "token"

enum { REQUEST_BODY_MAX = 1 << 20, REQUEST_ARENA_MAX = 96 << 20, ANSWER_MAX = 32 << 20 };

struct visitor {
    char name[TOKEN_NAME_MAX + 1]; /* of the token */
    enum console_role role;        /* ROLE_NOBODY: not logged in */
    bool by_cookie;
    char hash[TOKEN_HASH + 1]; /* of the token that came with this call; "" = it came by cookie */
};

struct api_request {
    struct console *console;
    const struct operation *operation;
    const struct visitor *visitor;
    struct text values[REQUEST_PARAMS]; /* of the operation's parameters, in its order; data NULL = not given */
    int64_t numbers[REQUEST_PARAMS];    /* values of parameters that are numbers: as given, or the default */
    const cJSON *body;                  /* NULL = the operation takes none */
    struct text session;                /* the cookie's value, or empty */
    struct text if_match;               /* of the header; data NULL = it was not sent */
    bool chinese;                       /* texts for people in Chinese, else in English */
    struct arena *arena;                /* memory that lives as long as the call */
    struct store *store;                /* in a transaction; NULL where the operation uses none */
};

struct api_answer {
    unsigned int status;
    struct buffer body;   /* the JSON value of "data"; or a whole file, where `type` is set */
    char next[1004];      /* cursor to the rest; "" = that was all */
    const char *type;     /* content type of a file; NULL = JSON in the one form */
    char file[80];        /* name under which the browser saves it; "" = none */
    char cookie[200];     /* Set-Cookie; "" = none */
    char etag[40];        /* ETag; "" = none */
    const char *code;     /* of a problem: a stable word; NULL = no problem */
    struct cause detail;  /* of a problem: what is wrong, in one line */
    struct cause cure;    /* of a problem: what to do; "" = not known */
    const char *path;     /* place of the fault in a scheme, in the request's arena; NULL = none */
    int64_t line, column; /* from 1; 0 = not told */
    int retry_after;      /* s, for Retry-After; 0 = none */
};

/* Returns the value of a parameter by its name; empty where it was not given. It lives as long as the call. */
struct text request_text(const struct api_request *request, const char *name);
/* Returns the value of a number, or its default. */
int64_t request_integer(const struct api_request *request, const char *name);
/* Was the parameter given? */
bool request_has(const struct api_request *request, const char *name);

/* Adds a line of the audit: who calls has done this, in the call's write transaction. */
int request_audit(struct api_request *request, const char *did, struct text subject, struct text before,
                  struct text after) WARN_UNUSED;

/* Makes the answer a problem: sets status, code (a literal) and detail. Returns ERR_REFUSED, so that the transaction is rolled
 * back. */
int answer_problem(struct api_answer *answer, unsigned int status, const char *code, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* Adds the cure to a problem. */
void answer_cure(struct api_answer *answer, const char *format, ...) PRINTF_LIKE(2, 3);

/* Appends a file that people write, at most 1 MiB, as strict JSON; null where it is none. Returns 0. */
int put_document(struct buffer *out, bool *first, const char *name, struct text text, struct arena *arena);
/* Appends a member whose value should be JSON: unchanged where it parses, else as a text; empty becomes null. `arena` is used to
 * parse. */
void put_json_or_text(struct buffer *out, bool *first, const char *name, struct text json, struct arena *arena);

#endif
