/* The table of the API: for each operation its name, what it takes and gives, who may call it, and the function that serves it.
 * The server goes by this table, `GET /api/v1/openapi.json` is written from it, and tests/web calls every row and compares the
 * answer with it. To add an operation: add a row in table.c, and write its function. */
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
    int64_t least, most; /* limits of a number; for a text `most` is its bytes */
    int64_t otherwise;   /* value of a number that was not given */
    const char *choices; /* the words of PARAM_CHOICE: "a|b" */
    const char *help;
};

enum operation_store { STORE_NONE, STORE_READ, STORE_WRITE };

struct operation {
    const char *id;     /* operationId */
    const char *method; /* GET, POST, PUT, DELETE */
    const char *path;   /* below /api/v1/, parameters in braces: "runs/{run}" */
    const char *tag, *summary;
    enum console_role role;     /* that a caller needs; ROLE_NOBODY: anyone */
    enum operation_store store; /* the transaction in which serve() runs */
    bool paged;                 /* "next" may hold a cursor to the rest */
    bool guarded;               /* needs If-Match */
    unsigned int success;       /* HTTP status where all went well; 0 = 200 */
    struct param params[REQUEST_PARAMS];
    const char *body;   /* type of the JSON body, see type.h; NULL = none */
    const char *answer; /* type of "data"; NULL where `media` is set */
    const char *media;  /* content type of an answer that is not {"data","next"}; NULL = it is */
    /* Serves a call: returns 0, what answer_problem returned, or an error of the store. See calls.h. */
    int (*serve)(struct api_request *request, struct api_answer *answer);
};
extern const struct operation operations[]; /* ends with a NULL id */

/* Named types that bodies and answers use. */
struct named_type {
    const char *name, *type;
};
extern const struct named_type named_types[]; /* ends with a NULL name */

/* Appends the OpenAPI 3.1 document of both tables, its texts for people in English or Chinese. Any thread. */
void operations_document(struct buffer *out, bool chinese);

#endif
