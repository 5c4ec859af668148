#include "common/base/print.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/language.h"

enum { LINE_LIMIT = 512 << 20 /* bytes: more than any command prints at once */ };

static int print_error; /* errno of the first write to stdout that failed */

/* What moves a cursor, turns the direction, or can't be seen. */
static bool is_hidden(uint32_t point)
{
    static const uint32_t ranges[][2] = {
        {0x0000, 0x001f}, {0x007f, 0x009f}, {0x00ad, 0x00ad}, {0x061c, 0x061c}, {0x180e, 0x180e}, {0x200b, 0x200b},
        {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (point >= ranges[i][0] && point <= ranges[i][1]) {
            return true;
        }
    }
    return false;
}

static void put_escaped(struct buffer *out, uint32_t point)
{
    static const char from[] = "\n\r\t", into[] = "nrt";
    const char *letter = point != 0 && point < 0x20 ? strchr(from, (int)point) : NULL;
    if (letter) {
        buffer_format(out, "\\%c", into[letter - from]);
    } else if (point < 0x100) {
        buffer_format(out, "\\x%02x", (unsigned)point);
    } else {
        buffer_format(out, point > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)point);
    }
}

/* Bytes at the front that may go out as they stand. */
static size_t harmless(struct text t)
{
    size_t at = 0;
    while (at < t.size) {
        unsigned char c = (unsigned char)t.data[at];
        if (c >= 0x20 && c < 0x7f) {
            at++;
            continue;
        }
        size_t size = text_sequence((struct text){t.data + at, t.size - at});
        if (size == 0 || is_hidden(text_point(t.data + at, size))) {
            break;
        }
        at += size;
    }
    return at;
}

/* Calls `put` for each character that may not stand as it is; point -1 is a byte that is no UTF-8. */
static void put_with(struct buffer *out, struct text t, void (*put)(struct buffer *out, int64_t point, char byte))
{
    while (t.size > 0) {
        size_t size = harmless(t);
        buffer_add(out, t.data, size);
        t.data += size;
        t.size -= size;
        if (t.size == 0) {
            return;
        }
        size = text_sequence(t);
        put(out, size > 0 ? (int64_t)text_point(t.data, size) : -1, *t.data);
        size = size > 0 ? size : 1;
        t.data += size;
        t.size -= size;
    }
}

static void put_shown(struct buffer *out, int64_t point, char byte)
{
    if (point < 0) {
        buffer_format(out, "\\x%02x", (unsigned char)byte);
    } else {
        put_escaped(out, (uint32_t)point);
    }
}

static void put_json_escape(struct buffer *out, int64_t point, char byte)
{
    (void)byte;
    if (point == '\n' || point == '\r' || point == '\t') { /* between tokens: within a string JSON has none of them */
        buffer_add_char(out, (char)point);
    } else if (point < 0) {
        buffer_add_text(out, TEXT("\xef\xbf\xbd"));
    } else if (point > 0xffff) {
        buffer_format(out, "\\u%04x\\u%04x", (unsigned)(0xd7c0 + (point >> 10)), (unsigned)(0xdc00 | (point & 0x3ff)));
    } else {
        buffer_format(out, "\\u%04x", (unsigned)point);
    }
}

void print_put_shown(struct buffer *out, struct text t)
{
    put_with(out, t, put_shown);
}

void print_put_json(struct buffer *out, struct text json)
{
    put_with(out, json, put_json_escape);
}

static void write_out(FILE *out, struct text t, bool failed)
{
    bool bad = failed || fwrite(t.data, 1, t.size, out) != t.size;
    if (bad && out == stdout && print_error == 0) {
        print_error = failed ? ENOMEM : errno;
    }
}

void print_bytes(struct text t)
{
    write_out(stdout, t, false);
}

/* Is it a sentence of ours, and not only what the caller was given? */
static bool has_words(const char *format)
{
    for (const char *at = format; *at; at++) {
        if (*at == '%') {
            at += strspn(at + 1, "0123456789.*-+ #hlzjt") + 1;
            if (*at == '\0') {
                break;
            }
        } else if (isalpha((unsigned char)*at)) {
            return true;
        }
    }
    return false;
}

static void print_text(FILE *out, struct text text, bool ours, bool failed)
{
    struct buffer said, line;
    buffer_init(&said, LINE_LIMIT);
    buffer_init(&line, LINE_LIMIT);
    if (ours && language_other()) {
        language_put(&said, text);
        text = buffer_text(&said);
    }
    print_put_shown(&line, text);
    buffer_add_char(&line, '\n');
    write_out(out, buffer_text(&line), line.failed || said.failed || failed);
    buffer_fini(&said);
    buffer_fini(&line);
}

void print_line(FILE *out, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int size = vasprintf(&text, format, arguments);
    va_end(arguments);
    print_text(out, (struct text){size >= 0 ? text : NULL, size >= 0 ? (size_t)size : 0}, has_words(format), size < 0);
    free(size >= 0 ? text : NULL);
}

void print_sentence(FILE *out, struct text english)
{
    print_text(out, english, true, false);
}

void print_json(struct text json)
{
    struct buffer line;
    buffer_init(&line, LINE_LIMIT);
    print_put_json(&line, json);
    buffer_add_char(&line, '\n');
    write_out(stdout, buffer_text(&line), line.failed);
    buffer_fini(&line);
}

/* A pipe whose reader is gone? */
static bool reader_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};
    return print_error == EPIPE || (poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0);
}

int print_end(const char *program, int exit_code)
{
    bool before = ferror(stdout) != 0;
    if (fflush(stdout) != 0 && print_error == 0) {
        print_error = before ? EIO : errno;
    }
    if ((print_error == 0 && !before) || reader_gone()) {
        return exit_code;
    }
    char why[160];
    print_line(stderr, "%s: standard output can't be written: %s; what was printed is not whole", program,
               print_error ? strerror_r(print_error, why, sizeof why) : "input/output error");
    return exit_code == EXIT_COMPLETE || exit_code == EXIT_REJECTS ? EXIT_REFUSED : exit_code;
}
