/* A scheme or one of its API files: the first byte says which, the rest is the file. What compiles is mapped with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/fuzz/fuzz.h"
#include "tests/unit/scheme_folder.h"
#include "transformer/map.h"

static void remove_folder(void)
{
    (void)folder_remove(NULL);
}

static const char *variable(const char *name)
{
    return name[0] == 'N' ? NULL : "1";
}

static void on_fault(void *user, const char *line)
{
    (void)user;
    MUST(line[0] != '\0');
}

static void map_with(const struct scheme *scheme)
{
    static const struct value kinds[] = {{.kind = VALUE_NIL},
                                         {.kind = VALUE_TEXT, .text = {"a\xc3\xa4", 3}},
                                         {.kind = VALUE_INT, .integer = -1},
                                         {.kind = VALUE_REAL, .real = 0.5},
                                         {.kind = VALUE_BOOL, .flag = true},
                                         {.kind = VALUE_JSON, .text = {"[1]", 3}}};
    struct map *map = NULL;
    struct cause cause;
    if (map_new(scheme, variable, &map, &cause)) {
        return;
    }
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        struct value *values = calloc(scheme->slot_count + 1, sizeof *values);
        struct mapped row;
        MUST(values);
        for (size_t i = 0; i < scheme->slot_count; i++) {
            values[i] = kinds[(kind + i) % (sizeof kinds / sizeof *kinds)];
        }
        (void)!map_record(map, values, TEXT("\x90"), &row);
        free(values);
    }
    map_free(&map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[128];
    struct scheme *scheme = NULL;
    struct cause cause = {""};
    if (folder[0] == '\0') {
        (void)folder_make(NULL);
        (void)atexit(remove_folder);
    }
    if (size == 0) {
        return 0;
    }
    enum folder_file file = data[0] % FOLDER_FILES;
    folder_write(file, (const char *)data + 1, size - 1);
    folder_path(path, sizeof path, folder_names[FILE_SCHEME]);
    int faults = scheme_lint(path, on_fault, NULL);
    int error = scheme_load(path, &scheme, &cause);
    MUST((faults == 0) == (error == 0));
    MUST(error == 0 || cause.text[0] != '\0');
    if (error == 0) {
        map_with(scheme);
    }
    scheme_free(&scheme);
    folder_edit(file, NULL, NULL);
    return 0;
}
