/* Commands that only look: they change nothing, show no password, neither in what they say nor in ps, and fail aloud where
 * they can't say all. */
#include <ctype.h>
#include <dirent.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "tests/integration/world.h"
#include "tests/unit/store_place.h"

#define PASSWORD "hunter2-in-words"
#define SAID "hunter3-in-words" /* put there by this test: another run of it must not find its own */

static const char *program;
static struct world world;
static struct place place;

static int make(void **state)
{
    (void)state;
    return place_make(&place);
}

static int unmake(void **state)
{
    (void)state;
    rig_close(&world.rig);
    return place_remove(&place);
}

/* A statement on the store in the rig's folder. */
static void change_store(const char *text)
{
    char path[400];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/dianchen.db", world.rig.folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    char *why = NULL;
    if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK) {
        fail_msg("%s: %s", text, why);
    }
    sqlite3_close(db);
}

static void check_makes_no_store(void **state)
{
    (void)state;
    world_open(&world, program, SHOPS(5), PLAIN);
    char url[500], folder[400];
    snprintf(folder, sizeof folder, "%s/fresh", world.rig.folder);
    snprintf(url, sizeof url, "sqlite:%s/s.db", folder);
    rig_set(&world.rig, "DIANCHEN_STORE", url);
    char *text = COMMAND(&world, 0, "check");
    assert_non_null(strstr(text, "ok    store: "));
    assert_non_null(strstr(text, "not there yet"));
    free(text);
    struct stat st;
    assert_int_equal(stat(folder, &st), -1);
    snprintf(url, sizeof url, "sqlite:%s/one/two/s.db", folder);
    rig_set(&world.rig, "DIANCHEN_STORE", url);
    text = COMMAND(&world, 2, "check");
    assert_non_null(strstr(text, "FAIL  store: "));
    free(text);
}

static void check_leaves_an_old_store_as_it_is(void **state)
{
    (void)state;
    world_open(&world, program, SHOPS(5), PLAIN);
    rig_store(&world.rig, "dianchen.db");
    free(COMMAND(&world, 0, "run"));
    change_store("update meta set value = '1' where name = 'schema'");
    char *text = COMMAND(&world, 0, "check");
    assert_non_null(strstr(text, "brings it up to date"));
    free(text);
    change_store("create table proof as select 1 / (value = '1') as ok from meta where name = 'schema'");
    char copy[400];
    struct stat st;
    snprintf(copy, sizeof copy, "%s/dianchen.db.schema1", world.rig.folder);
    assert_int_equal(stat(copy, &st), -1);
}

/* The words of any process on this machine that hold the password, or NULL. */
static const char *words_of_a_process(void)
{
    static char words[8192];
    DIR *folder = opendir("/proc");
    assert_non_null(folder);
    const char *found = NULL;
    for (const struct dirent *entry; !found && (entry = readdir(folder)) != NULL;) {
        char path[300];
        if (!isdigit((unsigned char)entry->d_name[0])) {
            continue;
        }
        snprintf(path, sizeof path, "/proc/%.20s/cmdline", entry->d_name);
        FILE *file = fopen(path, "r");
        size_t size = file ? fread(words, 1, sizeof words - 1, file) : 0;
        if (file) {
            fclose(file);
        }
        words[size] = '\0';
        for (size_t i = 0; i < size; i++) {
            words[i] = words[i] ? words[i] : ' ';
        }
        found = strstr(words, PASSWORD) ? words : NULL;
    }
    closedir(folder);
    return found;
}

