#include "common/store/turn.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"

enum {
    RECENT = 1000, /* µs: a process that was idle longer has not kept anyone waiting */
    STEPS = 6,
    STEP = 100000, /* ns, to which the kernel adds about half as much; a waiter asks as often */
};

void turn_open(struct turn *turn, const char *file)
{
    char folder[4096] = ".";
    const char *slash = strrchr(file, '/');
    size_t size = slash ? (size_t)(slash - file) + 1 : 0;
    *turn = (struct turn){.folder = -1};
    if (size >= sizeof folder) {
        return;
    }
    if (size) {
        memcpy(folder, file, size);
        folder[size] = 0;
    }
    turn->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void turn_close(struct turn *turn)
{
    if (turn->folder >= 0) {
        close(turn->folder);
    }
    turn->folder = -1;
}

static bool is_wanted(const struct turn *turn)
{
    if (flock(turn->folder, LOCK_EX | LOCK_NB)) {
        return true;
    }
    flock(turn->folder, LOCK_UN);
    return false;
}

void turn_give(struct turn *turn)
{
    if (turn->folder < 0 || clock_us() - turn->ended > RECENT) {
        return;
    }
    for (int i = 0; i < STEPS && is_wanted(turn); i++) {
        nanosleep(&(struct timespec){.tv_nsec = STEP}, NULL);
    }
}

void turn_wait(struct turn *turn)
{
    if (turn->folder >= 0 && !turn->waiting) {
        turn->waiting = flock(turn->folder, LOCK_SH | LOCK_NB) == 0;
    }
}

void turn_had(struct turn *turn)
{
    if (turn->waiting) {
        flock(turn->folder, LOCK_UN);
    }
    turn->waiting = false;
}

void turn_end(struct turn *turn)
{
    turn->ended = clock_us();
}
