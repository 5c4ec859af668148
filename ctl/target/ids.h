/* Checks ids of the target that a scheme names (units, categories): does the target have them? */
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

/* Asks the target for every list that holds ids for fields of the scheme, each once. A list that can't be asked for is left out.
 * Blocks. */
void ids_ask(struct ids *ids, const struct scheme *scheme, const char *scheme_path);
void ids_fini(struct ids *ids);
/* Does the list of this field hold the id? Also true where nothing is known: the field has no list, the list could not be asked for,
 * or it is empty (every account has units, so an empty list means that this user may not see them). */
bool ids_hold(const struct ids *ids, const struct scheme_assignment *field, struct text id);

#endif