static void no_password_in_words_or_output(void **state)
{
    (void)state;
    world_open(&world, program, ((const char *[]){"--shops", "120", "--slow_ms", "150", NULL}),
               ((const char *[]){"--slow_ms", "150", "--reject_numbers", "S000003", NULL}));
    /* postgresql://postgres@/… becomes postgresql://postgres:PASSWORD@/… */
    char url[500];
    const char *at = strchr(place.url, '@');
    assert_non_null(at);
    snprintf(url, sizeof url, "%.*s:" PASSWORD "%s", (int)(at - place.url), place.url, at);
    rig_set(&world.rig, "DIANCHEN_STORE", url);
    rig_set(&world.rig, "DIANCHEN_LOG", "debug");
    static const struct {
        const char *words[4];
        int exit_code;
    } rows[] = {
        {{"check"}, 0},
        {{"lookup", "units"}, 0},
        {{"preview"}, 0},
        {{"run", "--dry-run"}, 0},
        {{"run"}, 3},
        {{"rejects", "replay", "--all"}, 3},
        {{"status"}, 0},
        {{"report", "--json"}, 3},
        {{"report", "--html"}, 3},
        {{"rejects", "list"}, 0},
        {{"explain", "S000001"}, 0},
        {{"store", "backup", "x.db"}, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rig_process *p = rig_start(&world.rig, "dianchen", rows[i].words);
        while (!rig_ended(p)) {
            const char *words = words_of_a_process();
            if (words) {
                fail_msg("dianchen %s: these words show in ps: %s", rows[i].words[0], words);
            }
            rig_pause(3);
        }
        int code = rig_wait(&world.rig, p, 60);
        char *out = rig_read(p->out), *err = rig_read(p->err);
        if (code != rows[i].exit_code || strstr(out, PASSWORD) || strstr(err, PASSWORD)) {
            fail_msg("dianchen %s: exit code %d: %s%s", rows[i].words[0], code, out, err);
        }
        free(out);
        free(err);
    }
}

static void a_password_among_the_words_is_refused(void **state)
{
    (void)state;
    static const char *const rows[][5] = {
        {"status", "--store", "postgresql://me:" SAID "@host/db"},
        {"run", "--store=postgresql://host/db?password=" SAID},
        {"store", "copy", "sqlite:x.db", "postgresql://me:" SAID "@host/db"},
    };
    world_open(&world, program, SHOPS(1), PLAIN);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *told = world_command(&world, 2, true, rows[i]);
        if (!strstr(told, "PGPASSWORD") || strstr(told, SAID)) {
            fail_msg("%s: %s", rows[i][0], told);
        }
        free(told);
    }
}

/* What stands in the target before us: refused as the scheme is shipped, else as it says. */
static void what_stands_there_is_changed_only_where_the_scheme_says_so(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        int exit_code, rejected, updated, unchanged;
    } rows[] = {
        {"reject", 3, 10, 0, 0},
        {"adopt", 0, 0, 10, 0},
        {"skip", 0, 0, 0, 10},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char word[60];
        world_open(&world, program, SHOPS(30), ((const char *[]){"--book", "10", NULL}));
        snprintf(word, sizeof word, "\"existing\": \"%s\"", rows[i].word);
        rig_scheme(&world.rig, "\"existing\": \"reject\"", word);
        rig_store(&world.rig, "dianchen.db");
        for (int turn = 0; turn < 2; turn++) {
            cJSON *report = world_json(COMMAND(&world, rows[i].exit_code, "run", "--json"));
            assert_int_equal(rig_number(report, "created"), turn == 0 ? 20 : 0);
            assert_int_equal(rig_number(report, "rejected"), rows[i].rejected);
            assert_int_equal(rig_number(report, "updated"), turn == 0 ? rows[i].updated : 0);
            assert_int_equal(rig_number(report, "unchanged"), turn == 0 ? rows[i].unchanged : 30 - rows[i].rejected);
            cJSON_Delete(report);
        }
        assert_int_equal(target_number(&world, "updates"), rows[i].updated);
        assert_int_equal(target_number(&world, "materials"), 30);
        rig_close(&world.rig);
    }
    world_open(&world, program, SHOPS(1), PLAIN); /* closed by unmake */
}

