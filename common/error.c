#include "common/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/text.h"

int cause_set(struct cause *cause, int error, const char *format, ...)
{
    if (!cause) {
        return error;
    }
    /* Formatted aside: an argument may be the text of this very cause. */
    char line[sizeof cause->text * 2];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    size_t size = length < 0 ? 0 : (size_t)length;
    if (size >= sizeof line) {
        size = sizeof line - 1;
    }
    size = text_cut((struct text){line, size}, sizeof cause->text - 1);
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
