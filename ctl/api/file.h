/* Files that `dianchen api` reads, whole. */
#ifndef DIANCHEN_CTL_API_FILE_H
#define DIANCHEN_CTL_API_FILE_H

#include "common/json/json.h"

enum { API_SAMPLE_MAX = 16 << 20 /* bytes */ };

struct api_file {
    struct text name;
    const cJSON *response; /* fields by name; NULL = there is none */
    bool windows;          /* it is read by windows of time */
};

/* Reads JSON, written by a person or a server; "-" is stdin. ERR_INPUT. */
int api_json_read(const char *path, struct arena *arena, const cJSON **out, struct cause *cause) WARN_UNUSED;
/* What stands in an API file. ERR_INPUT. */
int api_file_read(const char *path, struct arena *arena, struct api_file *out, struct cause *cause) WARN_UNUSED;

#endif
