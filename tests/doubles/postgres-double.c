/* Stands between a program and its PostgreSQL server and loses what matters most: the reply to a COMMIT, or the COMMIT
 * itself. Prints the URL of the way through it. SIGUSR1 makes it kind, SIGUSR2 unkind again; SIGTERM ends it and prints how
 * many it lost. It speaks no TLS, and says so to who asks. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "blob.h"
#include "dice.h"
#include "switches.h"

enum { LINES = 200, NAMES = 8, NAME_ROOM = 64, BLOCK = 64 << 10, HEAD = 5 /* type and length */ };

static struct {
    int64_t seed;
    double lose, cut;
    char server[SWITCH_TEXT_ROOM], behind[SWITCH_TEXT_ROOM];
} set;
static const struct switch_entry table[] = {
    {"server", SWITCH_TEXT, set.server, "", NULL, "the folder of the server's socket .s.PGSQL.5432"},
    {"seed", SWITCH_COUNT, &set.seed, "1", NULL, "of every chance"},
    {"lose", SWITCH_RATE, &set.lose, "0", NULL, "COMMITs that are done, and the connection ends before the reply"},
    {"behind", SWITCH_TEXT, set.behind, "", NULL, "both only of COMMITs behind a statement with this text"},
    {"cut", SWITCH_RATE, &set.cut, "0", NULL, "COMMITs that never arrive: the connection ends before"},
    {0}};

struct way { /* one direction: what came in and is no whole message yet, and what waits to go out */
    struct blob in, out;
};
struct line {
    int client, server; /* -1 = free */
    bool started;       /* the client's first message, which has no type, is through */
    bool lose;          /* the COMMIT under way gets no reply */
    struct way up, down;
    char names[NAMES][NAME_ROOM]; /* prepared statements that matter: their kind, and their name */
    char bound;                   /* the kind that the portal without a name runs, or 0 */
    bool behind;                  /* a statement with the text was run since the last COMMIT */
};
static struct line lines[LINES];
static volatile sig_atomic_t stopping, kindly;
static int64_t commits, lost, cut;

static void on_signal(int number)
{
    stopping = stopping || number == SIGTERM || number == SIGINT;
    kindly = number == SIGUSR1 ? 1 : number == SIGUSR2 ? 0 : kindly;
}

static void line_close(struct line *line)
{
    close(line->client);
    close(line->server);
    blob_fini(&line->up.in);
    blob_fini(&line->up.out);
    blob_fini(&line->down.in);
    blob_fini(&line->down.out);
    *line = (struct line){.client = -1, .server = -1};
}

static bool is_commit(const char *text)
{
    text += strspn(text, " \n");
    size_t length = strncasecmp(text, "commit", 6) == 0 ? 6 : strncasecmp(text, "end", 3) == 0 ? 3 : 0;
    return length > 0 && text[length + strspn(text + length, " ;\n")] == '\0';
}

enum { KIND_NONE, KIND_COMMIT, KIND_TEXT };

static char kind_of(const char *text)
{
    return is_commit(text) ? KIND_COMMIT : set.behind[0] && strstr(text, set.behind) ? KIND_TEXT : KIND_NONE;
}

/* Remembers a prepared statement that matters, and forgets one whose name now means another. */
static void prepared(struct line *line, const char *name, char kind)
{
    int free_one = 0;
    for (int i = 0; i < NAMES; i++) {
        if (line->names[i][0] && strcmp(line->names[i] + 1, name) == 0) {
            line->names[i][0] = KIND_NONE;
        }
        free_one = line->names[i][0] ? free_one : i;
    }
    if (kind) {
        line->names[free_one][0] = kind;
        snprintf(line->names[free_one] + 1, NAME_ROOM - 1, "%s", name);
    }
}

static char named(const struct line *line, const char *name)
{
    for (int i = 0; i < NAMES; i++) {
        if (line->names[i][0] && strcmp(line->names[i] + 1, name) == 0) {
            return line->names[i][0];
        }
    }
    return KIND_NONE;
}

/* A message of the client; false when the connection is to end before it. The body is text that ends with a NUL. */
static bool from_client(struct line *line, char type, const char *body)
{
    char runs = type == 'Q' ? kind_of(body) : type == 'E' ? line->bound : (char)KIND_NONE;
    if (type == 'P') {
        prepared(line, body, kind_of(body + strlen(body) + 1));
    } else if (type == 'B') {
        line->bound = named(line, body + strlen(body) + 1);
    }
    line->behind = line->behind || runs == KIND_TEXT;
    if (runs != KIND_COMMIT) {
        return true;
    }
    bool chosen = line->behind || set.behind[0] == '\0';
    line->behind = false;
    if (!chosen || kindly) {
        return true;
    }
    commits++;
    if (dice_hit(set.cut)) {
        cut++;
        return false;
    }
    line->lose = dice_hit(set.lose);
    return true;
}

/* A message of the server; false when the connection is to end instead. */
static bool from_server(struct line *line, char type, const char *body)
{
    if (line->lose && type == 'C' && strcmp(body, "COMMIT") == 0) {
        lost++;
        return false;
    }
    line->lose = line->lose && type != 'Z';
    return true;
}

/* Bytes of the whole message that stands first, 0 = there is none yet. */
static size_t message_size(const struct blob *in, bool typed)
{
    size_t head = typed ? HEAD : HEAD - 1;
    if (in->length < head) {
        return 0;
    }
    uint32_t length;
    memcpy(&length, in->data + head - 4, 4);
    size_t size = ntohl(length) + (typed ? 1U : 0U);
    return size >= head && in->length >= size ? size : 0;
}

