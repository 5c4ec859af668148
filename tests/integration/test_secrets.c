/* No secret leaves the programs: the look for them finds every form, and a debug run in which much goes wrong shows none.
 * Every other test that stands on the rig is looked through in the same way when it closes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/rig.h"
#include "tests/integration/rig_secrets.h"

static const char *program;

static void test_forms(void **state)
{
    (void)state;
    static const char *const found[] = {
        "{\"why\":\"rig+source/secret=1\"}",
        "client_secret=rig%2Btarget%2Fsecret%3D2&",
        "client_secret=rig%2btarget%2fsecret%3d2&",
        "token SECRET-TOKEN-0123",
        "\"refresh_token\":\"SECRET-S000001-refresh\"",
        "x'7269672b70617373776f72642f6f663d33'",
        "7269672B70617373776F72642F6F663D33",
        "cmlnK3Bhc3N3b3JkL29mPTM=",     /* rig+password/of=3 */
        "eHJpZytwYXNzd29yZC9vZj0zeQ==", /* xrig+password/of=3y */
        "eHhyaWcrcGFzc3dvcmQvb2Y9Mw==", /* xxrig+password/of=3 */
        "app_keydemo_app_keyformatjsonmethod",
    };
    static const char *const innocent[] = {"",
                                           "rig source/secret",
                                           "https://host/router/qm?app_key=demo_app_key&format=json",
                                           "rig+password",
                                           "S000001",
                                           "SECRET"};
    for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
        if (rig_secret_in(found[i], strlen(found[i])) == NULL) {
            fail_msg("not found in %s", found[i]);
        }
    }
    for (size_t i = 0; i < sizeof innocent / sizeof *innocent; i++) {
        assert_null(rig_secret_in(innocent[i], strlen(innocent[i])));
    }
}

static void run(struct rig *rig, int exit_code, const char *const *words)
{
    struct rig_process *process = NULL;
    int code = rig_run(rig, "dianchen", words, &process);
    if (code != exit_code) {
        char *err = rig_read(process->err);
        fail_msg("dianchen %s: exit code %d, not %d: %s", words[0], code, exit_code, err);
    }
}
#define RUN(rig, exit_code, ...) run(rig, exit_code, (const char *[]){__VA_ARGS__, NULL})

static void test_debug_run(void **state)
{
    (void)state;
    struct rig rig;
    char source[300];
    char target[300];
    rig_open(&rig, program);
    rig_double(&rig, "wdt-double",
               (const char *[]){"--shops", "120", "--unavailable", "0.1", "--not_json", "0.1", NULL}, source,
               sizeof source);
    rig_double(&rig, "xingchen-double",
               (const char *[]){"--token_uses", "5", "--reject_numbers", "S000003,S000100", "--truncate", "0.1",
                                "--http502", "0.1", "--faults_on", "saves", NULL},
               target, sizeof target);
    rig_credentials(&rig, source, target);
    rig_scheme(&rig, NULL, NULL);
    rig_store(&rig, "dianchen.db");
    rig_set(&rig, "DIANCHEN_LOG", "debug");
    rig_set(&rig, "TARGET_TIMEOUT", "500ms");
    rig_set(&rig, "TARGET_LATE", "100ms");
    rig_set(&rig, "TARGET_VISIBLE", "100ms");
    RUN(&rig, 0, "check");
    RUN(&rig, 0, "preview");
    RUN(&rig, 3, "run");
    RUN(&rig, 0, "explain", "S000003");
    RUN(&rig, 0, "rejects", "show", "S000003");
    RUN(&rig, 3, "report");
    RUN(&rig, 0, "lookup", "materials", "S000001");
    free(rig_ask(target, "forget_tokens", ""));
    RUN(&rig, 3, "run");
    rig_set(&rig, "XINGCHEN_PASSWORD", "wrong" RIG_PASSWORD);
    free(rig_ask(target, "forget_tokens", ""));
    RUN(&rig, 1, "check");
    cJSON *report = rig_ask_json(target, "report");
    assert_true(rig_number(report, "logins") > 3); /* so there were tokens to keep */
    assert_int_equal(rig_number(report, "secrets_seen"), 0);
    cJSON_Delete(report);
    rig_close(&rig);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_debug_run),
    };
    return cmocka_run_group_tests_name("secrets", tests, NULL, NULL);
}
