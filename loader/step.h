/* Follow-ups of saved records (common/ledger/step/step.h): how they are sent, and how the target says that they are done. All
 * on the loop's thread; nothing here blocks. */
#ifndef DIANCHEN_LOADER_STEP_H
#define DIANCHEN_LOADER_STEP_H

#include "loader/loader.h"

/* Prepares the scheme's steps: forms, metrics, the rows that wait for saves and steps. */
void steps_open(struct loader *loader);
/* Counts one step with this result in the metrics. */
void step_count(const struct row *row, enum step_state state);

/* The step that the row is at; NULL = at none. */
const struct scheme_step *step_of(const struct row *row);
/* Is a step due behind the one that the row has done, or behind its save? */
bool step_follows(const struct row *row);

/* Which of loader->ready a row belongs to: 0 = saves, then a place for each step. */
size_t step_place(const struct row *row);
/* The call of this place, for which most rows at once, and by which words its refusals are judged. */
const char *step_path(const struct loader *loader, size_t place);
size_t step_most(const struct loader *loader, size_t place);
const struct target_form *step_form(const struct loader *loader, size_t place);
/* Writes the body of a step for `count` rows; where memory is short out->failed is set. */
void step_body(struct buffer *out, const struct scheme_step *step, struct row *const *rows, size_t count);

/* Does the row ask whether a step is done, and not where its record is? */
bool step_asks(const struct row *row);
/* For a row that does: what the answer to its look-up says of the step. FOUND: it is done. ABSENT: it is not, or the record is
 * not there. Else NOTHING. `record`: as the answer shows it under `id`; NULL = not shown. Keeps the id for a row without one.
 * SEEK_LOCKED asks for all steps of the scheme; row->code is then the one that is done. */
enum target_told step_told(struct row *row, enum target_told told, struct text id, const cJSON *record);

/* The target has no call for this step: the loader gives up with the cure. */
void step_absent(struct loader *loader, size_t place);

#endif