/* SSLRequest or GSSENCRequest: the client asks whether it may encrypt before it says who it is. */
static bool asks_to_encrypt(const struct blob *message, size_t size)
{
    uint32_t code = 0;
    if (size == 8) {
        memcpy(&code, message->data + 4, 4);
    }
    return ntohl(code) == 80877103 || ntohl(code) == 80877104;
}

/* Passes whole messages on; false when the line is to be closed. */
static bool pass(struct line *line, struct way *way, bool up)
{
    size_t at = 0, size;
    bool open = true;
    struct blob rest = {0}, body = {0};
    for (;;) {
        rest = (struct blob){.data = way->in.data + at, .length = way->in.length - at};
        bool typed = !up || line->started;
        size = message_size(&rest, typed);
        if (size == 0) {
            break;
        }
        if (!typed && asks_to_encrypt(&rest, size)) {
            blob_puts(&line->down.out, "N");
            at += size;
            continue;
        }
        if (typed) {
            body.length = 0;
            blob_put(&body, rest.data + HEAD, size - HEAD);
            open = (up ? from_client : from_server)(line, *rest.data, blob_text(&body));
        }
        line->started = true;
        if (!open) {
            break;
        }
        blob_put(&way->out, rest.data, size);
        at += size;
    }
    blob_fini(&body);
    memmove(way->in.data, way->in.data + at, way->in.length - at);
    way->in.length -= at;
    return open;
}

static bool receive(int from, struct blob *in)
{
    blob_reserve(in, BLOCK);
    ssize_t n = recv(from, in->data + in->length, BLOCK, MSG_DONTWAIT);
    in->length += n > 0 ? (size_t)n : 0;
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool deliver(int to, struct blob *out)
{
    ssize_t n = send(to, out->data, out->length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) {
        memmove(out->data, out->data + n, out->length - (size_t)n);
        out->length -= (size_t)n;
    }
    return n >= 0 || errno == EAGAIN || errno == EINTR;
}

static int server_connect(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%.90s/.s.PGSQL.5432", set.server);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void line_open(int listener)
{
    int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    int server = client < 0 ? -1 : server_connect();
    for (size_t i = 0; server >= 0 && i < LINES; i++) {
        if (lines[i].client < 0) {
            lines[i] = (struct line){.client = client, .server = server};
            return;
        }
    }
    if (client >= 0) { /* no server there, or no place: as a server that is down */
        close(client);
    }
    if (server >= 0) {
        close(server);
    }
}

static int listen_on(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, LINES) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
        perror("postgres-double");
        exit(2);
    }
    *port = ntohs(address.sin_port);
    return fd;
}

static void line_turn(struct line *line, short client, short server)
{
    const short in = POLLIN | POLLHUP | POLLERR;
    bool open = true;
    if (client & in) {
        open = receive(line->client, &line->up.in) && pass(line, &line->up, true);
    }
    if (open && (server & in)) {
        open = receive(line->server, &line->down.in) && pass(line, &line->down, false);
    }
    open = open && (line->up.out.length == 0 || deliver(line->server, &line->up.out));
    open = open && (line->down.out.length == 0 || deliver(line->client, &line->down.out));
    if (!open) {
        line_close(line);
    }
}

static void serve(int listener)
{
    struct pollfd fds[1 + 2 * LINES];
    fds[0] = (struct pollfd){listener, POLLIN, 0};
    for (size_t i = 0; i < LINES; i++) {
        const struct line *l = &lines[i];
        fds[1 + 2 * i] = (struct pollfd){l->client, (short)(POLLIN | (l->down.out.length > 0 ? POLLOUT : 0)), 0};
        fds[2 + 2 * i] = (struct pollfd){l->server, (short)(POLLIN | (l->up.out.length > 0 ? POLLOUT : 0)), 0};
    }
    if (poll(fds, 1 + 2 * LINES, 200) <= 0) {
        return;
    }
    for (size_t i = 0; i < LINES; i++) {
        if (lines[i].client >= 0 && (fds[1 + 2 * i].revents || fds[2 + 2 * i].revents)) {
            line_turn(&lines[i], fds[1 + 2 * i].revents, fds[2 + 2 * i].revents);
        }
    }
    if (fds[0].revents) {
        line_open(listener);
    }
}

int main(int argc, char **argv)
{
    int port = 0;
    switches_init(table);
    switches_read(argc, argv, "Stands before a PostgreSQL server, and loses COMMITs and replies to them.");
    if (!*set.server) {
        fputs("postgres-double: --server FOLDER: which server?\n", stderr);
        return 2;
    }
    dice_seed((uint64_t)set.seed);
    static const int signals[] = {SIGTERM, SIGINT, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction action = {.sa_handler = on_signal};
        sigaction(signals[i], &action, NULL);
    }
    for (size_t i = 0; i < LINES; i++) {
        lines[i].client = lines[i].server = -1;
    }
    int listener = listen_on(&port);
    printf("postgresql://postgres@127.0.0.1:%d/postgres?sslmode=disable&gssencmode=disable\n", port);
    fflush(stdout);
    while (!stopping) {
        serve(listener);
    }
    printf("commits %lld, replies lost %lld, cut before %lld\n", (long long)commits, (long long)lost, (long long)cut);
    return 0;
}
