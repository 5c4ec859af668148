/* `dianchen run --all`: the schemes of a folder, one after the other. */
#ifndef DIANCHEN_CTL_RUN_ALL_H
#define DIANCHEN_CTL_RUN_ALL_H

#include "ctl/run/local.h"

/* Runs each scheme of the folder that asked->scheme is, or stands in, as local_run does with the other options. One that ends
 * early leaves out those behind it (order.h); all others run. Prints each report, and the sums last; with --json one object:
 * {"schemes":[reports],"left_out":[names],"complete":bool,"seen",…,"rejected"}. Blocks. Returns the exit code that weighs
 * most. */
int all_run(const struct local_run *asked);

#endif
