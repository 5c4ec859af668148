#include "common/scheme/installed.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
