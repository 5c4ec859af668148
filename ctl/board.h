/* What `dianchen top` shows: a table for a person, or one JSON object on one line. */
#ifndef DIANCHEN_CTL_BOARD_H
#define DIANCHEN_CTL_BOARD_H

#include "common/buffer.h"
#include "ctl/verdict.h"

/* At most `columns` wide and `rows` high (0 = as high as it gets); lines end with "\n". */
void board_table(const struct scrape *scrape, const struct verdict *verdict, size_t columns, size_t rows,
                 struct buffer *out);
void board_json(const struct scrape *scrape, const struct verdict *verdict, struct buffer *out);

/* How many columns of a terminal `t` takes: Chinese characters take two. */
size_t board_columns(struct text t);

#endif
