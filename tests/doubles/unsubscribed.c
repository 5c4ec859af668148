#include "unsubscribed.h"

#include <string.h>

#include "lookups.h"
#include "target.h"

static const char json[] = "application/json; charset=utf-8";
const char unsubscribed_not_found[] = "{\"code\":519,\"description_cn\":\"API Not Found\"}";

bool unsubscribed_is(const char *path)
{
    const char *name = strrchr(path, '/') + 1, *list = target_set.unsubscribed;
    while (*list) {
        size_t length = strcspn(list, ",");
        if (length == strlen(name) && memcmp(list, name, length) == 0) {
            return true;
        }
        list += length + (list[length] == ',');
    }
    return false;
}

void unsubscribed_answer(struct call *call)
{
    if (target_set.unsubscribed_form == UNSUBSCRIBED_404) {
        call_text(call, 404, "text/html", "<html><head><title>404 Not Found</title></head><body></body></html>\n");
    } else if (target_set.unsubscribed_form == UNSUBSCRIBED_TEXT) {
        lookup_refuse(&call->answer, "46403", target_set.unsubscribed_words);
        call_answer(call, 200, json);
    } else if (target_set.unsubscribed_form == UNSUBSCRIBED_403) {
        blob_puts(&call->answer, "{\"code\":403,\"message\":");
        blob_quote(&call->answer, target_set.unsubscribed_words);
        blob_puts(&call->answer, "}");
        call_answer(call, 403, json);
    } else {
        call_text(call, 519, json, unsubscribed_not_found);
    }
}
