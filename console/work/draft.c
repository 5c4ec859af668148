#include "console/work/draft.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "dianchen-draft-"
#define API_FOLDER "api"

static int fail(struct cause *cause, const char *path)
{
    int number = errno;
    char why[128];
    return cause_set(cause, ERR_INPUT, "%s: %s", path, strerror_r(number, why, sizeof why));
}

static int file_create(const char *path, struct text text, mode_t mode, struct cause *cause)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail(cause, path);
    }
    size_t done = 0;
    while (done < text.size) {
        ssize_t size = write(fd, text.data + done, text.size - done);
        if (size < 0 && errno != EINTR) {
            break;
        }
        done += size > 0 ? (size_t)size : 0;
    }
    bool whole = done == text.size && fchmod(fd, mode) == 0 && fsync(fd) == 0;
    int error = whole ? 0 : fail(cause, path);
    close(fd);
    return error;
}

/* The folder of a path, absolute. */
static bool folder_of(const char *path, char out[PATH_MAX])
{
    char folder[CATALOG_PATH];
    const char *slash = strrchr(path, '/');
    (void)snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    return realpath(folder[0] ? folder : "/", out) != NULL;
}

/* Links in `there` to all files of `folder` but the one that is named `own`. */
static void neighbours_link(const char *folder, const char *there, const char *own)
{
    DIR *dir = opendir(folder);
    for (const struct dirent *file; dir && (file = readdir(dir)) != NULL;) {
        char from[PATH_MAX + 300], to[400];
        if (file->d_name[0] == '.' || strcmp(file->d_name, own) == 0) {
            continue;
        }
        (void)snprintf(from, sizeof from, "%s/%s", folder, file->d_name);
        (void)snprintf(to, sizeof to, "%s/%s", there, file->d_name);
        (void)!symlink(from, to);
    }
    if (dir) {
        closedir(dir);
    }
}

static const char *temporary(void)
{
    const char *folder = getenv("TMPDIR");
    return folder && folder[0] && strlen(folder) < 40 ? folder : "/tmp";
}

/* A fresh folder with our lock on it. One that a sweep took away in between is made again. */
static int folder_make(struct draft *out, struct cause *cause)
{
    for (;;) {
        struct stat here, there;
        (void)snprintf(out->folder, sizeof out->folder, "%s/" FOLDER "XXXXXX", temporary());
        int fd = mkdtemp(out->folder) ? open(out->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
        int locked = fd >= 0 ? flock(fd, LOCK_SH) : -1;
        if (locked == 0 && fstat(fd, &here) == 0 && stat(out->folder, &there) == 0 && here.st_ino == there.st_ino) {
            out->lock = fd;
            return 0;
        }
        int error = fd >= 0 && locked == 0 ? 0 : fail(cause, out->folder);
        if (fd >= 0) {
            close(fd);
        }
        if (error) {
            (void)rmdir(out->folder);
            out->folder[0] = '\0';
            return error;
        }
    }
}

int draft_open(const struct catalog_entry *scheme, struct text text, struct draft *out, struct cause *cause)
{
    char folder[PATH_MAX], own[CATALOG_FILE + 8];
    int error = folder_make(out, cause);
    if (error) {
        return error;
    }
    (void)snprintf(own, sizeof own, "%s.json", scheme->file);
    (void)snprintf(out->path, sizeof out->path, "%s/%s", out->folder, own);
    if (folder_of(scheme->path, folder)) {
        neighbours_link(folder, out->folder, own);
    }
    error = file_create(out->path, text, 0600, cause);
    if (error) {
        draft_close(out);
    }
    return error;
}

int draft_add(const struct draft *draft, const char *name, struct text text, char path[CATALOG_PATH],
              struct cause *cause)
{
    (void)snprintf(path, CATALOG_PATH, "%s/%s", draft->folder, name);
    (void)unlink(path); /* the link to a neighbour of this name */
    return file_create(path, text, 0600, cause);
}

int draft_add_api(const struct draft *draft, const struct catalog_entry *scheme, const char *name, struct text text,
                  char path[CATALOG_PATH], struct cause *cause)
{
    char folder[PATH_MAX], from[PATH_MAX + 8], own[sizeof draft->folder + 8];
    (void)snprintf(own, sizeof own, "%s/" API_FOLDER, draft->folder);
    if (!folder_of(scheme->path, folder)) {
        return fail(cause, scheme->path);
    }
    (void)snprintf(from, sizeof from, "%s/" API_FOLDER, folder);
    (void)unlink(own); /* the link to it */
    if (mkdir(own, 0700) != 0) {
        return fail(cause, own);
    }
    neighbours_link(from, own, name);
    (void)snprintf(path, CATALOG_PATH, "%s/%s", own, name);
    return file_create(path, text, 0600, cause);
}

/* Links, never what they lead to; and the folder of API files, where it is one of the draft's own. */
static void folder_empty(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
    for (const struct dirent *file; dir && (file = readdir(dir)) != NULL;) {
        (void)unlinkat(fd, file->d_name, 0);
    }
    int inner = openat(fd, API_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (inner >= 0) {
        DIR *files = fdopendir(inner);
        for (const struct dirent *file; files && (file = readdir(files)) != NULL;) {
            (void)unlinkat(inner, file->d_name, 0);
        }
        if (files) {
            closedir(files);
        } else {
            close(inner);
        }
        (void)unlinkat(fd, API_FOLDER, AT_REMOVEDIR);
    }
    if (dir) {
        closedir(dir);
    } else if (copy >= 0) {
        close(copy);
    }
}

void draft_close(struct draft *draft)
{
    if (draft->folder[0]) {
        folder_empty(draft->lock);
        (void)rmdir(draft->folder);
        close(draft->lock);
    }
    draft->folder[0] = '\0';
}

void drafts_sweep(void)
{
    DIR *all = opendir(temporary());
    struct stat about;
    for (const struct dirent *one; all && (one = readdir(all)) != NULL;) {
        if (!text_starts(text_of(one->d_name), TEXT(FOLDER))) {
            continue;
        }
        int fd = openat(dirfd(all), one->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        /* Who uses one holds its lock: nobody else's is taken away, and none of a console that lives. */
        if (fd >= 0 && fstat(fd, &about) == 0 && about.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0) {
            folder_empty(fd);
            (void)unlinkat(dirfd(all), one->d_name, AT_REMOVEDIR);
        }
        if (fd >= 0) {
            close(fd);
        }
    }
    if (all) {
        closedir(all);
    }
}

/* What the folder of `path` tells of itself survives a power cut from now on. */
static void folder_sync(const char *path)
{
    char folder[PATH_MAX];
    int fd = folder_of(path, folder) ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

int draft_save(const char *file, struct text text, struct cause *cause)
{
    char path[PATH_MAX], fresh[PATH_MAX + 8];
    struct stat about;
    if (!realpath(file, path) || stat(path, &about) != 0) { /* behind a link: what it leads to */
        return fail(cause, file);
    }
    (void)snprintf(fresh, sizeof fresh, "%s.new", path);
    (void)unlink(fresh); /* left behind by one who died */
    int error = file_create(fresh, text, about.st_mode & 0777, cause);
    if (!error && (about.st_uid != geteuid() || about.st_gid != getegid())) {
        (void)!chown(fresh, about.st_uid, about.st_gid); /* where we may */
    }
    if (!error && rename(fresh, path) != 0) {
        error = fail(cause, path);
    }
    if (error) {
        (void)unlink(fresh);
    } else {
        folder_sync(path);
    }
    return error;
}
