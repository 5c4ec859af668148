#include "loader/driver.h"

#include "loader/rest/rest.h"
#include "loader/xingchen/xingchen.h"

/* One line a driver. Its name also stands in scheme_target_driver_words of common/scheme/keys.c, for `dianchen lint`. */
const struct target_driver *const target_drivers[] = {
    &xingchen_driver,
    &rest_target_driver,
    NULL,
};

const struct target_driver *target_driver_find(struct text name)
{
    for (const struct target_driver *const *driver = target_drivers; *driver; driver++) {
        if (text_equal(name, text_of((*driver)->name))) {
            return *driver;
        }
    }
    return NULL;
}

void target_call_clear(struct target_call *call, size_t limit, size_t keep)
{
    call->form = NULL;
    call->kind = 0;
    buffer_clear(&call->address, keep);
    buffer_clear(&call->body, keep);
    call->address.limit = TARGET_URL_MAX;
    call->body.limit = limit;
}

void target_call_fini(struct target_call *call)
{
    buffer_fini(&call->address);
    buffer_fini(&call->body);
}
