/* A file that a command writes for a person. */
#ifndef DIANCHEN_CTL_SHOW_FILE_H
#define DIANCHEN_CTL_SHOW_FILE_H

#include "common/base/error.h"
#include "common/base/text.h"

/* Writes the whole of `contents` into `path`, for its owner alone (0600). It is written beside it and renamed, so that the
 * file is there as a whole or as it was; a file that stood there is replaced. ERR_INPUT where `path` is a link, a device or
 * a folder, or can't be made; ERR_IO where the disk said no. */
int file_write(const char *path, struct text contents, struct cause *cause) WARN_UNUSED;

#endif