/* What a person sees before the first run: what would change, before and after; ids that the target does not have. */
static void preview_shows_what_would_change(void **state)
{
    (void)state;
    world_open(&world, program, SHOPS(8), ((const char *[]){"--book", "2", NULL}));
    char *text = COMMAND(&world, 0, "preview", "-n", "3");
    assert_non_null(strstr(text, "stands there already, id "));
    assert_non_null(strstr(text, "existing: reject"));
    assert_non_null(strstr(text, "    name "));
    assert_non_null(strstr(text, " -> "));
    assert_non_null(strstr(text, "nothing stands there under this number: it is created"));
    free(text);
    /* A program is told the same, unless it asks for the mapping alone. */
    cJSON *tree = world_json(COMMAND(&world, 0, "preview", "-n", "3", "--json"));
    const cJSON *records = cJSON_GetObjectItem(tree, "records");
    const cJSON *known = cJSON_GetArrayItem(records, 0), *unknown = cJSON_GetArrayItem(records, 2);
    const cJSON *field = cJSON_GetArrayItem(cJSON_GetObjectItem(known, "fields"), 0);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(known, "stands")));
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(field, "name")), "name");
    assert_string_not_equal(cJSON_GetStringValue(cJSON_GetObjectItem(field, "before")),
                            cJSON_GetStringValue(cJSON_GetObjectItem(field, "after")));
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(unknown, "stands")));
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(unknown, "fields")), 0);
    cJSON_Delete(tree);
    free(rig_ask(world.target, "reset_counters", ""));
    tree = world_json(COMMAND(&world, 0, "preview", "-n", "3", "--json", "--no-target"));
    assert_null(cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(tree, "records"), 0), "stands"));
    cJSON_Delete(tree);
    assert_int_equal(target_number(&world, "lists"), 0);
    assert_int_equal(target_number(&world, "logins"), 0);
    assert_int_equal(target_number(&world, "saves"), 0);
    assert_int_equal(target_number(&world, "updates"), 0);
    /* Without the target the rest is shown all the same. */
    rig_set(&world.rig, "XINGCHEN_PASSWORD", "");
    text = COMMAND(&world, 0, "preview", "-n", "3");
    assert_non_null(strstr(text, "  payload"));
    assert_null(strstr(text, "stands there already"));
    free(text);
    tree = world_json(COMMAND(&world, 0, "preview", "-n", "3", "--json"));
    known = cJSON_GetArrayItem(cJSON_GetObjectItem(tree, "records"), 0);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(known, "stands")));
    cJSON_Delete(tree);
}

static void a_dry_run_lists_what_would_change(void **state)
{
    (void)state;
    world_open(&world, program, SHOPS(30), ((const char *[]){"--book", "2", NULL}));
    rig_scheme(&world.rig, "\"existing\": \"reject\"", "\"existing\": \"adopt\"");
    rig_store(&world.rig, "dianchen.db");
    free(COMMAND(&world, 0, "run", "--limit", "10"));
    int64_t saves = target_number(&world, "saves");
    free(rig_ask(world.source, "edit?shop_no=S000003&shop_name=another", ""));
    free(rig_ask(world.source, "edit?shop_no=S000005&shop_name=and_this", ""));
    char *text = COMMAND(&world, 0, "run", "--dry-run", "--loaders", "2");
    static const char *const told[] = {"S000003\n  target: stands there already", "-> another\n", "S000005\n",
                                       "-> and_this\n"};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        if (!strstr(text, told[i])) {
            fail_msg("%s is not told in: %s", told[i], text);
        }
    }
    const char *created = strstr(text, "what would be created"), *changed = strstr(text, "what would be changed");
    const char *first = strstr(text, "  S000011"), *last = strstr(text, "  S000030"); /* several in a line */
    assert_true(created && first > created && last > created && changed > first && changed > last);
    assert_null(strstr(text, "S000004"));
    free(text);
    assert_int_equal(target_number(&world, "saves"), saves);
    cJSON *report = world_json(COMMAND(&world, 0, "run", "--dry-run", "--json"));
    assert_int_equal(rig_number(report, "updated"), 2);
    assert_int_equal(rig_number(report, "created"), 20);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(report, "changes")), 2);
    const cJSON *creates = cJSON_GetObjectItem(report, "creates");
    assert_int_equal(cJSON_GetArraySize(creates), 20);
    const cJSON *field = cJSON_GetArrayItem(cJSON_GetObjectItem(cJSON_GetArrayItem(creates, 0), "fields"), 0);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(field, "name")), "name");
    cJSON_Delete(report);
    /* Neither this nor the run itself takes the store for one that was put back. */
    text = COMPLAINT(&world, 0, "run", "--dry-run");
    assert_null(strstr(text, "store.restored"));
    free(text);
    text = COMPLAINT(&world, 0, "run");
    assert_null(strstr(text, "store.restored"));
    free(text);
}

