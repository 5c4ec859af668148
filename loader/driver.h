/* A driver is a table of functions: it holds all that is special to one target platform, as common/store/sql.h does for
 * databases. A driver is a folder (xingchen/) and a line in drivers.c. A target's API file names its driver ("driver",
 * docs/schemes.md). What differs between the objects of one platform (paths, names of fields) is struct target_form, from the
 * API file.
 *
 * A driver writes requests and reads replies. It makes no call except its login: client.h paces, sends and repeats.
 * All on the loop's thread; nothing blocks. Functions without a login are pure. What a function appends to `out` is the caller's;
 * where memory is short out->failed is set. */
#ifndef DIANCHEN_LOADER_DRIVER_H
#define DIANCHEN_LOADER_DRIVER_H

#include "common/config/config.h"
#include "common/http/http.h"
#include "common/ledger/ledger.h"
#include "common/scheme/scheme.h"
#include "common/store/store.h"
#include "loader/answer.h"

struct target_login; /* private to the driver: the right to call, shared by all loaders of a store */

struct target_login_options {
    struct loop *loop;
    struct http *http;
    struct store *store;            /* NULL = a login of its own, kept nowhere (--check, --lookup) */
    const char *name;               /* of the row in the store; copied */
    const char *owner;              /* name of this loader, for the login's lease in the store; copied */
    int64_t timeout;                /* ms of one call */
    const struct target_form *form; /* lives as long as the login */
    bool account_wanted;            /* false: the login ends with accounts() instead of ready() */
    void (*ready)(void *user);      /* a token is there (again) */
    /* The login is refused; it will not be tried again. */
    void (*fatal)(void *user, const struct cause *cause, int exit_code);
    void (*answered)(void *user, const struct answer *answer); /* each answer of the target during a login */
    void (*accounts)(void *user, const struct answer *answer); /* for target_driver.accounts; may be NULL */
    void *user;
};

enum { TARGET_LINES = 8, TARGET_HEADERS_MAX = 40, TARGET_HEADER_MAX = 700, TARGET_URL_MAX = 8192 };

struct target_call {                /* what a driver writes of a call, before login and slot are there */
    const struct target_form *form; /* whose call; set by the driver that reads it */
    int kind;                       /* a number of the driver's own */
    struct buffer address;          /* path and query, where the call's path alone does not tell them; else empty */
    struct buffer body;
};
/* Empties it for `limit` bytes of a body; its memory is kept up to `keep`. A zeroed one is empty, too. */
void target_call_clear(struct target_call *call, size_t limit, size_t keep);
void target_call_fini(struct target_call *call);

struct target_request { /* method, address and headers */
    const char *method; /* a literal: "POST" */
    struct buffer url;  /* ends with a NUL; may hold a token: the caller inits and wipes it */
    char lines[TARGET_LINES][TARGET_HEADER_MAX];
    const char
        *headers[TARGET_HEADERS_MAX + 1]; /* "Name: value", ends with NULL; point to `lines`, or into the login */
};

struct target_item {       /* a record of a save */
    struct text payload;   /* JSON object text without the id */
    struct text target_id; /* of an update; empty = a create */
};

enum judgement {
    JUDGE_UNKNOWN,  /* may or may not have been executed: leave the claim */
    JUDGE_RELEASED, /* certainly not executed, for no fault of the row: send again. Always all rows or none */
    JUDGE_AGAIN,    /* not saved, and not named as the cause: send again in a smaller batch */
    JUDGE_SAVED,    /* id empty = saved under an id that the reply does not assign */
    JUDGE_REFUSED,  /* this row, for the reason in code and message */
    JUDGE_EXISTS,   /* a create: the number (or name) is taken; a step: it is done already (WORD_EXISTS of its form) */
    JUDGE_GONE,     /* an update: its id is not there */
    JUDGE_UNCLEAR,  /* executed in part: ask the target (create, step), or send alone (update) */
};
struct judge_row {
    struct text number, target_id;
    enum claim_op op;          /* OP_STEP: SAVED means done */
    enum judgement judgement;  /* out */
    struct text id;            /* out: SAVED */
    struct text code, message; /* out: REFUSED, EXISTS, GONE, AGAIN; live in the arena or the answer's */
};

enum target_told {
    TOLD_FOUND,
    TOLD_ALIKE /* found, under another spelling of the number */,
    TOLD_SEVERAL /* several of other spellings: which it is, the answer does not say */,
    TOLD_ABSENT,
    TOLD_NOTHING /* not understood: leave it open */
};

