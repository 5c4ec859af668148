/* Writes what `dianchen top` shows: a table for a person, or one JSON object on one line. Both append to `out`. Pure. */
#ifndef DIANCHEN_CTL_TOP_BOARD_H
#define DIANCHEN_CTL_TOP_BOARD_H

#include "common/base/buffer.h"
#include "ctl/top/bottleneck.h"

struct board_look {
    size_t columns, rows; /* size of the screen, at most; rows 0 = no limit. More columns show more */
    bool colours;
    double left; /* s until the run's pages are done, at its present pace; < 0 = not known */
};

/* The table; its lines end with "\n". */
void board_table(const struct scrape *scrape, const struct bottleneck *bottleneck, const struct board_look *look,
                 struct buffer *out);
/* The JSON object. It uses only `left` of the look. */
void board_json(const struct scrape *scrape, const struct bottleneck *bottleneck, const struct board_look *look,
                struct buffer *out);

#endif
