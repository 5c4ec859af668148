#include "extractor/driver.h"

#include "extractor/qimen/qimen.h"
#include "extractor/rest/rest.h"
#include "extractor/soap/soap.h"

/* One line a driver. Its name also stands in scheme_source_driver_words of common/scheme/keys.c, for `dianchen lint`. */
const struct source_driver *const drivers[] = {
    &qimen_driver,
    &rest_driver,
    &soap_driver,
    NULL,
};

const struct source_driver *driver_find(struct text name)
{
    for (const struct source_driver *const *driver = drivers; *driver; driver++) {
        if (text_equal(name, text_of((*driver)->name))) {
            return *driver;
        }
    }
    return NULL;
}
