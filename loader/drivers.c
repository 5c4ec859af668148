#include "loader/driver.h"

#include "loader/xingchen/xingchen.h"

/* One line a driver. Its name also stands in scheme_target_driver_words of common/scheme/keys.c, for `dianchen lint`. */
const struct target_driver *const target_drivers[] = {
    &xingchen_driver,
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
