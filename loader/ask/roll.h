/* Looks up rows where the account has no call for that: reads the target's list whole, which answers for all rows that waited when
 * the reading began. On the loop's thread; nothing blocks. */
#ifndef DIANCHEN_LOADER_ASK_ROLL_H
#define DIANCHEN_LOADER_ASK_ROLL_H

#include "loader/loader.h"

void roll_run(struct loader *loader);   /* begins a reading where rows wait and none goes on */
void roll_touch(struct loader *loader); /* says TOUCH for the pages of its rows: they are not stuck */
void roll_free(struct loader *loader);  /* the client has stopped */

#endif
