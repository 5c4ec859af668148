/* The way to a database on another host: verified, or less by an explicit word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/error.h"
#include "common/store/postgres_way.h"
#include "common/store/sql.h"

static void other_hosts_are_verified(void **state)
{
    (void)state;
    static const struct {
        const char *url, *mode, *less;
        bool remote, roots;
    } rows[] = {
        {"postgresql:///db", NULL, "", false, false},
        {"postgresql://u@/db?host=/run/postgresql", NULL, "", false, false},
        {"postgresql://u@localhost/db", NULL, "", false, false},
        {"postgresql://u@127.0.0.1:5433,[::1]/db", NULL, "", false, false},
        {"postgresql://u@127.0.0.1/db?sslmode=disable", NULL, "", false, false},
        {"postgresql://u@db.internal/db", "verify-full", "", true, true},
        {"postgresql://u:p@10.0.0.5:5432/db?connect_timeout=3", "verify-full", "", true, true},
        {"postgresql://u@localhost,db.internal/db", "verify-full", "", true, true},
        {"postgresql://u@localhost/db?hostaddr=10.0.0.5", "verify-full", "", true, true},
        {"postgresql://u@localhost.evil.example/db", "verify-full", "", true, true},
        {"postgresql://u@127.evil.example/db", "verify-full", "", true, true},
        {"postgresql://u@db/db?sslmode=verify-full", NULL, "", true, true},
        {"postgresql://u@db/db?sslmode=verify-full&sslrootcert=/etc/ca.pem", NULL, "", true, false},
        {"postgresql://u@db/db?sslmode=verify-ca", NULL, "verify-ca", true, true},
        {"postgresql://u@db/db?sslmode=require", NULL, "require", true, false},
        {"postgresql://u@db/db?sslmode=prefer", NULL, "prefer", true, false},
        {"postgresql://u@db/db?sslmode=disable", NULL, "disable", true, false},
    };
    unsetenv("PGSSLMODE");
    unsetenv("PGHOST");
    unsetenv("PGHOSTADDR");
    unsetenv("PGSSLROOTCERT");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pg_way way;
        pg_way_find(rows[i].url, &way);
        bool same_mode = rows[i].mode ? way.sslmode && strcmp(way.sslmode, rows[i].mode) == 0 : !way.sslmode;
        if (!same_mode || way.remote != rows[i].remote || strcmp(way.less, rows[i].less) != 0 ||
            (way.sslrootcert != NULL) != rows[i].roots) {
            fail_msg("%s: sslmode %s, less '%s', remote %d, roots %s", rows[i].url, way.sslmode ? way.sslmode : "-",
                     way.less, way.remote, way.sslrootcert ? way.sslrootcert : "-");
        }
    }
    setenv("PGSSLMODE", "require", 1);
    struct pg_way way;
    pg_way_find("postgresql://u@db/db", &way);
    assert_null(way.sslmode);
    assert_string_equal(way.less, "require");
    unsetenv("PGSSLMODE");
}

static void the_cure_names_the_word(void **state)
{
    (void)state;
    const struct pg_way remote = {.remote = true}, here = {.remote = false};
    assert_non_null(
        strstr(pg_way_cure(&remote, "server does not support SSL, but SSL was required"), "sslmode=disable"));
    assert_non_null(strstr(pg_way_cure(&remote, "SSL error: certificate verify failed"), "sslrootcert=FILE"));
    assert_non_null(strstr(pg_way_cure(&remote, "Connection refused"), "is the server up"));
    assert_string_equal(pg_way_cure(&remote, "connect to the server itself, or pool sessions"), "");
    assert_non_null(strstr(pg_way_cure(&here, "no SSL"), "is the server up"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(other_hosts_are_verified),
                                       cmocka_unit_test(the_cure_names_the_word)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
