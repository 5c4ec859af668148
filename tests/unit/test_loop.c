#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "common/loop/loop.h"

enum { PATIENCE = 10000 /* ms until a test that hangs is given up */ };

/* What happened, in order. */
struct scene {
    struct loop *loop;
    struct loop_timer patience;
    char told[64];
    size_t count;
};

static void give_up(void *user)
{
    loop_stop(user, -99);
}

static void tell(struct scene *scene, char what)
{
    assert_true(scene->count < sizeof scene->told - 1);
    scene->told[scene->count++] = what;
}

static int scene_open(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    assert_int_equal(loop_new(&scene->loop), 0);
    scene->patience = (struct loop_timer){.fn = give_up, .user = scene->loop};
    loop_set_after(scene->loop, &scene->patience, PATIENCE);
    *state = scene;
    return 0;
}

static int scene_close(void **state)
{
    struct scene *scene = *state;
    loop_free(&scene->loop);
    assert_null(scene->loop);
    free(scene);
    return 0;
}

/* ---- timers ---- */

struct bell {
    struct loop_timer timer;
    struct scene *scene;
    char name;
};

static void bell_rings(void *user)
{
    struct bell *bell = user;
    assert_true(loop_now(bell->scene->loop).ms >= bell->timer.due.ms);
    tell(bell->scene, bell->name);
    if (bell->name == 'z') {
        loop_stop(bell->scene->loop, 7);
    }
}

static void test_timers_fire_in_order(void **state)
{
    /* Set in this order; the due times (ms from now) decide. 'm' is moved, 'x' is cleared. */
    static const struct {
        char name;
        int due;
    } table[] = {{'c', 12}, {'a', 3}, {'z', 30}, {'x', 5}, {'b', 7}, {'m', 2}, {'d', 16}, {'y', 9}, {'e', 20}};
    struct scene *scene = *state;
    struct bell bells[sizeof table / sizeof table[0]];
    int64_t now = loop_now(scene->loop).ms;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        bells[i] = (struct bell){.scene = scene, .name = table[i].name};
        bells[i].timer.fn = bell_rings;
        bells[i].timer.user = &bells[i];
        loop_set_timer(scene->loop, &bells[i].timer, (struct loop_ms){now + table[i].due});
    }
    loop_set_timer(scene->loop, &bells[5].timer, (struct loop_ms){now + 25});
    loop_clear_timer(scene->loop, &bells[3].timer);
    loop_clear_timer(scene->loop, &bells[3].timer);
    assert_int_equal(loop_run(scene->loop), 7);
    assert_string_equal(scene->told, "abycdemz");
    assert_int_equal(bells[0].timer.slot, 0);
}

struct drum {
    struct loop_timer timer;
    int64_t *last; /* due time of the one before */
    size_t *beats;
};

static void drum_beats(void *user)
{
    struct drum *drum = user;
    assert_true(drum->timer.due.ms >= *drum->last);
    *drum->last = drum->timer.due.ms;
    ++*drum->beats;
}

/* Pseudo-random sets, moves and clears; what is left fires, each once, earliest first. */
static void test_timers_many(void **state)
{
    enum { MANY = 2000 };
    struct scene *scene = *state;
    struct drum *drums = calloc(MANY, sizeof *drums);
    int64_t now = loop_now(scene->loop).ms, last = 0;
    uint32_t dice = 12345;
    size_t expected = MANY, beats = 0;
    assert_non_null(drums);
    for (size_t i = 0; i < MANY; i++) {
        dice = dice * 1664525U + 1013904223U;
        drums[i] = (struct drum){.timer = {.fn = drum_beats, .user = &drums[i]}, .last = &last, .beats = &beats};
        loop_set_timer(scene->loop, &drums[i].timer, (struct loop_ms){now - (int64_t)(dice >> 20)});
    }
    for (size_t i = 0; i < MANY; i += 3) {
        loop_set_timer(scene->loop, &drums[i].timer, (struct loop_ms){now - (int64_t)i});
    }
    for (size_t i = 0; i < MANY; i += 7) {
        loop_clear_timer(scene->loop, &drums[i].timer);
        expected--;
    }
    struct bell end = {.scene = scene, .name = 'z'};
    end.timer.fn = bell_rings;
    end.timer.user = &end;
    loop_set_timer(scene->loop, &end.timer, (struct loop_ms){now + 1});
    assert_int_equal(loop_run(scene->loop), 7);
    assert_int_equal(beats, expected);
    free(drums);
}

static void again(void *user)
{
    struct bell *bell = user;
    tell(bell->scene, bell->name);
    loop_set_after(bell->scene->loop, &bell->timer, 0);
}

static void pipe_ready(void *user, int fd, int events)
{
    (void)fd;
    struct scene *scene = user;
    assert_int_equal(events, LOOP_READ);
    tell(scene, 'p');
    loop_stop(scene->loop, 0);
}

