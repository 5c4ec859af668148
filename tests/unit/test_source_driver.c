/* The table of source drivers: complete, and the same as the words that API files may say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/scheme/keys.h"
#include "extractor/driver.h"

static void names_are_the_schemes(void **state)
{
    (void)state;
    size_t count = 0;
    for (; drivers[count]; count++) {
        assert_non_null(scheme_source_driver_words[count]);
        assert_string_equal(drivers[count]->name, scheme_source_driver_words[count]);
        assert_ptr_equal(driver_find(text_of(drivers[count]->name)), drivers[count]);
    }
    assert_null(scheme_source_driver_words[count]);
    assert_null(driver_find(TEXT("nobody")));
}

static void every_function_is_there(void **state)
{
    (void)state;
    for (size_t i = 0; drivers[i]; i++) {
        const struct source_driver *driver = drivers[i];
        assert_true(driver->check && driver->account && driver->open && driver->close && driver->host);
        assert_true(driver->fetch && driver->ask && driver->read);
        assert_true(driver->address_setting && driver->account_setting);
        for (size_t k = 0; k < driver->setting_count; k++) {
            assert_non_null(driver->settings[k].setting);
            assert_true(driver->settings[k].setting->who & BY_EXTRACTOR);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_the_schemes),
        cmocka_unit_test(every_function_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
