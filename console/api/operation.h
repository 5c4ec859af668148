/* The API in one table: what each operation is called, takes and gives, who may call it, and the function that serves it.
 * The server takes calls by this table, `GET /api/v1/openapi.json` is written from it, and tests/web calls every row and
 * holds the answer against what the row says. To add an operation: a row in table.c, and its function. */
#ifndef DIANCHEN_CONSOLE_API_OPERATION_H
#define DIANCHEN_CONSOLE_API_OPERATION_H

#include "common/base/buffer.h"
#include "console/work/tokens.h"

struct api_request;
struct api_answer;

enum { REQUEST_PARAMS = 8 };

enum param_kind { PARAM_TEXT, PARAM_NUMBER, PARAM_CHOICE };

struct param {
    const char *name;
    enum param_kind kind;
    bool in_path;
    int64_t least, most; /* of a number; most: bytes of a text */
    int64_t otherwise;   /* a number that was not given */
    const char *choices; /* "a|b" */
    const char *help;
};

enum operation_store { STORE_NONE, STORE_READ, STORE_WRITE };

struct operation {
    const char *id;     /* operationId */
    const char *method; /* GET, POST, PUT, DELETE */
    const char *path;   /* below /api/v1/, parameters in braces: "runs/{run}" */
    const char *tag, *summary;
    enum console_role role; /* that a caller needs; ROLE_NOBODY: anyone */
    enum operation_store store;
    bool paged;           /* "next" may name what follows */
    bool guarded;         /* needs If-Match */
    unsigned int success; /* status; 0 = 200 */
    struct param params[REQUEST_PARAMS];
    const char *body;   /* type of the JSON body, see type.h; NULL = none */
    const char *answer; /* type of "data"; or, with `media`, NULL */
    const char *media;  /* content type, where the answer is no JSON of the one form */
    /* 0, or what answer_problem returned, or an error of the store. */
    int (*serve)(struct api_request *request, struct api_answer *answer);
};
extern const struct operation operations[]; /* ends with a NULL id */

/* Named types that bodies and answers use. */
struct named_type {
    const char *name, *type;
};
extern const struct named_type named_types[]; /* ends with a NULL name */

/* The OpenAPI 3.1 document of both tables. */
void operations_document(struct buffer *out);

#endif
