#include "common/config/envfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENVFILE_KEY_ROOM = 200 };

struct pair {
    struct pair *next; /* the one before it in the file */
    const char *key, *value;
};

struct envfile {
    char *bytes; /* keys and values are cut out of it in place */
    struct pair *last;
};

int envfile_slurp(const char *path, size_t limit, bool regular, char **out, struct cause *cause)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | (regular ? O_NONBLOCK : 0));
    struct stat st;
    FILE *file = fd >= 0 && fstat(fd, &st) == 0 ? fdopen(fd, "rb") : NULL;
    if (!file) {
        int why = errno;
        if (fd >= 0) {
            (void)close(fd);
        }
        return why == ENOENT ? ERR_NOT_FOUND : cause_set(cause, ERR_INPUT, "%s: %s", path, strerror(why));
    }
    if (S_ISDIR(st.st_mode)) {
        (void)fclose(file);
        return cause_set(cause, ERR_INPUT, "%s: is %s, not a file; name a file", path, "a folder");
    }
    if (regular && !S_ISREG(st.st_mode)) {
        (void)fclose(file);
        return cause_set(cause, ERR_INPUT, "%s: is no regular file", path);
    }
    struct buffer bytes;
    buffer_init(&bytes, limit + 1);
    size_t got = 1;
    while (got > 0 && !bytes.failed) {
        char piece[4096];
        got = fread(piece, 1, sizeof piece, file);
        buffer_add(&bytes, piece, got);
        explicit_bzero(piece, sizeof piece);
    }
    int error = ferror(file) ? errno : 0;
    (void)fclose(file);
    if (error) {
        buffer_wipe(&bytes);
        return cause_set(cause, ERR_INPUT, "%s: %s", path, strerror(error));
    }
    buffer_add_char(&bytes, '\0');
    if (bytes.failed) {
        buffer_wipe(&bytes);
        return cause_set(cause, ERR_INPUT, "%s: larger than %zu bytes", path, limit);
    }
    if (strlen(bytes.data) + 1 != bytes.size) {
        buffer_wipe(&bytes);
        return cause_set(cause, ERR_INPUT, "%s: holds a NUL byte; a text file is expected", path);
    }
    *out = bytes.data;
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char *blanks_end(char *at)
{
    while (is_blank(*at)) {
        at++;
    }
    return at;
}

static bool is_name(char c, bool first)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || (!first && c >= '0' && c <= '9');
}

/* A quoted value, `at` behind the opening quote; shortened in place. Points *end behind the closing one. */
static const char *value_quoted(char *at, char quote, char **end)
{
    char *to = at;
    for (; *at != quote; at++) {
        char c = *at;
        if (c == '\0') {
            return "the quote does not end on its line";
        }
        if (c == '\\' && quote == '"') {
            static const char from[] = "nrt\"\\$", into[] = "\n\r\t\"\\$";
            const char *letter = at[1] ? strchr(from, at[1]) : NULL;
            if (letter) {
                c = into[letter - from];
                at++;
            }
        }
        *to++ = c;
    }
    *end = at + 1;
    *to = '\0';
    return NULL;
}

/* `at` is a line without its end. Returns what is wrong with it, or NULL; *key NULL for an empty line. */
static const char *line_read(char *at, char **key, char **value)
{
    *key = NULL;
    at = blanks_end(at);
    if (*at == '\0' || *at == '#') {
        return NULL;
    }
    if (strncmp(at, "export", 6) == 0 && is_blank(at[6])) {
        at = blanks_end(at + 6);
    }
    char *name = at;
    while (is_name(*at, at == name)) {
        at++;
    }
    char *name_end = at;
    at = blanks_end(at);
    if (name_end == name || *at != '=') {
        return "KEY=VALUE is expected";
    }
    at = blanks_end(at + 1);
    *name_end = '\0';
    *value = at;
    if (*at == '"' || *at == '\'') {
        char *end = NULL;
        *value = at + 1;
        const char *fault = value_quoted(at + 1, *at, &end);
        if (fault) {
            return fault;
        }
        end = blanks_end(end);
        if (*end != '\0' && *end != '#') {
            return "something stands behind the closing quote";
        }
    } else {
        char *end = at;
        while (*end && !(*end == '#' && (end == at || is_blank(end[-1])))) {
            end++;
        }
        while (end > at && is_blank(end[-1])) {
            end--;
        }
        *end = '\0';
    }
    *key = name;
    return NULL;
}

