/* One call of the API: what came in, checked against its operation, and the answer that goes out. */
#ifndef DIANCHEN_CONSOLE_SERVE_REQUEST_H
#define DIANCHEN_CONSOLE_SERVE_REQUEST_H

#include "common/json/json.h"
#include "console/api/operation.h"

struct console;

/* The code of a problem: a token that is none. */
#define GUARD_WRONG_TOKEN "token"

enum { REQUEST_BODY_MAX = 1 << 20, REQUEST_ARENA_MAX = 96 << 20, ANSWER_MAX = 32 << 20 };

struct visitor {
    char name[TOKEN_NAME_MAX + 1]; /* of the token */
    enum console_role role;        /* ROLE_NOBODY: not logged in */
    bool by_cookie;
    char hash[TOKEN_HASH + 1]; /* of the token that came with this call; "" = by cookie */
};

struct api_request {
    struct console *console;
    const struct operation *operation;
    const struct visitor *visitor;
    struct text values[REQUEST_PARAMS]; /* of the operation's parameters, in its order; data NULL = not given */
    int64_t numbers[REQUEST_PARAMS];    /* those that are numbers: given, or their default */
    const cJSON *body;                  /* NULL = the operation takes none */
    struct text session;                /* the cookie's value, or empty */
    struct text if_match;               /* of the header; data NULL = it was not sent */
    bool chinese;                       /* texts for people are wanted in Chinese, else in English */
    struct arena *arena;
    struct store *store; /* in a transaction; NULL where the operation uses none */
};

struct api_answer {
    unsigned int status;
    struct buffer body;   /* the JSON value of "data"; or a whole file, where `type` is set */
    char next[80];        /* cursor of what follows; "" = nothing */
    const char *type;     /* content type of a file; NULL = JSON in the one form */
    char file[80];        /* the name under which it is to be saved; "" = none */
    char cookie[200];     /* Set-Cookie; "" = none */
    char etag[40];        /* ETag; "" = none */
    const char *code;     /* of a problem: a stable word; NULL = it is none */
    struct cause detail;  /* one line */
    struct cause cure;    /* what to do; "" = nothing known */
    const char *path;     /* where in a scheme the fault is, in the arena of the request; NULL = nowhere */
    int64_t line, column; /* from 1; 0 = not told */
    int retry_after;      /* s; 0 = none */
};

/* The value of a parameter by its name; empty where it was not given. */
struct text request_text(const struct api_request *request, const char *name);
int64_t request_integer(const struct api_request *request, const char *name);
bool request_has(const struct api_request *request, const char *name);

/* A problem: sets status, code and detail, and returns ERR_REFUSED, so that nothing is stored. */
int answer_problem(struct api_answer *answer, unsigned int status, const char *code, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* Adds what to do. */
void answer_cure(struct api_answer *answer, const char *format, ...) PRINTF_LIKE(2, 3);

/* Writes a member whose value should be JSON: as it is where it parses, else as a text; empty is null. `arena` is used to parse. */
void put_json_or_text(struct buffer *out, bool *first, const char *name, struct text json, struct arena *arena);

#endif
