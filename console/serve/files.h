/* The files of the web page, built into the program: console/embed.sh writes files.c in the build tree from console/web/. */
#ifndef DIANCHEN_CONSOLE_SERVE_FILES_H
#define DIANCHEN_CONSOLE_SERVE_FILES_H

#include <stddef.h>

struct web_file {
    const char *path; /* "/app.js"; "/" is index.html */
    const char *type; /* content type */
    struct web_form {
        const char *etag; /* in quotes */
        const unsigned char *data;
        size_t size;
    } forms[2]; /* as it is; by gzip */
};
extern const struct web_file web_files[]; /* ends with a NULL path */

#endif
