/* LOOKUP while a formula runs: it becomes a question in the payload (question.h), which the loader answers. Private to
 * formula/. */
#ifndef DIANCHEN_COMMON_SCHEME_FORMULA_ASK_H
#define DIANCHEN_COMMON_SCHEME_FORMULA_ASK_H

#include "common/scheme/formula/machine.h"

/* {"$lookup":["unit","件"]}, with `fallback` (a text or a question; NULL = none) behind the key. *out may be one of both. */
enum formula_error formula_question(struct formula_machine *m, struct text name, const struct formula_value *key,
                                    const struct formula_value *fallback, struct formula_value *out);
/* IFERROR(LOOKUP(…), y): y becomes the default of *question, at the innermost end of a chain. */
enum formula_error formula_question_default(struct formula_machine *m, struct formula_value *question,
                                            const struct formula_value *fallback);

#endif
