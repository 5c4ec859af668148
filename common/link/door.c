#include "common/link/door.h"

#include <stdlib.h>
#include <string.h>

#include "common/observe/metrics.h"

static void door_close(struct door *door)
{
    loop_clear_timer(door->loop, &door->look);
    link_socket_close(door->loop, &door->socket, LINK_LINGER);
    admission_close(&door->admission);
    if (door->shared) {
        door->shared->door = NULL;
    }
    free(door);
}

static int door_open(void *zmq, struct loop *loop, const char *bind, const struct link_identity *self,
                     loop_zmq_fn *came, void (*look)(void *user), struct door **out, struct cause *cause)
{
    struct link_address address;
    int error = link_address_read(text_of(bind), true, &address, cause);
    if (error) {
        return error;
    }
    struct door *door = calloc(1, sizeof *door);
    if (!door) {
        (void)cause_set(cause, ERR_MEMORY, "out of memory for the link");
        return ERR_MEMORY;
    }
    struct link_identity whole = *self;
    if (self->shared) {
        whole.metrics = self->shared->metrics;
    }
    door->loop = loop;
    door->look = (struct loop_timer){.fn = look, .user = door};
    door->ignored = metrics_add(whole.metrics, FAMILY_IGNORED_FRAMES, NULL);
    error = link_socket_open(zmq, ZMQ_ROUTER, strchr(address.endpoint, '[') != NULL, &door->socket);
    if (error) {
        cause_set(cause, error, "%s: no socket for it (%s)", bind, error_text(error));
    } else {
        error = admission_open(&door->admission, zmq, door->socket.zmq, loop, &whole, &address, cause);
    }
    if (!error) {
        error = link_address_bind(door->socket.zmq, bind, &address, door->address, cause);
    }
    if (!error && link_socket_watch(loop, &door->socket, came, door)) {
        error = cause_set(cause, ERR_MEMORY, "out of memory for the link");
    }
    if (error) {
        door_close(door);
        return error;
    }
    door->shared = self->shared;
    *out = door;
    return 0;
}

int door_enter(void *zmq, struct loop *loop, const char *bind, const struct link_identity *self, struct link_out *link,
               loop_zmq_fn *came, void (*look)(void *user), struct door **out, struct cause *cause)
{
    struct door *door = self->shared ? self->shared->door : NULL;
    if (!door) {
        struct scope *before = scope_enter(NULL); /* what comes in is of no scheme yet */
        int error = door_open(zmq, loop, bind, self, came, look, &door, cause);
        scope_now = before;
        if (error) {
            return error;
        }
    }
    if (door->link_count == LINK_SCHEMES) {
        return cause_set(cause, ERR_LIMIT, "%s: more than %d schemes", bind, LINK_SCHEMES);
    }
    if (self->shared) {
        self->shared->door = door;
    }
    door->links[door->link_count++] = link;
    *out = door;
    return 0;
}

void door_leave(struct door *door, const struct link_out *link)
{
    size_t at = 0;
    while (door->links[at] != link) {
        at++;
    }
    door->links[at] = door->links[--door->link_count];
    if (door->link_count == 0) {
        door_close(door);
    }
}
