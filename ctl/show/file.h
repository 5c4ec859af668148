/* Writes a file for a person. */
#ifndef DIANCHEN_CTL_SHOW_FILE_H
#define DIANCHEN_CTL_SHOW_FILE_H

#include "common/base/error.h"
#include "common/base/text.h"

/* Writes `contents` into `path`, readable for its owner alone (0600), and replaces a file that stood there. It writes a new file
 * beside it and renames that: after a failure the old file is unchanged. ERR_INPUT: `path` is a link, a device or a folder, or
 * can't be made. ERR_IO: the disk failed. With the cause. Blocks. */
int file_write(const char *path, struct text contents, struct cause *cause) WARN_UNUSED;

#endif
