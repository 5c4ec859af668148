/* An env file; and clients.allow, the other file of lines that a person writes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/config/envfile.h"
#include "common/link/keys.h"
#include "tests/fuzz/fuzz.h"

static char folder[] = "/tmp/dianchen-fuzz-XXXXXX";

static void remove_folder(void)
{
    char path[64];
    (void)snprintf(path, sizeof path, "%s/clients.allow", folder);
    (void)unlink(path);
    (void)rmdir(folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char path[64];
    struct envfile *file = NULL;
    struct link_key *keys = NULL;
    struct cause cause = {""};
    size_t count = 0;
    if (path[0] == '\0') {
        MUST(mkdtemp(folder));
        (void)snprintf(path, sizeof path, "%s/clients.allow", folder);
        (void)atexit(remove_folder);
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    MUST(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
    int error = envfile_read(path, &file, &cause);
    MUST(error == 0 || cause.text[0] != '\0');
    if (error == 0) {
        const char *value = envfile_get(file, "A");
        MUST(!value || strlen(value) <= size);
    }
    envfile_free(&file);
    error = link_keys_allowed(folder, &keys, &count, &cause);
    MUST(error != 0 || count > 0);
    for (size_t i = 0; i < count; i++) {
        MUST(strlen(keys[i].z85) == LINK_KEY);
    }
    free(keys);
    return 0;
}
