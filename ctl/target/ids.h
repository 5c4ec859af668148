/* Ids of the target that a scheme names (units, categories): are they there? */
#ifndef DIANCHEN_CTL_TARGET_IDS_H
#define DIANCHEN_CTL_TARGET_IDS_H

#include "common/json/json.h"
#include "common/scheme/scheme.h"

enum { IDS_KINDS = 8 };

struct id_list {
    struct text kind; /* "units" */
    struct buffer json;
    const cJSON *rows; /* NULL = the target could not be asked */
};
struct ids { /* zero-initialise */
    struct id_list lists[IDS_KINDS];
    size_t count;
    struct arena arena;
    bool open;
};

/* Asks the target for every list that fields of the scheme look their ids up in, each once. Lists that can't be asked for are
 * left out. Blocks. */
void ids_ask(struct ids *ids, const struct scheme *scheme, const char *scheme_path);
void ids_fini(struct ids *ids);
/* Does the list of this field hold the id? True where it has none, or none that could be asked for, or an empty one: no book is
 * without any unit, so this user is not shown them. */
bool ids_hold(const struct ids *ids, const struct scheme_assignment *field, struct text id);

#endif
