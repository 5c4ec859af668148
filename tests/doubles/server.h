/* The HTTP side of a double: one thread, keep-alive, answers that may come late, half or never.
 * A handler gets a call with its whole body, says how it ends (call_answer…, call_cut), and returns at once. */
#ifndef DOUBLES_SERVER_H
#define DOUBLES_SERVER_H

#include "blob.h"
#include "form.h"

struct MHD_Connection;
struct MHD_Response;

enum { CALL_BODY_LIMIT = 64 << 20, CALL_NEVER = 24 * 3600 * 1000 };

enum call_end {
    CALL_ANSWER, /* status, headers and `answer` (or `shared`) */
    CALL_HALF,   /* as announced, but closed after half of the body */
    CALL_CLOSE,  /* closed without a byte */
    CALL_RESET,  /* a TCP reset without a byte */
};

struct call {
    struct MHD_Connection *connection;
    char method[8];
    char *target; /* as sent: path?query */
    const char *path, *query;
    struct blob body;
    /* What the handler says */
    enum call_end end;
    int status;
    int64_t delay; /* ms before the end comes */
    const char *type, *header, *header_value;
    char note[160]; /* room for a header value that is made for this call */
    struct blob answer;
    struct MHD_Response *shared; /* used instead of `answer`; stays its owner's */
    /* The handler's own */
    int64_t mark;
    /* The server's */
    enum { CALL_READING, CALL_WAITING, CALL_DUE } state;
    struct call *next;
};

struct server_options {
    const char *suffix;                /* behind http://host:port in the printed URL */
    bool (*begin)(struct call *call);  /* head is read; false: close now. May be NULL */
    void (*handle)(struct call *call); /* body is read */
    void (*end)(struct call *call);    /* answered or cut. May be NULL */
    bool (*control)(struct call *call, const char *name, const struct form *form); /* /_/NAME; false: not known */
    void (*changed)(void);            /* after switches were set at run time */
    void (*report)(struct blob *out); /* the object of GET /_/report */
};

/* Runs until SIGTERM or SIGINT; the exit code. */
int server_run(const char *bind, int64_t port, const struct server_options *options);
/* Runs `work(argument)` on the server's thread in `delay` ms. */
void server_later(int64_t delay, void (*work)(void *argument), void *argument);
int64_t server_now(void); /* ms, monotonic */

/* The answer is what stands in call->answer when it is sent. */
void call_answer(struct call *call, int status, const char *type);
void call_text(struct call *call, int status, const char *type, const char *text);
void call_cut(struct call *call, enum call_end end);
const char *call_header(const struct call *call, const char *name); /* NULL when absent */

#endif