static void ids_that_are_not_there_are_told(void **state)
{
    (void)state;
    /* Slow, so that the source's empty page is done before the loader knows. */
    world_open(&world, program, SHOPS(3), ((const char *[]){"--slow_ms", "200", NULL}));
    rig_store(&world.rig, "dianchen.db");
    free(COMMAND(&world, 0, "check"));
    rig_set(&world.rig, "XINGCHEN_UNIT_ID", "987654");
    char *text = COMMAND(&world, 2, "check");
    assert_non_null(
        strstr(text, "XINGCHEN_UNIT_ID is '987654', which the target does not have; dianchen lookup units"));
    free(text);
    text = COMMAND(&world, 0, "preview");
    assert_non_null(strstr(text, "'987654' is none of the target's units"));
    free(text);
    /* At the start of a run: nothing is saved, no reject for each record, nothing stays open. */
    text = COMPLAINT(&world, 2, "run");
    assert_non_null(strstr(text, "XINGCHEN_UNIT_ID is '987654', which is none of the target's units"));
    free(text);
    assert_int_equal(target_number(&world, "saves"), 0);
    rig_set(&world.rig, "XINGCHEN_UNIT_ID", "1");
    cJSON *report = world_json(COMMAND(&world, 0, "run", "--json", "--limit", "2"));
    assert_int_equal(rig_number(report, "created"), 2);
    cJSON_Delete(report);
}

/* No book is without units: an empty list says what this user is shown, not what is there. */
static void an_empty_list_of_ids_proves_nothing(void **state)
{
    (void)state;
    world_open(&world, program, SHOPS(3), ((const char *[]){"--no_units", "1", NULL}));
    rig_store(&world.rig, "dianchen.db");
    free(COMMAND(&world, 0, "check"));
    cJSON *report = world_json(COMMAND(&world, 0, "run", "--json"));
    assert_int_equal(rig_number(report, "created"), 3);
    cJSON_Delete(report);
}

/* A reject whose payload is more than a reply may be. */
static void too_much_json_is_an_error(void **state)
{
    (void)state;
    world_open(&world, program, SHOPS(5), ((const char *[]){"--reject_numbers", "S000003", NULL}));
    rig_store(&world.rig, "dianchen.db");
    free(COMMAND(&world, 3, "run"));
    change_store("update reject set payload = '\"' || replace(hex(zeroblob(36000000)), '0', 'x') || '\"'");
    char *text = COMPLAINT(&world, 1, "rejects", "show", "S000003", "--json");
    assert_non_null(strstr(text, "64 MiB"));
    free(text);
    text = world_command(&world, 0, false, (const char *[]){"rejects", "list", "--json", NULL});
    cJSON_Delete(world_json(text));
}

