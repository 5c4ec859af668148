#include "common/scheme/then/choose.h"

static const struct scheme_step *step_find(const struct target_form *form, struct text name, struct scheme_guess *guess)
{
    scheme_guess_start(guess, name);
    for (size_t i = 0; i < form->step_count; i++) {
        if (text_equal(form->steps[i].name, name)) {
            return &form->steps[i];
        }
        scheme_guess_offer(guess, form->steps[i].name.data);
    }
    return NULL;
}

void then_compile(struct scheme_compile *c, const cJSON *target)
{
    const cJSON *then = json_get(target, "then");
    const struct target_form *form = &c->target.target;
    int count = cJSON_IsArray(then) ? cJSON_GetArraySize(then) : 0;
    if (count == 0 || !c->target.loaded) {
        return;
    }
    struct scheme_step *steps = scheme_keep(c, form->step_count + 1, sizeof *steps);
    size_t used = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, then)
    {
        struct scheme_guess guess;
        const struct scheme_step *step = step_find(form, json_text(item), &guess);
        bool again = false;
        for (const cJSON *other = then->child; other != item; other = other->next) {
            again = again || text_equal(json_text(other), json_text(item));
        }
        if (!step) {
            scheme_fault(&c->faults, &c->file, item, "/then of %.*s has no such step%s", TEXT_ARG(form->file),
                         scheme_guess_tail(&guess));
        } else if (again) {
            scheme_fault(&c->faults, &c->file, item, "stands here twice");
        } else if (steps) {
            steps[used++] = *step;
        }
    }
    c->scheme->target.steps = steps;
    c->scheme->target.step_count = used;
}
