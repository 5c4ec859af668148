/* Drivers of targets: the registry, what lint knows of it, and that each of them is complete. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/scheme/keys.h"
#include "loader/driver.h"

static void lint_knows_the_same(void **state)
{
    (void)state;
    size_t words = 0, drivers = 0;
    for (; scheme_target_driver_words[words]; words++) {
        assert_non_null(target_driver_find(text_of(scheme_target_driver_words[words])));
    }
    while (target_drivers[drivers]) {
        drivers++;
    }
    assert_int_equal(words, drivers);
    assert_null(target_driver_find(TEXT("nobody")));
    assert_null(target_driver_find(TEXT("")));
}

static void each_is_complete(void **state)
{
    (void)state;
    for (const struct target_driver *const *at = target_drivers; *at; at++) {
        const struct target_driver *d = *at;
        const char *const texts[] = {d->name, d->address_setting, d->account_setting, d->cure_tokens};
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            assert_non_null(texts[i]);
        }
        assert_non_null(d->settings);
        assert_true(d->setting_count > 0);
        assert_true(d->check && d->address && d->account);
        assert_true(d->login_new && d->login_stop && d->login_free && d->login_take && d->login_refused);
        assert_true(d->request && d->read && d->save_call && d->judge && d->saved_ids);
        assert_true(!d->find_one_call == !d->find_read && !d->find_many_call == !d->find_read);
        assert_true(d->list_call && d->list_read && d->record);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lint_knows_the_same), cmocka_unit_test(each_is_complete)};
    return cmocka_run_group_tests_name("target drivers", tests, NULL, NULL);
}
