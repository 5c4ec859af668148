#include "ctl/top/near.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SOCKETS_MAX = 4096, PLACES_MAX = 256, LINE_ROOM = 512, PATH_ROOM = 300 };

struct places {
    char *out;
    size_t room, count;
    unsigned ports[PLACES_MAX];
};

/* ---- sockets of a process ---- */

static bool is_number(const char *name)
{
    return name[0] != '\0' && name[strspn(name, "0123456789")] == '\0';
}

static bool is_stage(const char *process)
{
    static const char *const stages[] = {"extractor", "transformer", "loader"};
    char path[PATH_ROOM], name[64] = "";
    (void)snprintf(path, sizeof path, "/proc/%s/comm", process);
    FILE *file = fopen(path, "re");
    if (!file) {
        return false;
    }
    bool read = fgets(name, sizeof name, file) != NULL;
    (void)fclose(file);
    name[strcspn(name, "\n")] = '\0';
    bool found = false;
    for (size_t i = 0; read && i < sizeof stages / sizeof *stages; i++) {
        found = found || strcmp(name, stages[i]) == 0;
    }
    return found;
}

/* Inodes of its sockets. Another user's can't be read: then there are none. */
static size_t sockets_read(const char *process, uint64_t *out)
{
    char path[PATH_ROOM], link[80];
    size_t count = 0;
    (void)snprintf(path, sizeof path, "/proc/%s/fd", process);
    DIR *folder = opendir(path);
    for (const struct dirent *one; folder && count < SOCKETS_MAX && (one = readdir(folder)) != NULL;) {
        ssize_t size = readlinkat(dirfd(folder), one->d_name, link, sizeof link - 1);
        if (size > 8 && strncmp(link, "socket:[", 8) == 0) {
            link[size] = '\0';
            out[count++] = strtoull(link + 8, NULL, 10);
        }
    }
    if (folder) {
        (void)closedir(folder);
    }
    return count;
}

/* ---- who listens ---- */

static void place_add(struct places *places, unsigned port)
{
    for (size_t i = 0; i < places->count; i++) {
        if (places->ports[i] == port) {
            return;
        }
    }
    size_t used = strlen(places->out);
    if (places->count < PLACES_MAX && places->room - used > 24) {
        (void)snprintf(places->out + used, places->room - used, "%s127.0.0.1:%u", used > 0 ? "," : "", port);
        places->ports[places->count++] = port;
    }
}

/* A row of /proc/net/tcp: "  0: 0100007F:25E5 00000000:0000 0A … inode". Listens there one of these sockets, on this machine? */
static void row_read(struct places *places, const char *line, const uint64_t *sockets, size_t count)
{
    unsigned long address, port, state, inode;
    char *at = strchr(line, ':');
    at = at ? at + 1 : NULL;
    if (!at) {
        return;
    }
    address = strtoul(at, &at, 16);
    port = *at == ':' ? strtoul(at + 1, &at, 16) : 0;
    at = strchr(*at == ' ' ? at + 1 : at, ' '); /* behind the other end's */
    state = at ? strtoul(at, &at, 16) : 0;
    for (int skip = 0; at && skip < 5; skip++) { /* queues, timer, retransmits, user, timeouts */
        at += strspn(at, " ");
        at += strcspn(at, " ");
    }
    inode = at ? strtoul(at, NULL, 10) : 0;
    bool here = address == 0 || (address & 0xff) == 127;
    for (size_t i = 0; here && state == 0x0a && inode != 0 && i < count; i++) {
        if (sockets[i] == inode) {
            place_add(places, (unsigned)port);
        }
    }
}

static void listeners_read(struct places *places, const char *process, const uint64_t *sockets, size_t count)
{
    char path[PATH_ROOM], line[LINE_ROOM];
    (void)snprintf(path, sizeof path, "/proc/%s/net/tcp", process);
    FILE *file = count > 0 ? fopen(path, "re") : NULL;
    while (file && fgets(line, sizeof line, file)) {
        row_read(places, line, sockets, count);
    }
    if (file) {
        (void)fclose(file);
    }
}

size_t near_find(char *out, size_t room)
{
    struct places places = {.out = out, .room = room};
    uint64_t *sockets = calloc(SOCKETS_MAX, sizeof *sockets);
    DIR *processes = sockets ? opendir("/proc") : NULL;
    out[0] = '\0';
    for (const struct dirent *one; processes && (one = readdir(processes)) != NULL;) {
        if (is_number(one->d_name) && is_stage(one->d_name)) {
            listeners_read(&places, one->d_name, sockets, sockets_read(one->d_name, sockets));
        }
    }
    if (processes) {
        (void)closedir(processes);
    }
    free(sockets);
    return places.count;
}
