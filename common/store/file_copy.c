#include "common/store/file_copy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int store_file_copy(struct sql *sql, const char *path, bool replace, struct cause *cause)
{
    size_t room = strlen(path) + sizeof ".part";
    char *part = malloc(room);
    if (!part) {
        return cause_set(cause, ERR_MEMORY, "copy of the store to %s: out of memory", path);
    }
    snprintf(part, room, "%s.part", path);
    int error = 0;
    if (!replace && access(path, F_OK) == 0) {
        error =
            cause_set(cause, ERR_INPUT, "copy of the store to %s: the file stands already; choose another place", path);
    }
    if (replace) {
        unlink(part); /* of a copy that was cut off */
    }
    if (!error) {
        error = sql->driver->copy(sql, part, cause);
        if (!error && rename(part, path) != 0) {
            error =
                cause_set(cause, ERR_IO, "copy of the store to %s: %s; choose another place", path, strerror(errno));
            unlink(part);
        }
    }
    free(part);
    return error;
}
