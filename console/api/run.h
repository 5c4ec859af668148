/* Writes a run as the API shows it. */
#ifndef DIANCHEN_CONSOLE_API_RUN_H
#define DIANCHEN_CONSOLE_API_RUN_H

#include "console/serve/request.h"

/* The columns that run_put reads, in its order; the query names the table `run` n. */
#define RUN_COLUMNS                                                                                                    \
    "n.id, n.scheme, n.source, n.target, n.state, n.kind, n.max_rows, n.source_total, n.started, n.ended, n.cause, "   \
    "n.report"
/* Appends a run as a JSON object. `arena` is used to parse the report; `chinese`: texts for people are in Chinese. */
void run_put(struct buffer *out, const struct sql_value *columns, struct arena *arena, bool chinese);

#endif
