#include "common/ledger/batch.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int begin_room(struct beginning *begin)
{
    struct arena *arena = begin->batch->arena;
    size_t count = begin->batch->count;
    begin->records = arena_take(arena, count * sizeof *begin->records);
    begin->again = arena_take(arena, count * sizeof *begin->again);
    begin->pick = arena_take(arena, count * sizeof *begin->pick);
    begin->ids = arena_take(arena, 2 * count * sizeof *begin->ids);
    begin->spans = arena_take(arena, count * sizeof *begin->spans);
    if (!begin->spans || !begin->records || !begin->again || !begin->pick || !begin->ids) {
        return ERR_MEMORY;
    }
    memset(begin->records, 0, count * sizeof *begin->records);
    memset(begin->again, 0, count * sizeof *begin->again);
    return 0;
}

struct sql_value *begin_values(const struct beginning *begin, size_t params)
{
    return arena_take(begin->batch->arena, begin->picked * params * sizeof(struct sql_value));
}

int begin_compare(struct text a, struct text b)
{
    int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static int pick_compare(const void *a, const void *b, void *user)
{
    const struct ledger_batch *batch = user;
    return begin_compare(batch->rows[*(const size_t *)a].in.key, batch->rows[*(const size_t *)b].in.key);
}

void begin_sort(struct beginning *begin)
{
    for (size_t p = 1; p < begin->picked; p++) {
        if (pick_compare(&begin->pick[p - 1], &begin->pick[p], begin->batch) > 0) {
            qsort_r(begin->pick, begin->picked, sizeof *begin->pick, pick_compare, begin->batch);
            return;
        }
    }
}

int begin_keep(struct arena *arena, struct text from, struct text *to)
{
    struct text kept = from.size > 0 ? arena_text(arena, from) : TEXT("");
    if (!kept.data) {
        return ERR_MEMORY;
    }
    *to = kept;
    return 0;
}

int begin_refuse(struct arena *arena, struct ledger_row *row, struct text class, const char *format, ...)
{
    char message[4 * KEY_MAX];
    va_list list;
    va_start(list, format);
    int size = vsnprintf(message, sizeof message, format, list);
    va_end(list);
    struct text line = {message, size < 0 ? 0 : (size_t)size};
    line.size = text_cut(line, line.size < sizeof message ? line.size : sizeof message - 1);
    row->action = ACTION_STAMP;
    row->outcome = OUTCOME_REJECTED;
    row->op = OP_NONE;
    row->in.refusal = (struct refusal){.class = class, .code = TEXT("")};
    return begin_keep(arena, line, &row->in.refusal.message);
}
