#include "common/observe/family.h"

#define OURS(name) "dianchen_" name

#define FAMILY(id, name, labels, kind, who, help) [FAMILY_##id] = {name, labels, METRIC_##kind, who, help},
static const struct family families[FAMILY_COUNT] = {
#include "common/observe/families.h"
};
#undef FAMILY

const struct family *family_row(enum metric_family family)
{
    return &families[family];
}

void family_print(struct buffer *out, enum metric_family family)
{
    static const char *const kinds[] = {[METRIC_COUNTER] = "counter",
                                        [METRIC_GAUGE] = "gauge",
                                        [METRIC_HISTOGRAM] = "histogram",
                                        [METRIC_UNTYPED] = "untyped"};
    const struct family *row = &families[family];
    buffer_format(out, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name, kinds[row->kind]);
}
