#include "ctl/show/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, struct text t)
{
    while (t.size > 0) {
        ssize_t size = write(fd, t.data, t.size);
        if (size < 0 && errno != EINTR) {
            return errno;
        }
        size = size < 0 ? 0 : size;
        t.data += size;
        t.size -= (size_t)size;
    }
    return fsync(fd) != 0 && errno != EINVAL ? errno : 0;
}

int file_write(const char *path, struct text contents, struct cause *cause)
{
    struct stat st;
    if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        return cause_set(cause, ERR_INPUT, "%s: is %s, not a file; name a file", path,
                         S_ISLNK(st.st_mode)   ? "a link"
                         : S_ISDIR(st.st_mode) ? "a folder"
                                               : "a device or pipe");
    }
    char aside[PATH_MAX];
    int size = snprintf(aside, sizeof aside, "%s.XXXXXX", path);
    if (size < 0 || (size_t)size >= sizeof aside) {
        return cause_set(cause, ERR_INPUT, "%s: the name is too long", path);
    }
    int fd = mkostemp(aside, O_CLOEXEC); /* new, 0600 */
    if (fd < 0) {
        return cause_set(cause, ERR_INPUT, "%s: can't be made: %s; name a place where this user may write", path,
                         strerror(errno));
    }
    int why = write_all(fd, contents);
    why = close(fd) != 0 && why == 0 ? errno : why;
    if (why == 0 && rename(aside, path) != 0) {
        why = errno;
    }
    if (why != 0) {
        (void)unlink(aside);
        return cause_set(cause, ERR_IO, "%s: can't be written: %s", path, strerror(why));
    }
    return 0;
}
