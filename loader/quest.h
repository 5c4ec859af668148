/* Questions to the target, by number: is it there, and under which id? Used where a reply or a crash left it open,
 * and before an update whose id nobody knows. Several numbers at once where the target takes that
 * (material_detail_batch); only a "found" of that counts, every other number is asked for by itself
 * (material_detail). "Not found" counts only when the target had time to show it: row->sure. */
#ifndef DIANCHEN_LOADER_QUEST_H
#define DIANCHEN_LOADER_QUEST_H

#include "loader/loader.h"

enum { QUEST_ROWS = 50, QUEST_MOST = 4 /* at once */ };

void quest_add(struct loader *loader, struct row *row, enum seek seek, int64_t sure);
void quest_run(struct loader *loader);
void quest_touch(struct loader *loader); /* as post_touch */
void quest_free_all(struct loader *loader);

/* What an answer of material_detail says about `number`. Pure. */
enum quest_told { TOLD_FOUND, TOLD_ABSENT, TOLD_NOTHING /* not understood: leave it open */ };
enum quest_told quest_read(struct arena *arena, const struct answer *answer, struct text number, struct text *id);

#endif
