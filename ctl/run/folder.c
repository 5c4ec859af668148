#include "ctl/run/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Sockets stand in it: their paths have 107 bytes at most, and go through comma lists of addresses. */
static bool fits_sockets(const char *folder)
{
    return strlen(folder) <= 40 &&
           folder[strspn(folder, "/.-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

int folder_make(struct folder *folder, struct cause *cause)
{
    const char *const temp = getenv("TMPDIR");
    const char *const places[] = {temp && temp[0] && fits_sockets(temp) ? temp : "/tmp", "/tmp", "/var/tmp",
                                  "/dev/shm"};
    int why = 0;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(folder->path, sizeof folder->path, "%s/dianchen-XXXXXX", places[i]);
        if (mkdtemp(folder->path) != NULL) {
            return 0;
        }
        why = why ? why : errno;
    }
    folder->path[0] = '\0';
    return cause_set(cause, ERR_INPUT, "%s: %s; set TMPDIR to a folder that can be written", places[0], strerror(why));
}

void folder_remove(struct folder *folder)
{
    DIR *dir = folder->path[0] ? opendir(folder->path) : NULL;
    if (dir == NULL) {
        return;
    }
    for (const struct dirent *file; (file = readdir(dir)) != NULL;) {
        (void)unlinkat(dirfd(dir), file->d_name, 0);
    }
    closedir(dir);
    rmdir(folder->path);
    folder->path[0] = '\0';
}

void folder_address(const struct folder *folder, const char *stage, int worker, char out[FOLDER_ADDRESS])
{
    snprintf(out, FOLDER_ADDRESS, "ipc://%s/%s%d", folder->path, stage, worker);
}

char *folder_addresses(const struct folder *folder, const char *stage, int64_t count)
{
    size_t room = (size_t)count * FOLDER_ADDRESS;
    char *list = calloc(1, room + 1);
    for (int w = 0; list != NULL && w < count; w++) {
        char address[FOLDER_ADDRESS];
        size_t used = strlen(list);
        folder_address(folder, stage, w, address);
        snprintf(list + used, room - used, "%s%s", w ? "," : "", address);
    }
    return list;
}
