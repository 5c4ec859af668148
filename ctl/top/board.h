/* What `dianchen top` shows: a table for a person, or one JSON object on one line. */
#ifndef DIANCHEN_CTL_TOP_BOARD_H
#define DIANCHEN_CTL_TOP_BOARD_H

#include "common/base/buffer.h"
#include "ctl/top/bottleneck.h"

struct board_look {
    size_t columns, rows; /* at most; rows 0 = as high as it gets. Wide boards show more */
    bool colours;
    double left; /* s until the pages of the run are done, at its pace; < 0 = not known */
};

/* Lines end with "\n". */
void board_table(const struct scrape *scrape, const struct bottleneck *bottleneck, const struct board_look *look,
                 struct buffer *out);
/* Of the look only `left` counts. */
void board_json(const struct scrape *scrape, const struct bottleneck *bottleneck, const struct board_look *look,
                struct buffer *out);

#endif
