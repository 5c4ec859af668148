#include "ctl/check/lines.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/language.h"
#include "common/base/print.h"
#include "common/json/json.h"
#include "common/log/log.h"

enum { LINES_BYTES = 1 << 20 };

/* "ok    store: sqlite:…" taken apart. False for a line that goes on with the one before. */
static bool line_read(struct text line, bool *ok, struct text *part, struct text *text)
{
    struct text fine = TEXT("ok    "), bad = TEXT("FAIL  ");
    *ok = text_starts(line, fine);
    if (!*ok && !text_starts(line, bad)) {
        return false;
    }
    struct text rest = {line.data + fine.size, line.size - fine.size};
    ptrdiff_t colon = text_find(rest, TEXT(": "));
    size_t size = colon >= 0 ? (size_t)colon : 0;
    size_t skip = colon >= 0 ? size + 2 : 0;
    *part = (struct text){rest.data, size};
    *text = (struct text){rest.data + skip, rest.size - skip};
    return true;
}

void check_lines_put(struct buffer *json, struct text lines, bool ok)
{
    struct buffer text;
    bool any = false;
    buffer_init(&text, LINES_BYTES);
    buffer_format(json, "{\"ok\":%s,\"checks\":[", ok ? "true" : "false");
    while (lines.size > 0) {
        const char *end = memchr(lines.data, '\n', lines.size);
        size_t size = end ? (size_t)(end - lines.data) : lines.size;
        struct text line = {lines.data, size}, part, said;
        size += end != NULL;
        lines = (struct text){lines.data + size, lines.size - size};
        bool fine;
        if (line_read(line, &fine, &part, &said)) {
            if (any) {
                json_put_text(json, buffer_text(&text));
                buffer_add_text(json, TEXT("},"));
            }
            buffer_format(json, "{\"ok\":%s,\"part\":", fine ? "true" : "false");
            json_put_text(json, part);
            buffer_add_text(json, TEXT(",\"text\":"));
            buffer_clear(&text, LINES_BYTES);
            buffer_add_text(&text, said);
            any = true;
        } else if (any) {
            buffer_add_char(&text, '\n');
            buffer_add_text(&text, line);
        }
    }
    if (any) {
        json_put_text(json, buffer_text(&text));
        buffer_add_char(json, '}');
    }
    buffer_add_text(json, TEXT("]}"));
    buffer_fini(&text);
}

/* All that stands in the file. */
static int file_take(int file, struct buffer *out)
{
    char block[8192];
    ssize_t size;
    if (lseek(file, 0, SEEK_SET) != 0) {
        return ERR_IO;
    }
    while ((size = read(file, block, sizeof block)) > 0) {
        buffer_add(out, block, (size_t)size);
    }
    return size < 0 ? ERR_IO : out->failed ? ERR_LIMIT : 0;
}

int check_lines_json(int (*check)(void))
{
    struct cause cause;
    struct buffer lines, json;
    int file = memfd_create("check", MFD_CLOEXEC), before = dup(STDOUT_FILENO);
    if (file < 0 || before < 0 || language_choose("en", NULL) != 0 || fflush(stdout) != 0 ||
        dup2(file, STDOUT_FILENO) < 0) {
        (void)cause_set(&cause, ERR_IO, "the checks can't be gathered: %s", strerror(errno));
        return log_fatal(&cause, EXIT_REFUSED);
    }
    int code = check();
    (void)fflush(stdout);
    (void)dup2(before, STDOUT_FILENO);
    (void)close(before);
    buffer_init(&lines, LINES_BYTES);
    buffer_init(&json, (size_t)4 * LINES_BYTES);
    int error = file_take(file, &lines);
    (void)close(file);
    check_lines_put(&json, buffer_text(&lines), code == EXIT_COMPLETE);
    print_json(buffer_text(&json));
    buffer_fini(&lines);
    buffer_fini(&json);
    return error ? EXIT_REFUSED : code;
}
