#include "console/work/difference.h"

#include "common/json/json.h"

enum { CELLS_MOST = 4 << 20 /* of the table of common lines */, AROUND = 3 };

struct lines {
    struct text *all;
    size_t count;
};

/* One line of both texts put together. */
struct difference_step {
    char kind; /* ' ', '+', '-' */
    size_t line;
    struct text text;
};

static int lines_take(struct text text, struct arena *arena, struct lines *out)
{
    size_t room = 1;
    for (size_t i = 0; i < text.size; i++) {
        room += text.data[i] == '\n';
    }
    out->count = 0;
    out->all = arena_take(arena, room * sizeof *out->all);
    if (!out->all) {
        return ERR_MEMORY;
    }
    while (text.size > 0) {
        const char *end = memchr(text.data, '\n', text.size);
        size_t size = end ? (size_t)(end - text.data) : text.size;
        out->all[out->count++] = (struct text){text.data, size};
        size += end != NULL;
        text = (struct text){text.data + size, text.size - size};
    }
    return 0;
}

/* The lines between the common beginning and the common end: those of the longest common run stay, the rest is removed or added.
 * `table` has (a+1)*(b+1) cells: how many lines from here on are common. */
static void middle_walk(const struct text *a, size_t a_count, const struct text *b, size_t b_count, uint16_t *table,
                        size_t line, struct difference_step **step)
{
    size_t width = b_count + 1, i = 0, j = 0;
    for (size_t y = a_count; table && y-- > 0;) {
        for (size_t x = b_count; x-- > 0;) {
            uint16_t down = table[(y + 1) * width + x], right = table[y * width + x + 1];
            table[y * width + x] = text_equal(a[y], b[x]) ? (uint16_t)(table[(y + 1) * width + x + 1] + 1)
                                   : down > right         ? down
                                                          : right;
        }
    }
    while (i < a_count || j < b_count) {
        bool same = table && i < a_count && j < b_count && text_equal(a[i], b[j]);
        bool removes =
            i < a_count && (j == b_count || !table || table[(i + 1) * width + j] >= table[i * width + j + 1]);
        if (same) {
            *(*step)++ = (struct difference_step){' ', line + j, b[j]};
            i++, j++;
        } else if (removes) {
            *(*step)++ = (struct difference_step){'-', line + i, a[i]};
            i++;
        } else {
            *(*step)++ = (struct difference_step){'+', line + j, b[j]};
            j++;
        }
    }
}

static int steps_make(struct text old, struct text new, struct arena *arena, struct difference_step **out,
                      size_t *count)
{
    struct lines a, b;
    int error = lines_take(old, arena, &a);
    error = error ? error : lines_take(new, arena, &b);
    struct difference_step *steps = error ? NULL : arena_take(arena, (a.count + b.count + 1) * sizeof *steps),
                           *step = steps;
    if (!steps) {
        return ERR_MEMORY;
    }
    size_t head = 0, tail = 0;
    while (head < a.count && head < b.count && text_equal(a.all[head], b.all[head])) {
        *step++ = (struct difference_step){' ', head + 1, b.all[head]};
        head++;
    }
    while (tail < a.count - head && tail < b.count - head &&
           text_equal(a.all[a.count - 1 - tail], b.all[b.count - 1 - tail])) {
        tail++;
    }
    size_t old_lines = a.count - head - tail, new_lines = b.count - head - tail;
    size_t cells = (old_lines + 1) * (new_lines + 1);
    bool fits = cells <= CELLS_MOST && old_lines < UINT16_MAX && new_lines < UINT16_MAX;
    uint16_t *table = fits ? arena_take(arena, cells * sizeof *table) : NULL;
    if (fits && !table) {
        return ERR_MEMORY;
    }
    if (table) {
        memset(table, 0, cells * sizeof *table);
    }
    middle_walk(a.all + head, old_lines, b.all + head, new_lines, table, head + 1, &step);
    for (size_t i = b.count - tail; i < b.count; i++) {
        *step++ = (struct difference_step){' ', i + 1, b.all[i]};
    }
    *out = steps;
    *count = (size_t)(step - steps);
    return 0;
}

/* Is there a difference within AROUND lines? */
static bool is_near(const struct difference_step *steps, size_t count, size_t i)
{
    size_t end = i + AROUND < count ? i + AROUND + 1 : count;
    for (size_t n = i > AROUND ? i - AROUND : 0; n < end; n++) {
        if (steps[n].kind != ' ') {
            return true;
        }
    }
    return false;
}

static void step_put(struct buffer *out, const char *kind, size_t line, struct text text)
{
    text.size -= text.size > 0 && text.data[text.size - 1] == '\r';
    buffer_format(out, "{\"kind\":\"%s\",\"line\":%zu,\"text\":", kind, line);
    json_put_text(out, text);
    buffer_add_char(out, '}');
}

int difference_put(struct text old, struct text new, struct arena *arena, struct buffer *out, struct difference *count)
{
    struct difference_step *steps = NULL;
    size_t all = 0, shown = 0, hidden = 0;
    *count = (struct difference){0, 0};
    int error = steps_make(old, new, arena, &steps, &all);
    if (error) {
        return error;
    }
    for (size_t i = 0; i < all; i++) {
        count->added += steps[i].kind == '+';
        count->removed += steps[i].kind == '-';
    }
    if (!out) {
        return 0;
    }
    buffer_add_char(out, '[');
    for (size_t i = 0; i < all; i++) {
        if (!is_near(steps, all, i)) {
            hidden++;
            continue;
        }
        if (hidden > 0 && shown > 0) {
            buffer_add_char(out, ',');
            step_put(out, "gap", steps[i].line, TEXT(""));
        }
        hidden = 0;
        buffer_add_text(out, shown++ ? TEXT(",") : TEXT(""));
        step_put(out,
                 steps[i].kind == '+'   ? "added"
                 : steps[i].kind == '-' ? "removed"
                                        : "same",
                 steps[i].line, steps[i].text);
    }
    buffer_add_char(out, ']');
    return 0;
}
