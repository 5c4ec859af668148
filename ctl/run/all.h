/* `dianchen run --all`: runs the schemes of a folder, one after the other. */
#ifndef DIANCHEN_CTL_RUN_ALL_H
#define DIANCHEN_CTL_RUN_ALL_H

#include "ctl/run/local.h"

/* Runs each scheme of a folder, as local_run does with the other options. asked->scheme is the folder, or a file in it. When a run
 * ends early, the schemes that come after it (order_behind) are left out; all others run. Prints each report, and the sums last;
 * with --json one object: {"schemes":[reports],"left_out":[names],"complete":bool,"seen",…,"rejected"}. Blocks. Returns the most
 * serious exit code (local_heavier). */
int all_run(const struct local_run *asked);

#endif
