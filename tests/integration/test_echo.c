/* Servers that repeat the request in their replies, with secrets and token: none of it comes to a log, a report, a reject or
 * the store, raw or percent-encoded. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/world.h"

static const char *program;

/* Longer than what any line is cut to would be unfair; long enough that a cut may fall into it is not. */
#define APP_SECRET "app secret/+%&=Zq-and-so-on-to-the-end-of-it"
#define CLIENT_SECRET "client\"secret\\with/all=&kinds?of#letters-in-one-place"
#define PASSWORD "pass word+plus%41-密码-and-more"
static const char *const secrets[][2] = {
    {"APP_SECRET", APP_SECRET}, {"CLIENT_SECRET", CLIENT_SECRET}, {"PASSWORD", PASSWORD}};

static void open_world(struct world *w, const char *source, const char *target)
{
    const char *source_words[] = {"--shops", "8", "--secret", APP_SECRET, source, source ? "1" : NULL, NULL};
    const char *target_words[] = {"--client_secret",   CLIENT_SECRET, "--password", PASSWORD, "--echo", "1", target,
                                  target ? "1" : NULL, NULL};
    world_open(w, program, source_words, target_words);
    rig_set(&w->rig, "WDT_APP_SECRET", APP_SECRET);
    rig_set(&w->rig, "XINGCHEN_CLIENT_SECRET", CLIENT_SECRET);
    rig_set(&w->rig, "XINGCHEN_PASSWORD", PASSWORD);
    rig_set(&w->rig, "DIANCHEN_LOG", "debug");
}

/* Does `text` hold any eight bytes in a row of the secret, as they stand or percent-encoded? */
static bool holds(const char *text, size_t size, const char *secret)
{
    enum { PIECE = 8 };
    char encoded[PIECE * 3 + 1];
    for (size_t at = 0; at + PIECE <= strlen(secret); at++) {
        size_t length = 0;
        for (size_t i = 0; i < PIECE; i++) {
            unsigned char c = (unsigned char)secret[at + i];
            bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
            length += (size_t)snprintf(encoded + length, sizeof encoded - length, plain ? "%c" : "%%%02X", c);
        }
        if (memmem(text, size, secret + at, PIECE) || memmem(text, size, encoded, length)) {
            return true;
        }
    }
    return false;
}

/* Every file of the rig: what the programs said, and the store. */
static void expect_no_secrets(struct world *w, const char *token)
{
    DIR *folder = opendir(w->rig.folder);
    assert_non_null(folder);
    int files = 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[800];
        snprintf(path, sizeof path, "%s/%s", w->rig.folder, entry->d_name);
        FILE *file = entry->d_type == DT_REG ? fopen(path, "re") : NULL;
        if (file == NULL) {
            continue;
        }
        static char bytes[8 << 20];
        size_t size = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        files++;
        for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
            if (holds(bytes, size, secrets[i][1])) {
                rig_fail("%s holds a piece of %s:\n%.3000s", entry->d_name, secrets[i][0], bytes);
            }
        }
        if (token[0] && holds(bytes, size, token)) {
            rig_fail("%s holds a piece of the token:\n%.3000s", entry->d_name, bytes);
        }
    }
    closedir(folder);
    assert_true(files >= 5);
}

/* The first token that a double gives is always the same: another double tells it. */
static void first_token(struct world *w, char token[100])
{
    char url[WORLD_URL_ROOM], login[WORLD_URL_ROOM * 2];
    static const char *const words[] = {"--client_secret", "plain", "--password", "plain", NULL};
    rig_double(&w->rig, "xingchen-double", words, url, sizeof url);
    snprintf(login, sizeof login,
             "%s/auth/user/access_token?client_id=demo_client_id&client_secret=plain&"
             "username=demo_user&password=plain",
             url);
    cJSON *reply = world_json(rig_http(login, NULL));
    const cJSON *text = cJSON_GetObjectItem(cJSON_GetObjectItem(reply, "data"), "access_token");
    assert_true(cJSON_IsString(text) && strlen(text->valuestring) < 100);
    snprintf(token, 100, "%s", text->valuestring);
    cJSON_Delete(reply);
}

static void test_a_target_that_repeats_the_call(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, NULL, NULL);
    free(COMMAND(&w, 3, "run"));
    char *rejects = COMMAND(&w, 0, "rejects", "list");
    assert_non_null(strstr(rejects, "access_token=***"));
    char *shown = COMMAND(&w, 0, "explain", "S000001");
    assert_non_null(strstr(shown, "***"));
    free(rejects);
    free(shown);
    char token[100];
    first_token(&w, token);
    expect_no_secrets(&w, token);
    rig_close(&w.rig);
}

static void test_a_login_that_repeats_the_call(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, NULL, "--login_fail");
    char *said = COMPLAINT(&w, 1, "run", "--loaders", "3");
    assert_non_null(strstr(said, "client_secret=***"));
    const char *first = strstr(said, "target: the login refused");
    if (first == NULL || strstr(first + 1, "target: the login refused") != NULL) { /* three are refused alike */
        print_error("it should be said once:\n%s\n", said);
        fail();
    }
    free(said);
    free(COMMAND(&w, 1, "check"));
    expect_no_secrets(&w, "");
    rig_close(&w.rig);
}

static void test_a_source_that_repeats_the_call(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, "--echo", NULL);
    char *said = COMPLAINT(&w, 1, "run");
    assert_non_null(strstr(said, "*** and ***"));
    free(said);
    free(COMMAND(&w, 1, "check"));
    expect_no_secrets(&w, "");
    rig_close(&w.rig);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_target_that_repeats_the_call),
        cmocka_unit_test(test_a_login_that_repeats_the_call),
        cmocka_unit_test(test_a_source_that_repeats_the_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
