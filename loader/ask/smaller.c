#include "loader/ask/smaller.h"

#include "common/log/log.h"

bool list_smaller(struct pass *pass, const char *path)
{
    bool smaller = pass_smaller(pass);
    if (smaller) {
        log_event(EVENT_LOOKUP_SMALLER, "a page of the target's list is too large: it is read anew in smaller pages",
                  "api", LOG_STR(path), "records", LOG_INT(pass->size), (const char *)NULL);
    }
    return smaller;
}
