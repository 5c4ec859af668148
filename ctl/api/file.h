/* Reads the files of `dianchen api`. Both functions block. Texts and trees live in the arena. */
#ifndef DIANCHEN_CTL_API_FILE_H
#define DIANCHEN_CTL_API_FILE_H

#include "common/json/json.h"

enum { API_SAMPLE_MAX = 16 << 20 /* bytes */ };

struct api_file {
    struct text name;
    const cJSON *response; /* fields by name; NULL = there is none */
    bool windows;          /* the API is read by windows of time */
};

/* Reads a JSON file of at most API_SAMPLE_MAX bytes, written by a person or a server; "-" is stdin. 0, or ERR_INPUT with the
 * cause. */
int api_json_read(const char *path, struct arena *arena, const cJSON **out, struct cause *cause) WARN_UNUSED;
/* Reads an API file. 0, or ERR_INPUT with the cause. */
int api_file_read(const char *path, struct arena *arena, struct api_file *out, struct cause *cause) WARN_UNUSED;

#endif
