#include "common/scheme/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_TEXT_MAX = 300 };

static bool is_one_of(char c, struct text set)
{
    return memchr(set.data, c, set.size) != NULL;
}

/* Past white space and comments; counts lines. */
static size_t skip_space(struct text t, size_t i, uint32_t *line)
{
    while (i < t.size) {
        if (t.data[i] == '/' && i + 1 < t.size && t.data[i + 1] == '/') {
            while (i < t.size && t.data[i] != '\n') {
                i++;
            }
        } else if (t.data[i] == '/' && i + 1 < t.size && t.data[i + 1] == '*') {
            for (i += 2; i + 1 < t.size && !(t.data[i] == '*' && t.data[i + 1] == '/'); i++) {
                *line += t.data[i] == '\n';
            }
            i += 2;
        } else if (is_one_of(t.data[i], TEXT(" \t\r\n"))) {
            *line += t.data[i++] == '\n';
        } else {
            break;
        }
    }
    return i < t.size ? i : t.size;
}

static size_t skip_string(struct text t, size_t i)
{
    for (i++; i < t.size && t.data[i] != '"'; i++) {
        i += t.data[i] == '\\';
    }
    return i + 1 < t.size ? i + 1 : t.size;
}

/* Lines of all values, in the order in which they begin; a member counts from its key. The text has been
 * parsed before, so only its outline matters here. Returns their number, at most SCHEME_FILE_VALUES_MAX + 1. */
static size_t scan_lines(struct text t, uint32_t *lines)
{
    size_t count = 0;
    uint32_t line = 1, key_line = 0;
    size_t i = text_starts(t, TEXT("\xEF\xBB\xBF")) ? 3 : 0;
    while ((i = skip_space(t, i, &line)) < t.size) {
        char c = t.data[i];
        if (is_one_of(c, TEXT("}],:"))) {
            i++;
            continue;
        }
        uint32_t here = line;
        if (c == '"') {
            i = skip_space(t, skip_string(t, i), &line);
            if (i < t.size && t.data[i] == ':') {
                key_line = here;
                continue;
            }
        } else if (c == '{' || c == '[') {
            i++;
        } else {
            for (i++; i < t.size && !is_one_of(t.data[i], TEXT(" \t\r\n,]}/"));) {
                i++;
            }
        }
        if (count > SCHEME_FILE_VALUES_MAX) {
            break;
        }
        lines[count++] = key_line ? key_line : here;
        key_line = 0;
    }
    return count;
}

/* Finds `node` in a depth-first walk: its ordinal and its path. Depth is bounded by JSON_DEPTH. */
static bool find_node(const cJSON *at, const cJSON *node, size_t *ordinal, char *path, size_t used)
{
    if (at == node) {
        return true;
    }
    (*ordinal)++;
    int index = 0;
    for (const cJSON *child = at->child; child; child = child->next, index++) {
        int n = cJSON_IsObject(at) ? snprintf(path + used, PATH_TEXT_MAX - used, "/%s", child->string)
                                   : snprintf(path + used, PATH_TEXT_MAX - used, "/%d", index);
        size_t end = used + (n > 0 ? (size_t)n : 0);
        if (end >= PATH_TEXT_MAX) {
            end = PATH_TEXT_MAX - 1;
        }
        if (find_node(child, node, ordinal, path, end)) {
            return true;
        }
        path[used] = '\0';
    }
    return false;
}

static uint32_t place(const struct scheme_file *file, const cJSON *node, char path[PATH_TEXT_MAX])
{
    size_t ordinal = 0;
    path[0] = '\0';
    if (!file->root || !find_node(file->root, node, &ordinal, path, 0) || ordinal >= file->values) {
        return 1;
    }
    return file->lines[ordinal];
}

__attribute__((format(printf, 5, 0))) static void compose(struct cause *out, const char *before,
                                                          const struct scheme_file *file, const cJSON *node,
                                                          const char *format, va_list args)
{
    char message[sizeof out->text];
    vsnprintf(message, sizeof message, format, args);
    if (!node) {
        cause_set(out, ERR_INPUT, "%s%s: %s", before, file->path, message);
        return;
    }
    char path[PATH_TEXT_MAX];
    uint32_t line = place(file, node, path);
    cause_set(out, ERR_INPUT, "%s%s:%u: %s%s%s", before, file->path, (unsigned)line, path, path[0] ? ": " : "",
              message);
}

void scheme_warn(struct scheme_faults *faults, const struct scheme_file *file, const cJSON *node, const char *format,
                 ...)
{
    struct cause cause;
    va_list args;
    va_start(args, format);
    compose(&cause, "warning: ", file, node, format, args);
    va_end(args);
    if (faults->told) {
        faults->told(faults->user, cause.text);
    }
}

void scheme_fault(struct scheme_faults *faults, const struct scheme_file *file, const cJSON *node, const char *format,
                  ...)
{
    struct cause cause;
    va_list args;
    va_start(args, format);
    compose(&cause, "", file, node, format, args);
    va_end(args);
    if (faults->count++ == 0) {
        faults->first = cause;
    }
    if (faults->told) {
        faults->told(faults->user, cause.text);
    }
}

struct text scheme_where(struct scheme_faults *faults, struct arena *arena, const struct scheme_file *file,
                         const cJSON *node)
{
    char path[PATH_TEXT_MAX], where[SCHEME_PATH_MAX + PATH_TEXT_MAX + 16];
    uint32_t line = place(file, node, path);
    snprintf(where, sizeof where, "%s:%u %s", file->path, (unsigned)line, path);
    struct text kept = arena_text(arena, text_of(where));
    if (!kept.data) {
        faults->memory = true;
    }
    return kept;
}

