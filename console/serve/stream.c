#include "console/serve/stream.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "console/api/status.h"
#include "console/console.h"
#include "console/serve/guard.h"
#include "console/serve/reply.h"
#include "console/serve/said.h"

enum { BLOCK = 16 << 10, LOOK_EVERY = 1000, SLEEP = 100, SIGN_OF_LIFE = 10000, PUSHED_MAX = 4 << 20 };

struct stream {
    struct console *console;
    char session[TOKEN_SIZE + 1], hash[TOKEN_HASH + 1]; /* whose it is: a browser's, or a token's */
    bool chinese;
    struct buffer pending, status, live; /* what is to go out; and what went out last */
    size_t sent;                         /* of pending */
    int64_t looked, said;
};

static int status_look(struct store *store, void *user)
{
    return status_put(store, user);
}

/* Queues an event where the text is another than last time; *last is the text then. */
static void event_add(struct stream *stream, const char *event, struct buffer *fresh, struct buffer *last)
{
    if (fresh->failed || text_equal(buffer_text(fresh), buffer_text(last))) {
        return;
    }
    buffer_format(&stream->pending, "event: %s\ndata: ", event);
    buffer_add_text(&stream->pending, buffer_text(fresh));
    buffer_add_text(&stream->pending, TEXT("\n\n"));
    buffer_clear(last, PUSHED_MAX);
    buffer_add_text(last, buffer_text(fresh));
}

/* What flows, and in the caller's language what limits it. */
static void live_said(const struct stream *stream, struct buffer *out)
{
    struct buffer line;
    struct arena arena;
    const cJSON *tree = NULL;
    if (!stream->chinese) {
        live_take(stream->console->live, out);
        return;
    }
    arena_init(&arena, PUSHED_MAX);
    buffer_init(&line, PUSHED_MAX);
    live_take(stream->console->live, &line);
    if (json_parse(&arena, buffer_text(&line), PUSHED_MAX, JSON_STRICT, &tree, NULL) == 0) {
        put_tree_said(out, tree, true);
    }
    buffer_fini(&line);
    arena_fini(&arena);
}

static bool look(struct stream *stream)
{
    struct cause cause;
    struct buffer fresh;
    if (!guard_still(stream->console, text_of(stream->session), stream->hash)) {
        return false;
    }
    buffer_init(&fresh, PUSHED_MAX);
    if (stores_use(stream->console->stores, false, status_look,
                   &(struct status){stream->console, &fresh, stream->chinese}, &cause) == 0) {
        event_add(stream, "status", &fresh, &stream->status);
    }
    buffer_clear(&fresh, PUSHED_MAX);
    live_said(stream, &fresh);
    event_add(stream, "live", &fresh, &stream->live);
    buffer_fini(&fresh);
    return true;
}

/* Waits, on the connection's own thread, until there is something to say. */
static ssize_t stream_read(void *user, uint64_t position, char *out, size_t room)
{
    (void)position;
    struct stream *stream = user;
    while (stream->sent == stream->pending.size) {
        int64_t now = clock_ms();
        if (atomic_load(&stream->console->stopping)) {
            return MHD_CONTENT_READER_END_OF_STREAM;
        }
        buffer_clear(&stream->pending, BLOCK);
        stream->sent = 0;
        if (now - stream->looked >= LOOK_EVERY) {
            stream->looked = now;
            if (!look(stream)) {
                return MHD_CONTENT_READER_END_OF_STREAM;
            }
        }
        if (stream->pending.size == 0 && now - stream->said >= SIGN_OF_LIFE) {
            buffer_add_text(&stream->pending, TEXT(": here\n\n"));
        }
        if (stream->pending.size == 0) {
            (void)poll(NULL, 0, SLEEP);
        } else {
            stream->said = now;
        }
    }
    size_t left = stream->pending.size - stream->sent, size = left < room ? left : room;
    memcpy(out, stream->pending.data + stream->sent, size);
    stream->sent += size;
    return (ssize_t)size;
}

static void stream_over(void *user)
{
    struct stream *stream = user;
    live_watch(stream->console->live, false);
    atomic_fetch_sub(&stream->console->streams, 1);
    buffer_fini(&stream->pending);
    buffer_fini(&stream->status);
    buffer_fini(&stream->live);
    free(stream);
}

enum MHD_Result stream_send(struct MHD_Connection *connection, struct api_request *request, struct api_answer *answer)
{
    struct console *console = request->console;
    struct stream *stream = NULL;
    if (atomic_fetch_add(&console->streams, 1) < CONSOLE_STREAMS) {
        stream = calloc(1, sizeof *stream);
    }
    if (!stream) {
        atomic_fetch_sub(&console->streams, 1);
        (void)answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "busy", "%d streams are open already",
                             (int)CONSOLE_STREAMS);
        answer->retry_after = 5;
        return answer_send(connection, answer);
    }
    stream->console = console;
    stream->chinese = request->chinese;
    (void)snprintf(stream->session, sizeof stream->session, "%.*s", TEXT_ARG(request->session));
    memcpy(stream->hash, request->visitor->hash, sizeof stream->hash);
    buffer_init(&stream->pending, (size_t)2 * PUSHED_MAX);
    buffer_init(&stream->status, PUSHED_MAX);
    buffer_init(&stream->live, PUSHED_MAX);
    live_watch(console->live, true);
    stream->said = clock_ms();
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, stream_read, stream, stream_over);
    if (!response) {
        stream_over(stream);
        return MHD_NO;
    }
    reply_headers(response, false);
    (void)MHD_add_response_header(response, "Content-Type", "text/event-stream");
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}