struct target_ask {   /* for a page of a list */
    struct text path; /* of the list */
    int64_t no, size; /* numbered from 1; records wanted */
    int64_t before;   /* records that came on the pages before it */
    struct text
        search; /* only records whose number holds this, where form->list has a parameter for it; data NULL = all */
    bool other; /* a list beside the API's own: without what form->list.with adds */
};
struct target_entry { /* of a list */
    struct text id, number, name;
    const cJSON *record; /* as the list shows it */
};
struct target_page {
    struct target_entry *entries; /* all that it holds; texts live in the arena or the answer's */
    size_t count;
    int64_t total, pages; /* as told; -1 = not told */
};

struct target_account { /* a book that a login may use */
    struct text id, group, service;
};
typedef void target_account_fn(void *user, const struct target_account *account);

struct target_driver {
    const char *name;            /* as API files say it: "xingchen" */
    const char *address_setting; /* the setting that holds the target's address, for messages: "XINGCHEN_URL" */
    const char *account_setting; /* the setting that names the account */
    const char *cure_tokens;     /* where to look when the target refuses its own fresh tokens */

    /* Settings: rows for the program's option table, all with `checked_later`: only the scheme says whether the driver is
     * used at all. Their values go into storage of the driver's own, once a process. */
    const struct config_option *settings;
    size_t setting_count;
    /* After config_read: is everything set that the form needs, and can it be used? Makes no call. `account` = the account too.
     * ERR_INPUT with the setting and the cure. */
    int (*check)(const struct target_form *form, bool account, struct cause *cause);
    const char *(*address)(void); /* of the target, as set, without a slash at its end; no secrets */
    const char *(*account)(void); /* the account that is written into; NULL = not set */

    /* The login. login_new: ERR_MEMORY, ERR_IO. login_stop: no callback comes afterwards. login_free: after the store is
     * closed, whose thread may work for the login until then. */
    int (*login_new)(const struct target_login_options *options, struct target_login **out);
    void (*login_stop)(struct target_login *login);
    void (*login_free)(struct target_login **login);
    /* Is a token there? True: *version is its version. False: one is being fetched, and ready() follows. */
    bool (*login_take)(struct target_login *login, int64_t *version);
    void (*login_refused)(struct target_login *login, int64_t version); /* tells that the target refused this version */

    /* Writes method, address and headers of a call to `path`. Only after login_take returned true. */
    void (*request)(struct target_login *login, const char *path, const struct target_call *call,
                    struct target_request *out);
    /* Reads any reply to a call, also a failed one, into *out, whose texts live in the arena. `words`: the reply's text may make it
     * LOGIN, THROTTLED or RETRY; false: a refusal is a REJECT, whatever its text says. */
    void (*read)(struct arena *arena, const struct target_form *form, const struct target_call *call,
                 const struct http_reply *reply, bool words, struct answer *out);

    /* save_call writes a save; judge says what the answer means for each row. It never guesses: what the answer
     * leaves in doubt becomes UNCLEAR or UNKNOWN. */
    void (*save_call)(struct target_call *out, const struct target_form *form, const struct target_item *items,
                      size_t count);
    void (*judge)(struct arena *arena, const struct target_form *form, const struct answer *answer,
                  struct judge_row *rows, size_t count);
    /* Appends all ids that an answer calls saved, each between line ends. */
    void (*saved_ids)(struct arena *arena, const struct target_form *form, const struct answer *answer,
                      struct buffer *out);

    /* Look-ups: is there a record of this number, and under which id? The first two write the call for one number or several.
     * find_read returns what the answer says about one number; *id is set with TOLD_FOUND and TOLD_ALIKE. *entries (may be NULL)
     * = how many records the answer holds. All three may be NULL where no form has form->find_one. */
    void (*find_one_call)(struct target_call *out, const struct target_form *form, struct text number);
    void (*find_many_call)(struct target_call *out, const struct target_form *form, const struct text *numbers,
                           size_t count);
    enum target_told (*find_read)(struct arena *arena, const struct target_form *form, const struct answer *answer,
                                  struct text number, struct text *id, size_t *entries);

    /* A page of a list. list_read: 0; ERR_SYNTAX: the answer has not that form; ERR_MEMORY. */
    void (*list_call)(struct target_call *out, const struct target_form *form, const struct target_ask *ask);
    int (*list_read)(struct arena *arena, const struct target_form *form, const struct answer *answer,
                     struct target_page *out);
    /* The record of this id in an answer to one of these calls; NULL where it holds none. */
    const cJSON *(*record)(const struct target_form *form, const struct answer *answer, struct text id);
    /* Calls `fn` for each account that accounts() told; returns how many, or ERR_SYNTAX. NULL: the platform tells none. */
    int (*accounts)(struct arena *arena, const struct answer *answer, target_account_fn *fn, void *user);
};

/* Returns the driver of this name, or NULL. */
const struct target_driver *target_driver_find(struct text name);
/* All drivers; NULL behind the last. */
extern const struct target_driver *const target_drivers[];

#endif