static bool unique_keys(struct scheme_faults *faults, const struct scheme_file *file, const cJSON *node)
{
    bool unique = true;
    for (const cJSON *child = node->child; child; child = child->next) {
        if (cJSON_IsObject(node)) {
            for (const cJSON *other = node->child; other != child; other = other->next) {
                if (strcmp(other->string, child->string) == 0) {
                    char path[PATH_TEXT_MAX];
                    scheme_fault(faults, file, child, "stands twice in this object, first in line %u",
                                 (unsigned)place(file, other, path));
                    unique = false;
                    break;
                }
            }
        }
        unique = unique_keys(faults, file, child) && unique;
    }
    return unique;
}

bool scheme_file_bytes(struct scheme_faults *faults, struct arena *arena, const struct scheme_file *file, size_t limit,
                       const char *hint, struct text *out)
{
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat stat;
    if (fd < 0 || fstat(fd, &stat) < 0) {
        scheme_fault(faults, file, NULL, "cannot be read: %s; %s", errno == ENOENT ? "no such file" : strerror(errno),
                     hint);
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    bool good = false;
    size_t size = 0;
    size_t room = stat.st_size >= 0 && (uint64_t)stat.st_size < limit ? (size_t)stat.st_size : limit;
    char *data = arena_take(arena, room + 1);
    if (!S_ISREG(stat.st_mode)) {
        scheme_fault(faults, file, NULL,
                     S_ISDIR(stat.st_mode) ? "is a folder: name a file of it" : "cannot be read: not a regular file");
    } else if (!data) {
        faults->memory = true;
    } else {
        ssize_t n = 0;
        while (size <= room && (n = read(fd, data + size, room + 1 - size)) > 0) {
            size += (size_t)n;
        }
        if (n < 0) {
            scheme_fault(faults, file, NULL, "cannot be read: %s", strerror(errno));
        } else if (size > room) {
            scheme_fault(faults, file, NULL, "larger than %zu bytes", limit);
        } else {
            good = true;
        }
    }
    close(fd);
    *out = (struct text){data, size};
    return good;
}

static void fault_at_line(struct scheme_faults *faults, struct scheme_file *file, size_t line, const char *why)
{
    size_t told = strlen(file->path);
    snprintf(file->path + told, sizeof file->path - told, ":%zu", line);
    scheme_fault(faults, file, NULL, "%s", why);
    file->path[told] = '\0';
}

/* json_parse says "line 3, column 5: …": the line goes where every fault has it. */
static void tell_syntax(struct scheme_faults *faults, struct scheme_file *file, struct text why)
{
    const char *comma = text_starts(why, TEXT("line ")) ? memchr(why.data, ',', why.size) : NULL;
    if (!comma) {
        scheme_fault(faults, file, NULL, "%.*s", TEXT_ARG(why));
        return;
    }
    int line = (int)(comma - why.data) - 5;
    size_t told = strlen(file->path);
    size_t room = sizeof file->path - told;
    snprintf(file->path + told, room, ":%.*s", line, why.data + 5);
    scheme_fault(faults, file, NULL, "%s", comma + (comma[1] == ' ' ? 2 : 1));
    file->path[told] = '\0';
}

bool scheme_file_read(struct scheme_faults *faults, struct arena *arena, const char *path, struct scheme_file *out)
{
    *out = (struct scheme_file){.root = NULL};
    int n = snprintf(out->path, sizeof out->path, "%s", path);
    struct text text;
    if (n < 0 || (size_t)n >= sizeof out->path) {
        scheme_fault(faults, out, NULL, "the file's name is too long");
        return false;
    }
    if (!scheme_file_bytes(faults, arena, out, SCHEME_FILE_MAX,
                           "the scheme is named by --scheme or DIANCHEN_SCHEME, its API files stand in api/ beside it",
                           &text)) {
        return false;
    }
    size_t bad = 0, line = 1;
    while (bad < text.size && text_sequence((struct text){text.data + bad, text.size - bad}) > 0) {
        line += text.data[bad] == '\n';
        bad += text_sequence((struct text){text.data + bad, text.size - bad});
    }
    if (bad < text.size) {
        fault_at_line(faults, out, line, "is not UTF-8 here: save the file as UTF-8 (it may be GBK)");
        return false;
    }
    struct cause cause = {""};
    const cJSON *root = NULL;
    int error = json_parse(arena, text, SCHEME_FILE_MAX, JSON_RELAXED, &root, &cause);
    if (error == ERR_MEMORY) {
        faults->memory = true;
        return false;
    }
    if (error) {
        tell_syntax(faults, out, text_of(cause.text[0] ? cause.text : error_text(error)));
        return false;
    }
    uint32_t *lines = arena_take(arena, (SCHEME_FILE_VALUES_MAX + 2) * sizeof *lines);
    if (!lines) {
        faults->memory = true;
        return false;
    }
    out->values = scan_lines(text, lines);
    out->lines = lines;
    if (out->values > SCHEME_FILE_VALUES_MAX) {
        scheme_fault(faults, out, NULL, "more than %d values", SCHEME_FILE_VALUES_MAX);
        return false;
    }
    out->root = root;
    return unique_keys(faults, out, root);
}
