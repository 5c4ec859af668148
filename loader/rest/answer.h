/* Decides what a reply means, by the API file and the HTTP status. Pure. */
#ifndef DIANCHEN_LOADER_REST_ANSWER_H
#define DIANCHEN_LOADER_REST_ANSWER_H

#include "loader/driver.h"

/* As target_driver.read. */
void rest_answer_read(struct arena *arena, const struct target_form *form, const struct target_call *call,
                      const struct http_reply *reply, bool words, struct answer *out);
/* A text, number or word that stands there, without quotes; data NULL: nothing of that kind. Lives in the arena. */
struct text rest_answer_scalar(struct arena *arena, const cJSON *root, struct text pointer);
/* Does the value say that it went well? *told = there is one. Without a sign nothing is told. */
bool rest_answer_shows(struct arena *arena, const cJSON *root, const struct rest_sign *sign, bool *told);

struct rest_said { /* the result of one record of a save; neither saved nor refused: it does not say */
    bool saved, refused;
    struct text id, message, code; /* in the arena; the code is the call's where it has none of its own */
};
/* The list of results; NULL = there is none. */
const cJSON *rest_answer_results(const struct target_form *form, const struct answer *answer);
struct rest_said rest_answer_said(struct arena *arena, const struct target_form *form, const struct answer *answer,
                                  const cJSON *result);
/* A refusal of the call, in these words, and not of the record? */
bool rest_answer_of_call(const struct target_form *form, const struct rest_said *said, enum target_word word);

#endif
