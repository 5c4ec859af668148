/* Whoever links as a transformer and acknowledges pages of which nothing came into the store closes none of them: the extractor
 * says so, reads them again, and all of it is copied once a real transformer links. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zmq.h>

#include "common/scheme/scheme.h"
#include "common/wire/wire.h"
#include "tests/integration/stages.h"

static const char *program;

enum { SHOPS = 1000, TAKEN = 300 /* records that it has credit for */, PATIENCE = 60000 /* ms */ };

static void say(void *dealer, const struct wire_message *message)
{
    struct buffer frame;
    buffer_init(&frame, WIRE_CONTROL_MAX);
    wire_write(&frame, message);
    assert_int_equal(zmq_send(dealer, frame.data, frame.size, 0), (int)frame.size);
    buffer_fini(&frame);
}

/* The next message of this type; what it says besides its numbers is gone. */
static struct wire_message hear(void *dealer, enum wire_type type)
{
    struct wire_message message;
    do {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        assert_true(zmq_msg_recv(&frame, dealer, 0) > 0);
        assert_int_equal(wire_read((struct text){zmq_msg_data(&frame), zmq_msg_size(&frame)}, &message), 0);
        zmq_msg_close(&frame);
    } while (message.type != type);
    return message;
}

/* Takes what it has credit for, acknowledges each page at once, and leaves when the extractor has said what it thinks of that. */
static void pretend(const struct stages *s, const struct rig_process *extractor, const char *upstream)
{
    struct scheme *scheme;
    struct cause cause;
    char path[400];
    snprintf(path, sizeof path, "%s/schemes/shop-to-material.json", s->rig.folder);
    assert_int_equal(scheme_load(path, &scheme, &cause), 0);
    void *context = zmq_ctx_new(), *dealer = zmq_socket(context, ZMQ_DEALER);
    assert_int_equal(zmq_setsockopt(dealer, ZMQ_RCVTIMEO, &(int){PATIENCE}, sizeof(int)), 0);
    assert_int_equal(zmq_setsockopt(dealer, ZMQ_LINGER, &(int){1000}, sizeof(int)), 0);
    assert_int_equal(zmq_connect(dealer, upstream), 0);
    say(dealer, &(struct wire_message){.type = WIRE_HELLO,
                                       .hello = {.role = ROLE_TRANSFORMER,
                                                 .protocol = WIRE_PROTOCOL,
                                                 .scheme_hash = text_of(scheme->hash),
                                                 .peer_name = TEXT("impostor:1")}});
    (void)hear(dealer, WIRE_WELCOME);
    say(dealer, &(struct wire_message){.type = WIRE_CREDIT, .credit = TAKEN});
    for (size_t rows = 0; rows < TAKEN;) {
        struct wire_message batch = hear(dealer, WIRE_BATCH);
        rows += batch.rows;
        say(dealer, &(struct wire_message){.type = WIRE_ACK, .page = batch.page});
    }
    stages_await(extractor, "\"event\":\"page.unsettled\"", NULL, 0);
    say(dealer, &(struct wire_message){.type = WIRE_BYE});
    zmq_close(dealer);
    zmq_ctx_term(context);
    scheme_free(&scheme);
}

static void pages_that_nobody_wrote_are_read_again(void **state)
{
    (void)state;
    struct stages s;
    char up[STAGES_ADDRESS], down[STAGES_ADDRESS], shops[20];
    snprintf(shops, sizeof shops, "%d", SHOPS);
    stages_open(&s, program, shops);
    struct rig_process *extractor = stages_extractor(&s, up);
    pretend(&s, extractor, up);
    stages_expect(&s, 0);
    struct rig_process *transformer = stages_transformer(&s, up, down);
    struct rig_process *loader = rig_start(&s.rig, "loader", (const char *[]){"--upstream", down, NULL});
    assert_int_equal(rig_wait(&s.rig, extractor, 120), 0);
    stages_expect(&s, SHOPS);
    assert_int_equal(rig_stop(&s.rig, transformer, SIGTERM), 0);
    assert_int_equal(rig_stop(&s.rig, loader, SIGTERM), 0);
    rig_close(&s.rig);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {cmocka_unit_test(pages_that_nobody_wrote_are_read_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
