#include "loader/step.h"

#include <stdio.h>
#include <string.h>

#include "common/json/json.h"
#include "loader/batch.h"

void steps_open(struct loader *loader)
{
    const struct scheme *scheme = loader->stage.scheme;
    static const char *const results[] = {[STATE_DONE] = "done", [STATE_REFUSED] = "refused"};
    for (size_t place = 0; place <= scheme->target.step_count; place++) {
        queue_init(&loader->ready[place].rows);
    }
    for (size_t i = 0; i < scheme->target.step_count; i++) {
        loader->step_forms[i] = *loader->form;
        loader->step_forms[i].words[WORD_EXISTS] = scheme->target.steps[i].words;
        for (int state = STATE_DONE; state <= STATE_REFUSED; state++) {
            char labels[200];
            metrics_label(labels, sizeof labels - 30, "step", scheme->target.steps[i].name.data);
            size_t size = strlen(labels);
            (void)snprintf(labels + size, sizeof labels - size, ",result=\"%s\"", results[state]);
            loader->steps[i][state] = metrics_add(loader->stage.metrics, FAMILY_STEPS, labels);
        }
    }
}

void step_count(const struct row *row, enum step_state state)
{
    if (row->op == OP_STEP) {
        metric_add(row->batch->loader->steps[row->facts->step][state], 1);
    }
}

const struct scheme_step *step_of(const struct row *row)
{
    return row->op == OP_STEP ? &row->batch->loader->stage.scheme->target.steps[row->facts->step] : NULL;
}

bool step_follows(const struct row *row)
{
    size_t next = row->op == OP_STEP ? row->facts->step + 1 : 0;
    return next < row->batch->loader->stage.scheme->target.step_count && !row->facts->lost;
}

size_t step_place(const struct row *row)
{
    return row->op == OP_STEP ? 1 + row->facts->step : 0;
}

const char *step_path(const struct loader *loader, size_t place)
{
    return place == 0 ? loader->form->save.data : loader->stage.scheme->target.steps[place - 1].path.data;
}

size_t step_most(const struct loader *loader, size_t place)
{
    const struct scheme *scheme = loader->stage.scheme;
    return (size_t)(place == 0 ? scheme->target.batch : scheme->target.steps[place - 1].most);
}

const struct target_form *step_form(const struct loader *loader, size_t place)
{
    return place == 0 ? loader->form : &loader->step_forms[place - 1];
}

void step_body(struct buffer *out, const struct scheme_step *step, struct row *const *rows, size_t count)
{
    buffer_add_text(out, step->before);
    for (size_t i = 0; i < count; i++) {
        buffer_add_text(out, i > 0 ? TEXT(",") : TEXT(""));
        json_put_text(out, step->by_number ? row_number(rows[i]) : rows[i]->target_id);
    }
    buffer_add_text(out, step->behind);
}

/* ---- is it done? ---- */

bool step_asks(const struct row *row)
{
    return row->seek == SEEK_STEP || row->seek == SEEK_SAID || row->seek == SEEK_LOCKED;
}

static enum target_told told_by(const cJSON *record, const struct scheme_step *step)
{
    if (!json_get(record, step->done_field.data)) {
        return TOLD_NOTHING;
    }
    return answer_shows(record, step->done_field, step->done_value) ? TOLD_FOUND : TOLD_ABSENT;
}

/* A record that is to be changed is locked by any step that is done, and free where each is shown not to be. */
static enum target_told told_by_all(struct row *row, const cJSON *record)
{
    const struct scheme *scheme = row->batch->loader->stage.scheme;
    enum target_told all = TOLD_ABSENT;
    for (size_t i = 0; i < scheme->target.step_count && all != TOLD_FOUND; i++) {
        enum target_told one = told_by(record, &scheme->target.steps[i]);
        all = one == TOLD_ABSENT ? all : one;
        row->code = one == TOLD_FOUND ? scheme->target.steps[i].name : row->code;
    }
    return all;
}

enum target_told step_told(struct row *row, enum target_told told, struct text id, const cJSON *record)
{
    if (told != TOLD_FOUND && told != TOLD_ALIKE) {
        return told == TOLD_ABSENT ? TOLD_ABSENT : TOLD_NOTHING;
    }
    if (row->target_id.size == 0) {
        row->target_id = batch_keep(row, id);
    }
    if (!record || !text_equal(row->target_id, id)) { /* another document has its number now */
        return TOLD_NOTHING;
    }
    return row->op == OP_STEP ? told_by(record, step_of(row)) : told_by_all(row, record);
}

void step_absent(struct loader *loader, size_t place)
{
    const struct scheme_step *step = &loader->stage.scheme->target.steps[place - 1];
    struct cause cause;
    cause_set(
        &cause, ERR_REFUSED,
        "target: %.*s, step %.*s: the account has no such call; subscribe to it, or mend /then/%.*s/path in %.*s, or "
        "leave \"%.*s\" out of the scheme's /target/then: what is saved stays saved",
        TEXT_ARG(step->path), TEXT_ARG(step->name), TEXT_ARG(step->name), TEXT_ARG(loader->form->file),
        TEXT_ARG(step->name));
    loader_fatal(loader, &cause, EXIT_REFUSED);
}