/* Whatever stands in the store, JSON is JSON. */
static void rejects_as_json_are_always_json(void **state)
{
    (void)state;
    static const struct {
        const char *change, *member, *text, *hex;
    } rows[] = {
        {"update reject set payload = '{\"a\":'", "payload", "{\"a\":", NULL},
        {"update reject set source = cast(x'7b2261223a2231ff227d' as text)", "source", "{\"a\":\"1\xef\xbf\xbd\"}",
         "7b2261223a2231ff227d"},
        {"update reject set message = cast(x'62c328' as text)", "message", "b\xef\xbf\xbd(", "62c328"},
        {"update reject set payload = '{\"a\":NaN} extra'", "payload", "{\"a\":NaN} extra", NULL},
    };
    world_open(&world, program, SHOPS(5), ((const char *[]){"--reject_numbers", "S000003", NULL}));
    rig_store(&world.rig, "dianchen.db");
    free(COMMAND(&world, 3, "run"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        change_store(rows[i].change);
        char hex[40];
        cJSON *json = world_json(COMMAND(&world, 0, "rejects", "show", "S000003", "--json"));
        snprintf(hex, sizeof hex, "%s_hex", rows[i].member);
        assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(json, rows[i].member)), rows[i].text);
        const char *bytes = cJSON_GetStringValue(cJSON_GetObjectItem(json, hex));
        assert_true(rows[i].hex ? bytes && strcmp(bytes, rows[i].hex) == 0 : bytes == NULL);
        cJSON_Delete(json);
        cJSON_Delete(world_json(COMMAND(&world, 0, "rejects", "list", "--json")));
    }
}

/* The page of a report holds names: it is the owner's alone, and goes where it was told, or nowhere. */
static void a_report_page_is_private_and_whole(void **state)
{
    (void)state;
    world_open(&world, program, SHOPS(5), PLAIN);
    rig_store(&world.rig, "dianchen.db");
    free(COMMAND(&world, 0, "run"));
    char page[400], link[400], secret[400];
    snprintf(page, sizeof page, "%s/page.html", world.rig.folder);
    snprintf(link, sizeof link, "%s/link.html", world.rig.folder);
    snprintf(secret, sizeof secret, "%s/other.txt", world.rig.folder);
    FILE *file = fopen(secret, "w");
    assert_non_null(file);
    assert_true(fputs("untouched", file) >= 0);
    assert_int_equal(fclose(file), 0);
    for (int turn = 0; turn < 2; turn++) { /* anew, and over what stands there */
        free(COMMAND(&world, 0, "report", "--html", page));
        struct stat st;
        assert_int_equal(stat(page, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        char *text = rig_read(page);
        assert_non_null(strstr(text, "</html>"));
        free(text);
        assert_int_equal(chmod(page, 0644), 0);
    }
    assert_int_equal(symlink(secret, link), 0);
    char *told = COMPLAINT(&world, 1, "report", "--html", link);
    assert_non_null(strstr(told, "is a link"));
    free(told);
    told = rig_read(secret);
    assert_string_equal(told, "untouched");
    free(told);
    free(COMPLAINT(&world, 1, "report", "--html", "/dev/full"));
    free(COMPLAINT(&world, 1, "report", "--html", "/proc/none/page.html"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int main(int argc, char **argv)
{
    (void)argc;
    place_postgres = true;
    program = argv[0];
    const struct CMUnitTest tests[] = {
        CASE(check_makes_no_store),
        CASE(check_leaves_an_old_store_as_it_is),
        CASE(no_password_in_words_or_output),
        CASE(what_stands_there_is_changed_only_where_the_scheme_says_so),
        CASE(a_password_among_the_words_is_refused),
        CASE(preview_shows_what_would_change),
        CASE(a_dry_run_lists_what_would_change),
        CASE(ids_that_are_not_there_are_told),
        CASE(an_empty_list_of_ids_proves_nothing),
        CASE(too_much_json_is_an_error),
        CASE(rejects_as_json_are_always_json),
        CASE(a_report_page_is_private_and_whole),
    };
    return cmocka_run_group_tests_name("harmless", tests, NULL, NULL);
}
