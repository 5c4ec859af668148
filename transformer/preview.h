/* `transformer --map`: source records as JSON objects on stdin, one a line, as `extractor --sample` prints them; for
 * each one JSON object on stdout:
 * {"outcome":"payload|filtered|rejected","key":…,"number":…,"payload":{…}|null,"message":…|null} */
#ifndef DIANCHEN_TRANSFORMER_PREVIEW_H
#define DIANCHEN_TRANSFORMER_PREVIEW_H

#include <stdio.h>

#include "transformer/map.h"

enum { PREVIEW_LINE_MAX = 1 << 20 /* bytes of a record */ };

/* Until the end of `in`. ERR_INPUT names the line that is no record, ERR_IO when `out` takes no more. */
int preview_run(struct map *map, const struct scheme *scheme, FILE *in, FILE *out, struct cause *cause) WARN_UNUSED;
/* One record: the object's members become the scheme's slots. Appends the answer, without a line end. */
int preview_record(struct map *map, const struct scheme *scheme, struct text record, struct buffer *out,
                   struct cause *cause) WARN_UNUSED;

#endif
