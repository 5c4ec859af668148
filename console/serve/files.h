/* The page's files, part of the program: console/web/, made into files.c of the build tree by console/embed.sh. */
#ifndef DIANCHEN_CONSOLE_SERVE_FILES_H
#define DIANCHEN_CONSOLE_SERVE_FILES_H

#include <stddef.h>

struct web_file {
    const char *path; /* "/app.js"; "/" is index.html */
    const char *type; /* content type */
    const char *etag; /* in quotes */
    const unsigned char *data;
    size_t size;
};
extern const struct web_file web_files[]; /* ends with a NULL path */

#endif