/* A timer that is always due must not starve the descriptors. */
static void test_timer_set_to_now_lets_others_run(void **state)
{
    struct scene *scene = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    struct bell bell = {.scene = scene, .name = 't'};
    bell.timer.fn = again;
    bell.timer.user = &bell;
    loop_set_timer(scene->loop, &bell.timer, (struct loop_ms){0});
    struct loop_watch *watch = loop_watch_fd(scene->loop, ends[0], LOOP_READ, pipe_ready, scene);
    assert_non_null(watch);
    assert_int_equal(loop_run(scene->loop), 0);
    assert_int_equal(scene->told[scene->count - 1], 'p');
    loop_unwatch(scene->loop, &watch);
    assert_null(watch);
    close(ends[0]);
    close(ends[1]);
}

/* ---- descriptors ---- */

struct pair {
    struct scene *scene;
    struct loop_watch *watches[2];
    int ends[2][2];
};

static void first_takes_both(void *user, int fd, int events)
{
    (void)fd, (void)events;
    struct pair *pair = user;
    tell(pair->scene, 'o');
    loop_unwatch(pair->scene->loop, &pair->watches[0]);
    loop_unwatch(pair->scene->loop, &pair->watches[1]);
    loop_stop(pair->scene->loop, 0);
}

/* Both are ready in the same turn; whichever comes first removes itself and the other. */
static void test_callback_removes_itself_and_another(void **state)
{
    struct scene *scene = *state;
    struct pair pair = {.scene = scene};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pipe(pair.ends[i]), 0);
        assert_int_equal(write(pair.ends[i][1], "x", 1), 1);
        pair.watches[i] = loop_watch_fd(scene->loop, pair.ends[i][0], LOOP_READ, first_takes_both, &pair);
        assert_non_null(pair.watches[i]);
    }
    assert_int_equal(loop_run(scene->loop), 0);
    assert_string_equal(scene->told, "o");
    for (int i = 0; i < 2; i++) {
        close(pair.ends[i][0]);
        close(pair.ends[i][1]);
    }
}

static void told_events(void *user, int fd, int events)
{
    (void)fd;
    struct scene *scene = user;
    tell(scene, events == LOOP_READ ? 'r' : events == LOOP_WRITE ? 'w' : 'b');
    loop_stop(scene->loop, 0);
}

