#include "common/scheme/place.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/code.h"

bool scheme_installed(const char *path, const char *name, char *out, size_t room)
{
    if (name[0] == '/' || access(path, F_OK) == 0 || errno != ENOENT) {
        return false;
    }
    char self[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (size <= 0) {
        return false;
    }
    self[size] = '\0';
    char *slash = strrchr(self, '/');
    char found[PATH_MAX];
    int n = slash ? snprintf(found, sizeof found, "%.*s/../share/dianchen/%s", (int)(slash - self), self, name) : -1;
    if (n < 0 || (size_t)n >= sizeof found || (size_t)n >= room || access(found, F_OK) != 0) {
        return false;
    }
    memcpy(out, found, (size_t)n + 1);
    return true;
}

bool scheme_is_folder(const char *path)
{
    char found[PATH_MAX];
    struct stat about;
    return stat(scheme_installed(path, path, found, sizeof found) ? found : path, &about) == 0 &&
           S_ISDIR(about.st_mode);
}

int scheme_folder(const char *path, char *out, size_t room)
{
    const char *slash = strrchr(path, '/');
    bool whole = scheme_is_folder(path);
    size_t size = whole ? strlen(path) : slash ? (size_t)(slash - path) : 1;
    while (whole && size > 1 && path[size - 1] == '/') {
        size--;
    }
    int written = snprintf(out, room, "%.*s", (int)size, whole || slash ? path : ".");
    return written > 0 && (size_t)written < room ? 0 : ERR_LIMIT;
}