int envfile_read(const char *path, struct envfile **out, struct cause *cause)
{
    struct envfile *file = calloc(1, sizeof *file);
    if (!file) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    int error = envfile_slurp(path, ENVFILE_MAX, false, &file->bytes, cause);
    char *at = error ? NULL : file->bytes;
    if (at && strncmp(at, "\xef\xbb\xbf", 3) == 0) {
        at += 3;
    }
    for (int line = 1; !error && at; line++) {
        char *next = strchr(at, '\n');
        size_t size = next ? (size_t)(next - at) : strlen(at);
        at[size] = '\0';
        if (size > 0 && at[size - 1] == '\r') {
            at[size - 1] = '\0';
        }
        char *key, *value;
        const char *fault = text_is_utf8(text_of(at)) ? line_read(at, &key, &value)
                                                      : "not UTF-8: save the file as UTF-8 (it may be GBK)";
        if (fault) {
            error = cause_set(cause, ERR_INPUT, "%s:%d: %s", path, line, fault);
        } else if (key) {
            struct pair *pair = malloc(sizeof *pair);
            if (!pair) {
                error = cause_set(cause, ERR_MEMORY, "out of memory");
                break;
            }
            *pair = (struct pair){file->last, key, value};
            file->last = pair;
        }
        at = next ? next + 1 : NULL;
    }
    if (error) {
        envfile_free(&file);
        return error;
    }
    *out = file;
    return 0;
}

void envfile_free(struct envfile **file)
{
    if (!*file) {
        return;
    }
    for (struct pair *pair = (*file)->last; pair;) {
        struct pair *next = pair->next;
        free(pair);
        pair = next;
    }
    free((*file)->bytes);
    free(*file);
    *file = NULL;
}

const char *envfile_get(const struct envfile *file, const char *key)
{
    for (const struct pair *pair = file ? file->last : NULL; pair; pair = pair->next) {
        if (strcmp(pair->key, key) == 0) {
            return pair->value;
        }
    }
    return NULL;
}

/* ---- writing ---- */

void envfile_put_value(struct buffer *out, const char *value)
{
    bool plain = value[strcspn(value, " \t#'\"\\$`")] == '\0';
    if (plain) {
        buffer_add_text(out, text_of(value));
    } else if (strchr(value, '\'') == NULL) {
        buffer_format(out, "'%s'", value);
    } else {
        buffer_add_char(out, '"');
        for (; *value; value++) {
            buffer_add_text(out, *value == '"' || *value == '\\' ? TEXT("\\") : TEXT(""));
            buffer_add_char(out, *value);
        }
        buffer_add_char(out, '"');
    }
}

/* The key of a line; "" = it has none. ERR_INPUT with what is wrong, ERR_MEMORY. */
static int line_key(struct text line, char key[ENVFILE_KEY_ROOM], const char **fault)
{
    char *copy = malloc(line.size + 1), *name = NULL, *value;
    if (!copy) {
        return ERR_MEMORY;
    }
    memcpy(copy, line.data, line.size);
    copy[line.size] = '\0';
    *fault = line_read(copy, &name, &value);
    (void)snprintf(key, ENVFILE_KEY_ROOM, "%s", name ? name : "");
    explicit_bzero(copy, line.size);
    free(copy);
    return *fault ? ERR_INPUT : 0;
}

static void put_line(struct buffer *out, const char *key, const char *value)
{
    buffer_format(out, "%s=", key);
    envfile_put_value(out, value);
    buffer_add_char(out, '\n');
}

int envfile_edit(const char *name, struct text file, const char *key, const char *value, struct buffer *out,
                 struct cause *cause)
{
    bool wanted = value && value[0] != '\0';
    struct text rest = file;
    if (text_starts(rest, TEXT("\xef\xbb\xbf"))) {
        buffer_add(out, rest.data, 3);
        rest = (struct text){rest.data + 3, rest.size - 3};
    }
    for (int number = 1; rest.size > 0; number++) {
        const char *end = memchr(rest.data, '\n', rest.size), *fault;
        struct text line = {rest.data, end ? (size_t)(end - rest.data) : rest.size};
        rest = (struct text){rest.data + line.size + (end != NULL), rest.size - line.size - (end != NULL)};
        struct text bare = {line.data, line.size - (line.size > 0 && line.data[line.size - 1] == '\r')};
        char found[ENVFILE_KEY_ROOM];
        int error = line_key(bare, found, &fault);
        if (error) {
            return error == ERR_MEMORY ? cause_set(cause, error, "out of memory")
                                       : cause_set(cause, error, "%s:%d: %s", name, number, fault);
        }
        if (strcmp(found, key) != 0) {
            buffer_add_text(out, line);
            buffer_add_char(out, '\n');
        } else if (wanted) {
            put_line(out, key, value);
            wanted = false;
        }
    }
    if (wanted) {
        put_line(out, key, value);
    }
    return out->failed ? cause_set(cause, ERR_MEMORY, "out of memory") : 0;
}