static void test_events_asked_for(void **state)
{
    struct scene *scene = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct loop_watch *reader = loop_watch_fd(scene->loop, ends[0], 0, told_events, scene);
    struct loop_watch *writer = loop_watch_fd(scene->loop, ends[1], LOOP_WRITE, told_events, scene);
    assert_non_null(reader);
    assert_non_null(writer);
    assert_int_equal(loop_run(scene->loop), 0);
    loop_change_fd(scene->loop, writer, 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    loop_change_fd(scene->loop, reader, LOOP_READ);
    assert_int_equal(loop_run(scene->loop), 0);
    /* A hang-up is told to who reads, and to nobody when nothing is asked. */
    char byte;
    assert_int_equal(read(ends[0], &byte, 1), 1);
    loop_unwatch(scene->loop, &writer);
    close(ends[1]);
    assert_int_equal(loop_run(scene->loop), 0);
    loop_change_fd(scene->loop, reader, 0);
    struct bell last = {.scene = scene, .name = 'z'};
    last.timer.fn = bell_rings;
    last.timer.user = &last;
    loop_set_after(scene->loop, &last.timer, 5);
    assert_int_equal(loop_run(scene->loop), 7);
    assert_string_equal(scene->told, "wrrz");
    loop_unwatch(scene->loop, &reader);
    close(ends[0]);
}

/* ---- posts ---- */

struct letter {
    struct loop_post post;
    struct scene *scene;
    int number;
};

enum { LETTERS = 5000 };
static int letters_read;

static void letter_read(struct loop_post *post)
{
    struct letter *letter = (struct letter *)post;
    assert_int_equal(letter->number, letters_read);
    letters_read++;
    struct scene *scene = letter->scene;
    free(letter);
    if (letters_read == LETTERS) {
        loop_stop(scene->loop, 3);
    }
}

static void *writer_thread(void *user)
{
    struct scene *scene = user;
    for (int i = 0; i < LETTERS; i++) {
        struct letter *letter = calloc(1, sizeof *letter);
        if (!letter) {
            abort();
        }
        *letter = (struct letter){.post.fn = letter_read, .scene = scene, .number = i};
        loop_post(scene->loop, &letter->post);
    }
    return NULL;
}

static void test_posts_of_a_thread_arrive_in_order(void **state)
{
    struct scene *scene = *state;
    pthread_t thread;
    letters_read = 0;
    assert_int_equal(pthread_create(&thread, NULL, writer_thread, scene), 0);
    assert_int_equal(loop_run(scene->loop), 3);
    pthread_join(thread, NULL);
    assert_int_equal(letters_read, LETTERS);
}

/* ---- ZeroMQ ---- */

struct talk {
    struct scene *scene;
    void *left, *right;
    int told_fd; /* written to when the talk is over */
    struct loop_watch *left_watch, *right_watch;
    int heard;
};

static void right_hears(void *user, void *socket)
{
    struct talk *talk = user;
    char text[8];
    int size = zmq_recv(socket, text, sizeof text, ZMQ_DONTWAIT);
    assert_int_equal(size, 4);
    talk->heard++;
    assert_int_equal(zmq_send(socket, "pong", 4, ZMQ_DONTWAIT), 4);
}

static void left_hears(void *user, void *socket)
{
    struct talk *talk = user;
    char text[8];
    assert_int_equal(zmq_recv(socket, text, sizeof text, ZMQ_DONTWAIT), 4);
    if (talk->heard < 100) {
        assert_int_equal(zmq_send(socket, "ping", 4, ZMQ_DONTWAIT), 4);
        return;
    }
    loop_unwatch(talk->scene->loop, &talk->right_watch);
    loop_unwatch(talk->scene->loop, &talk->left_watch);
    assert_int_equal(write(talk->told_fd, "x", 1), 1);
}

/* Sockets and descriptors are served side by side; both sockets go away inside a callback of one. */
static void test_sockets_beside_descriptors(void **state)
{
    struct scene *scene = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    void *context = zmq_ctx_new();
    assert_non_null(context);
    struct talk talk = {.scene = scene, .told_fd = ends[1]};
    talk.left = zmq_socket(context, ZMQ_PAIR);
    talk.right = zmq_socket(context, ZMQ_PAIR);
    assert_int_equal(zmq_bind(talk.left, "inproc://talk"), 0);
    assert_int_equal(zmq_connect(talk.right, "inproc://talk"), 0);
    talk.left_watch = loop_watch_zmq(scene->loop, talk.left, left_hears, &talk);
    talk.right_watch = loop_watch_zmq(scene->loop, talk.right, right_hears, &talk);
    struct loop_watch *watch = loop_watch_fd(scene->loop, ends[0], LOOP_READ, pipe_ready, scene);
    assert_true(talk.left_watch && talk.right_watch && watch);
    assert_int_equal(zmq_send(talk.left, "ping", 4, 0), 4);
    assert_int_equal(loop_run(scene->loop), 0);
    assert_int_equal(talk.heard, 100);
    assert_null(talk.left_watch);
    assert_string_equal(scene->told, "p");
    loop_unwatch(scene->loop, &watch);
    zmq_close(talk.left);
    zmq_close(talk.right);
    zmq_ctx_term(context);
    close(ends[0]);
    close(ends[1]);
}

/* ---- stopping ---- */

static void test_stop_before_run(void **state)
{
    struct scene *scene = *state;
    loop_stop(scene->loop, 5);
    assert_int_equal(loop_run(scene->loop), 5);
    assert_true(loop_turned(scene->loop).ms > 0);
}

static void drain_once(void *user)
{
    struct scene *scene = user;
    tell(scene, 'd');
    loop_stop(scene->loop, 1);
}

static void drain_and_wait(void *user)
{
    (void)user;
    kill(getpid(), SIGINT);
}

static void test_signals(void **state)
{
    struct scene *scene = *state;
    pid_t child = fork();
    if (child == 0) {
        struct loop *loop = NULL;
        if (loop_new(&loop) != 0 || loop_on_signal(loop, drain_and_wait, NULL) != 0) {
            _exit(99);
        }
        kill(getpid(), SIGTERM);
        _exit(loop_run(loop) == 0 ? 97 : 98);
    }
    int status = 0;
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EXIT_UNFINISHED);

    assert_int_equal(loop_on_signal(scene->loop, drain_once, scene), 0);
    kill(getpid(), SIGTERM);
    assert_int_equal(loop_run(scene->loop), 1);
    assert_string_equal(scene->told, "d");
}

/* Moments end at the limits of the type: a deadline that is far away never becomes one that is over. */
static void test_moments_end_at_the_limits(void **state)
{
    (void)state;
    static const struct {
        int64_t at, ms, sum;
    } rows[] = {
        {5, 7, 12},
        {5, -7, -2},
        {INT64_MAX - 7, 7, INT64_MAX},
        {INT64_MAX - 7, 8, INT64_MAX},
        {INT64_MAX, INT64_MAX, INT64_MAX},
        {7, INT64_MAX, INT64_MAX},
        {INT64_MIN + 7, -7, INT64_MIN},
        {INT64_MIN + 7, -8, INT64_MIN},
        {INT64_MAX, INT64_MIN, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(clock_sum(rows[i].at, rows[i].ms), rows[i].sum);
        assert_int_equal(loop_after((struct loop_ms){rows[i].at}, rows[i].ms).ms, rows[i].sum);
        assert_int_equal(store_after((struct store_ms){rows[i].at}, rows[i].ms).ms, rows[i].sum);
    }
    assert_true(loop_before(loop_after(LOOP_NEVER, -1), loop_after(LOOP_NEVER, 1)));
    assert_false(store_before(store_after(STORE_NEVER, 1), STORE_NEVER));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moments_end_at_the_limits),
        cmocka_unit_test_setup_teardown(test_timers_fire_in_order, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(test_timers_many, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(test_timer_set_to_now_lets_others_run, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(test_callback_removes_itself_and_another, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(test_events_asked_for, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(test_posts_of_a_thread_arrive_in_order, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(test_sockets_beside_descriptors, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(test_stop_before_run, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(test_signals, scene_open, scene_close),
    };
    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
