#include "common/base/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/base/secret.h"

int cause_set(struct cause *cause, int error, const char *format, ...)
{
    if (!cause) {
        return error;
    }
    /* Formatted aside: an argument may be the text of this very cause. */
    char line[sizeof cause->text * 4];
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(line, sizeof line, format, arguments) < 0) {
        line[0] = '\0';
    }
    va_end(arguments);
    secret_wipe(line); /* before it is cut */
    size_t size = text_cut(text_of(line), sizeof cause->text - 1);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)line[i];
        cause->text[i] = (c < 0x20 || c == 0x7f) ? ' ' : line[i];
    }
    cause->text[size] = '\0';
    return error;
}

const char *error_text(int error)
{
    static const char *const names[] = {"none",         "memory", "limit", "syntax",  "input",  "not found",
                                        "input/output", "busy",   "stale", "refused", "timeout"};
    size_t at = error > 0 ? sizeof names : (size_t)-error;
    return at < sizeof names / sizeof *names ? names[at] : "unknown";
}
