#include "ctl/api/file.h"

#include <stdio.h>
#include <string.h>

int api_json_read(const char *path, struct arena *arena, const cJSON **out, struct cause *cause)
{
    bool from_stdin = strcmp(path, "-") == 0;
    struct cause why;
    FILE *in = from_stdin ? stdin : fopen(path, "re");
    if (!in) {
        return cause_set(cause, ERR_INPUT, "%s: cannot be read", path);
    }
    char *data = arena_take(arena, API_SAMPLE_MAX + 1);
    size_t size = data ? fread(data, 1, API_SAMPLE_MAX + 1, in) : 0;
    bool failed = !data || ferror(in) != 0;
    if (!from_stdin) {
        (void)fclose(in);
    }
    if (failed) {
        return cause_set(cause, ERR_INPUT, "%s: cannot be read", path);
    }
    int error = json_parse(arena, (struct text){data, size}, API_SAMPLE_MAX, JSON_RELAXED | JSON_CONTROLS, out, &why);
    return error ? cause_set(cause, ERR_INPUT, "%s: %s", path, why.text) : 0;
}

int api_file_read(const char *path, struct arena *arena, struct api_file *out, struct cause *cause)
{
    const cJSON *root = NULL;
    int error = api_json_read(path, arena, &root, cause);
    if (!error) {
        *out = (struct api_file){json_text(json_get(root, "name")), json_get(root, "response"),
                                 json_get(root, "window") != NULL};
    }
    return error;
}
