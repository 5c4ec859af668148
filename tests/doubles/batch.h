/* One save call of the entity in use (fields.h): read strictly, judged row by row, executed, answered. One at a time. */
#ifndef DOUBLES_BATCH_H
#define DOUBLES_BATCH_H

#include "blob.h"

enum batch_reply { REPLY_OBJECT, REPLY_LIST };
enum batch_error_id { ERROR_POSITION, ERROR_POSITION1, ERROR_NUMBER, ERROR_PK, ERROR_NOTHING };

struct batch_settings {
    int64_t batch_max;
    int64_t reply;             /* enum batch_reply */
    int64_t error_id;          /* enum batch_error_id: what errorInfo[].id names */
    int64_t errors_form;       /* enum batch_errors_form: how errorInfo comes */
    int64_t ids_order;         /* 1: successPkIds are shuffled */
    int64_t partial;           /* 1: good rows of a batch with guilty ones are saved */
    int64_t duplicates;        /* 0: a number that exists is refused, 1: taken */
    int64_t outer_success;     /* 0: outer success is always true, 1: it is the inner one */
    int64_t reject_name_clash; /* 1: a name that exists is refused */
    int64_t reject_every;      /* numbers whose last digits are a multiple of it are guilty; 0 = none */
    char reject_numbers[4096]; /* comma list */
    char book_mark[4096];      /* in front of the numbers of the book */
    /* What the refusals say; {number} is the row's */
    char reject_words[4096], duplicate_words[4096], gone_words[4096];
};
extern struct batch_settings batch_settings;

/* Why a whole call, or a row of it, was refused. */
enum batch_refusal {
    BATCH_FINE,
    BATCH_JSON, /* whole calls */
    BATCH_SHAPE,
    BATCH_SIZE,
    BATCH_UNKNOWN_FIELD,
    BATCH_FIELD_TWICE,
    BATCH_TYPE,
    BATCH_MISSING, /* rows */
    BATCH_UNIT,
    BATCH_ONE_UNIT,
    BATCH_ENUM,
    BATCH_DECIMAL,
    BATCH_PARENT,
    BATCH_ID,
    BATCH_DUPLICATE,
    BATCH_NAME_CLASH,
    BATCH_REJECTED,
    BATCH_AUDITED,
    BATCH_REFUSALS,
};
const char *batch_refusal_name(enum batch_refusal refusal); /* for the report: "unknown_field" */

struct batch_part {
    const char *data;
    size_t length;
};
struct batch_row {
    struct batch_part inside; /* between the braces */
    size_t first, count;      /* members */
    struct batch_part id, number, name;
    uint64_t number_hash, name_hash;
    bool update, multi_unit, verbatim;
    enum batch_refusal refusal;
    uint64_t saved; /* id; 0 = not saved */
    char message[160];
};

struct batch_count {
    int64_t creates, updates, rows_saved, rows_refused, rows_spared; /* spared: fine, but beside a guilty one */
    int64_t refusals[BATCH_REFUSALS];
};
extern struct batch_count batch_count;

/* Reads the body; *text says why a call is refused as a whole. It must stay until the reply is made. */
enum batch_refusal batch_read(const char *body, size_t length, char text[200]);
size_t batch_rows(void);
const struct batch_row *batch_row(size_t index);
void batch_mark_sent(void);                              /* counts each row's number as sent */
void batch_refuse_from(size_t index, const char *words); /* this row and those behind it; {number} is the row's */
void batch_execute(void);
/* result.c: */
void batch_answer(struct blob *out); /* after batch_execute */
/* Refuses what was read in these words, whatever its rows are: in one errorInfo that names none, in one for each row,
 * or only in the message of the inner result. */
enum batch_errors_form { ERRORS_ARRAY, ERRORS_TEXT, ERRORS_OBJECT };
enum batch_blame { BLAME_NOBODY, BLAME_ROWS, BLAME_MESSAGE };
void batch_refuse_all(enum batch_blame blame, const char *words, struct blob *out);
void batch_fini(void);

/* Records with the numbers of every `step`-th shop or warehouse, the from-th to the until-th of them, `each` times. */
void batch_fill_book(int64_t from, int64_t until, int64_t step, int64_t each, bool disabled);
bool batch_unit_exists(const char *id, size_t length);
bool batch_group_exists(const char *id, size_t length);

#endif
