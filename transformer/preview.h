/* `transformer --map`: maps records without a run. stdin has source records as JSON objects, one a line, as `extractor --sample`
 * prints them; stdout gets one JSON object for each:
 * {"outcome":"payload|filtered|rejected","key":…,"number":…,"payload":{…}|null,"message":…|null} */
#ifndef DIANCHEN_TRANSFORMER_PREVIEW_H
#define DIANCHEN_TRANSFORMER_PREVIEW_H

#include <stdio.h>

#include "transformer/map.h"

enum { PREVIEW_LINE_MAX = 1 << 20 /* bytes of a record */ };

/* Maps all lines until the end of `in`; blocks. ERR_INPUT: the cause names the line that is no record. ERR_IO: `out` takes no
 * more. ERR_MEMORY. */
int preview_run(struct map *map, const struct scheme *scheme, FILE *in, FILE *out, struct cause *cause) WARN_UNUSED;
/* Maps one record, a JSON object, and appends the answer without a line end. ERR_SYNTAX, ERR_LIMIT: it is no
 * record, or too large; ERR_MEMORY. With the cause. */
int preview_record(struct map *map, const struct scheme *scheme, struct text record, struct buffer *out,
                   struct cause *cause) WARN_UNUSED;

#endif
