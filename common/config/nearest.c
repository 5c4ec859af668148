#include "common/config/config.h"

enum { WORD_MAX = 64 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Changes between two words: insert, delete, replace, swap neighbours. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t size_a = strlen(a), size_b = strlen(b);
    if (size_a > WORD_MAX || size_b > WORD_MAX) {
        return SIZE_MAX;
    }
    size_t rows[3][WORD_MAX + 1]; /* of the last two lines and this one */
    for (size_t i = 0; i <= size_a; i++) {
        size_t *line = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        line[0] = i;
        for (size_t k = 1; k <= size_b; k++) {
            if (i == 0) {
                line[k] = k;
                continue;
            }
            line[k] = least(least(above[k], line[k - 1]) + 1, above[k - 1] + (a[i - 1] != b[k - 1]));
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1]) {
                line[k] = least(line[k], above2[k - 2] + 1);
            }
        }
    }
    return rows[size_a % 3][size_b];
}

const char *config_nearest(const char *word, const char *const *known, size_t count)
{
    const char *nearest = NULL;
    size_t bound = strlen(word) / 3 + 1, best = bound + 1;
    for (size_t i = 0; i < count; i++) {
        size_t distance = edit_distance(word, known[i]);
        if (distance < best) {
            best = distance;
            nearest = known[i];
        }
    }
    return best <= bound ? nearest : NULL;
}
