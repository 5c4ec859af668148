/* LD_PRELOAD: another wall clock for one program, which jumps while it runs. The file named by PRELOAD_CLOCK holds the
 * seconds (a signed 64-bit number) that it is ahead; the clocks that count from boot stay as they are, unless PRELOAD_BOOT
 * is set: then only the boot clock is ahead. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* In place of libc's, under names of our own. */
int wall_clock(clockid_t clock, struct timespec *out) __asm__("clock_gettime");
time_t wall_time(time_t *out) __asm__("time");
int wall_day(struct timeval *out, void *zone) __asm__("gettimeofday");

static const volatile int64_t *ahead; /* mapped: what the test writes is seen at once */
static bool boot;
static int (*real_clock)(clockid_t, struct timespec *);

__attribute__((constructor)) static void wall_init(void)
{
    *(void **)&real_clock = dlsym(RTLD_NEXT, "clock_gettime");
    const char *path = getenv("PRELOAD_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *page = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *ahead, PROT_READ, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED || real_clock == NULL) {
        _exit(97);
    }
    boot = getenv("PRELOAD_BOOT") != NULL;
    ahead = page;
    close(fd);
}

int wall_clock(clockid_t clock, struct timespec *out)
{
    if (real_clock == NULL) { /* called before the constructor, by another one */
        *(void **)&real_clock = dlsym(RTLD_NEXT, "clock_gettime");
    }
    int result = real_clock(clock, out);
    bool wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
    if (result == 0 && ahead != NULL && (boot ? clock == CLOCK_BOOTTIME : wall)) {
        out->tv_sec += *ahead;
    }
    return result;
}

time_t wall_time(time_t *out)
{
    struct timespec now = {0};
    (void)wall_clock(CLOCK_REALTIME, &now);
    if (out != NULL) {
        *out = now.tv_sec;
    }
    return now.tv_sec;
}

int wall_day(struct timeval *out, void *zone)
{
    (void)zone;
    struct timespec now = {0};
    (void)wall_clock(CLOCK_REALTIME, &now);
    out->tv_sec = now.tv_sec;
    out->tv_usec = now.tv_nsec / 1000;
    return 0;
}
