/* Every metric of every program, made from the one table in families.h: the code registers series of its rows,
 * docs/monitoring.md shows it, and tests/unit/test_family.c holds the manual and deploy/ to it. A family is a metric name
 * with its type, labels and meaning; a series is one set of label values of a family. To add a metric: a row in families.h,
 * metrics_add where it is counted, `make docs`. */
#ifndef DIANCHEN_COMMON_OBSERVE_FAMILY_H
#define DIANCHEN_COMMON_OBSERVE_FAMILY_H

#include "common/base/buffer.h"
#include "common/base/metric.h"

#define FAMILY(id, name, labels, kind, who, help) FAMILY_##id,
enum metric_family {
#include "common/observe/families.h"
    FAMILY_COUNT
};
#undef FAMILY

struct family {
    const char *name;   /* whole, as it stands at /metrics */
    const char *labels; /* their names, separated by commas; "" = none */
    enum metric_kind kind;
    const char *who;  /* which stages have it, for people */
    const char *help; /* one line, without backslash and quotes, so that Prometheus takes it as it stands */
};
/* The row of a family; static, never NULL for a value below FAMILY_COUNT. */
const struct family *family_row(enum metric_family family);
/* Appends its two lines of head: # HELP and # TYPE. */
void family_print(struct buffer *out, enum metric_family family);

#endif
