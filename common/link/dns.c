#include "common/link/dns.h"

#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"

/* Shared by the loop's thread and the asking one; whoever leaves last frees it. */
struct dns {
    pthread_mutex_t lock;
    pthread_cond_t over;
    bool closed;  /* by dns_free */
    int users;    /* 2, 1, 0 */
    int ready_fd; /* answers are new */
    size_t count;
    struct link_address hosts[DNS_NAMES_MAX];
    struct dns_answer {
        bool fresh;
        size_t count;
        char why[100];
        struct link_address addresses[DNS_ADDRESSES_MAX];
    } * answers; /* one a host; under lock */
    /* the loop's thread only */
    struct loop *loop;
    struct loop_watch *watch;
    dns_fn *fn;
    void *user;
};

static void dns_leave(struct dns *names) /* with the lock; lets it go */
{
    bool last = --names->users == 0;
    pthread_mutex_unlock(&names->lock);
    if (last) {
        pthread_mutex_destroy(&names->lock);
        pthread_cond_destroy(&names->over);
        close(names->ready_fd);
        free(names->answers);
        free(names);
    }
}

static void ask(const struct link_address *host, struct dns_answer *out)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found = NULL;
    int error = getaddrinfo(host->host, host->port, &hints, &found);
    *out = (struct dns_answer){.fresh = true};
    if (error) {
        (void)snprintf(out->why, sizeof out->why, "%s", gai_strerror(error));
        return;
    }
    for (struct addrinfo *at = found; at && out->count < DNS_ADDRESSES_MAX; at = at->ai_next) {
        char ip[64];
        if (getnameinfo(at->ai_addr, at->ai_addrlen, ip, sizeof ip, NULL, 0, NI_NUMERICHOST) == 0 &&
            link_address_of(ip, host->port, &out->addresses[out->count])) {
            out->count++;
        }
    }
    freeaddrinfo(found);
    if (out->count == 0) {
        (void)snprintf(out->why, sizeof out->why, "it has no address that this host can reach");
    }
}

static void *ask_all(void *user)
{
    struct dns *names = user;
    static _Thread_local struct dns_answer answer;
    pthread_mutex_lock(&names->lock);
    while (!names->closed) {
        for (size_t i = 0; i < names->count && !names->closed; i++) {
            pthread_mutex_unlock(&names->lock);
            ask(&names->hosts[i], &answer);
            pthread_mutex_lock(&names->lock);
            names->answers[i] = answer;
        }
        uint64_t one = 1;
        if (write(names->ready_fd, &one, sizeof one) < 0) {
            break; /* can't be: the counter never comes near its end */
        }
        struct timespec until = clock_ahead(CLOCK_MONOTONIC, DNS_AGAIN);
        while (!names->closed && pthread_cond_timedwait(&names->over, &names->lock, &until) == 0) {
        }
    }
    dns_leave(names);
    return NULL;
}

static void answers_ready(void *user, int fd, int events)
{
    (void)events;
    struct dns *names = user;
    uint64_t count;
    if (read(fd, &count, sizeof count) < 0) {
        return;
    }
    for (size_t i = 0; i < names->count; i++) {
        static _Thread_local struct dns_answer answer;
        pthread_mutex_lock(&names->lock);
        answer.fresh = names->answers[i].fresh;
        if (answer.fresh) {
            answer = names->answers[i];
            names->answers[i].fresh = false;
        }
        pthread_mutex_unlock(&names->lock);
        if (answer.fresh) {
            names->fn(names->user, i, answer.addresses, answer.count, answer.why);
        }
    }
}

int dns_new(struct loop *loop, const struct link_address *hosts, size_t count, dns_fn *fn, void *user, struct dns **out)
{
    struct dns *names = calloc(1, sizeof *names);
    if (!names) {
        return ERR_MEMORY;
    }
    pthread_condattr_t monotonic;
    pthread_attr_t detached;
    pthread_t thread;
    *names = (struct dns){.users = 1, .count = count, .loop = loop, .fn = fn, .user = user};
    memcpy(names->hosts, hosts, count * sizeof *hosts);
    pthread_mutex_init(&names->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&names->over, &monotonic);
    pthread_condattr_destroy(&monotonic);
    names->ready_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    names->answers = calloc(count, sizeof *names->answers);
    if (names->answers && names->ready_fd >= 0) {
        names->watch = loop_watch_fd(loop, names->ready_fd, LOOP_READ, answers_ready, names);
    }
    if (names->watch) {
        names->users = 2;
        pthread_attr_init(&detached);
        pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
        int error = pthread_create(&thread, &detached, ask_all, names);
        pthread_attr_destroy(&detached);
        if (error == 0) {
            *out = names;
            return 0;
        }
        names->users = 1;
    }
    dns_free(&names);
    return ERR_MEMORY;
}

void dns_free(struct dns **names)
{
    struct dns *n = *names;
    *names = NULL;
    if (!n) {
        return;
    }
    loop_unwatch(n->loop, &n->watch);
    pthread_mutex_lock(&n->lock);
    n->closed = true;
    pthread_cond_signal(&n->over);
    dns_leave(n);
}
