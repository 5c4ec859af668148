/* Look-ups for an account that has no call for them: the list of what stands in the target is read whole, and tells of all rows
 * that waited when it began. */
#ifndef DIANCHEN_LOADER_ASK_ROLL_H
#define DIANCHEN_LOADER_ASK_ROLL_H

#include "loader/loader.h"

void roll_run(struct loader *loader);   /* reads, where rows are asked for and nothing is read yet */
void roll_touch(struct loader *loader); /* marks the pages of its rows as moved */
void roll_free(struct loader *loader);

#endif
