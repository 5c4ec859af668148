#include "ctl/show/digits.h"

#include <inttypes.h>
#include <stdio.h>

char *digits_of(int64_t n, char *out, size_t room)
{
    char plain[DIGITS_ROOM];
    int size = snprintf(plain, sizeof plain, "%" PRId64, n);
    size_t at = 0;
    for (int i = 0; i < size && at + 2 < room; i++) {
        if (i > 0 && plain[i - 1] != '-' && (size - i) % 3 == 0) {
            out[at++] = ',';
        }
        out[at++] = plain[i];
    }
    out[at] = '\0';
    return out;
}
