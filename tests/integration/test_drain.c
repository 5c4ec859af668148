/* A loader that is told to end while it waits for its store: it ends as soon as the store has answered, and cuts nothing; or in
 * time, where the store does not answer. */
#include "tests/integration/stages.h"
#include "tests/unit/store_place.h"

enum {
    END_SECONDS = 3, /* one that is cut takes 5 s */
    CUT_SECONDS = 20 /* the promise is 8; machines are slow */
};

static const char *program;

static void told_to_end_while_it_claims_the_materials(void **state)
{
    bool answered = *(const bool *)*state;
    struct stages s;
    struct place place;
    char command[200];
    place_postgres = true;
    assert_int_equal(place_make(&place), 0);
    stages_open(&s, program, "1");
    rig_set(&s.rig, "DIANCHEN_STORE", place.url);
    assert_int_equal(rig_run(&s.rig, "dianchen", (const char *[]){"run", NULL}, NULL), 0); /* makes the store */
    PGconn *other = PQconnectdb(place_server());
    snprintf(command, sizeof command, "begin; lock table %s.existing_reading in access exclusive mode", place.schema);
    PQclear(PQexec(other, command));
    assert_int_equal(PQtransactionStatus(other), PQTRANS_INTRANS);
    struct rig_process *loader =
        rig_start(&s.rig, "loader", (const char *[]){"--upstream", "tcp://127.0.0.1:1", "--log", "info", NULL});
    stages_await(loader, "loader.login", NULL, 0);
    kill(loader->pid, SIGTERM);
    stages_await(loader, "loader.drains", NULL, 0);
    if (answered) {
        PQfinish(other);
        assert_int_equal(rig_wait(&s.rig, loader, END_SECONDS), 0);
    } else {
        assert_in_range(rig_wait(&s.rig, loader, CUT_SECONDS), 0, 4);
        PQfinish(other);
    }
    char *said = rig_read(loader->err);
    assert_true(!answered || !strstr(said, "loader.cut"));
    free(said);
    rig_close(&s.rig);
    assert_int_equal(place_remove(&place), 0);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    static bool answers[] = {true, false};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(told_to_end_while_it_claims_the_materials, &answers[0]),
        {"told to end while the store does not answer", told_to_end_while_it_claims_the_materials, NULL, NULL,
         &answers[1]},
    };
    return cmocka_run_group_tests_name("drain", tests, NULL, NULL);
}
