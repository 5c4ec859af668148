/* Texts from outside with secrets in them, in any dress: none stands in what is left. */
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "tests/fuzz/fuzz.h"

static const struct text secrets[] = {{"hunter2-hunter2", 15}, {"p@ss/wo\"rd+1", 12}, {"密码密码", 12}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool registered;
    if (!registered) {
        registered = true;
        for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
            secret_add(secrets[i]);
        }
    }
    if (size > 16384) {
        return 0;
    }
    struct text t = {(const char *)data, size};
    char *to = malloc(size + 1), *line = malloc(size + 1);
    MUST(to && line);
    size_t left = secret_wipe_into(to, t);
    MUST(left <= size);
    memcpy(line, data, size);
    line[size] = '\0';
    secret_wipe(line);
    MUST(strlen(line) <= size);
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        MUST(text_find((struct text){to, left}, secrets[i]) < 0);
        MUST(strstr(line, secrets[i].data) == NULL);
    }
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct text wiped = secret_wiped(&arena, t);
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        MUST(text_find(wiped, secrets[i]) < 0);
    }
    arena_fini(&arena);
    free(line);
    free(to);
    return 0;
}
