#include "common/observe/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/observe/family.h"

/* Below zero = not known: nothing is printed. */
static void print_gauge(struct buffer *out, enum metric_family family, int64_t value)
{
    if (value >= 0) {
        family_print(out, family);
        buffer_format(out, "%s %lld\n", family_row(family)->name, (long long)value);
    }
}

/* The file's beginning, NUL-terminated; "" when it can't be read. */
static void file_head(const char *path, char *text, size_t size)
{
    text[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t got = read(fd, text, size - 1);
        text[got > 0 ? got : 0] = '\0';
        close(fd);
    }
}

/* Field `n` (from 1) of /proc/self/stat; the second, the program's name, may hold spaces and brackets. */
static int64_t stat_field(int n)
{
    char text[1024];
    file_head("/proc/self/stat", text, sizeof text);
    const char *at = strrchr(text, ')');
    for (int field = 2; at && field < n; field++) {
        at = strchr(at + 1, ' ');
    }
    return at ? strtoll(at + 1, NULL, 10) : -1;
}

/* Unix time of the start: that of the boot, and the ticks since. It is found once, so that all pages of a process tell the
 * same second: by it a reader knows whether the counters began anew. Clocks that are set, and the fractions of the two
 * clocks, would move it. */
static int64_t start_time(void)
{
    static int64_t found; /* 0 = not yet */
    int64_t ticks = stat_field(22);
    long rate = sysconf(_SC_CLK_TCK);
    if (found == 0 && ticks >= 0 && rate > 0) {
        found = (clock_wall() - clock_ms() + ticks * 1000 / rate) / 1000;
    }
    return found > 0 ? found : -1;
}

static int64_t open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    if (!folder) {
        return -1;
    }
    int64_t count = -1; /* the folder's own */
    while (true) {
        const struct dirent *entry = readdir(folder);
        if (!entry) {
            break;
        }
        count += entry->d_name[0] != '.';
    }
    closedir(folder);
    return count;
}

void process_print(struct buffer *out)
{
    int64_t cpu = clock_read_us(CLOCK_PROCESS_CPUTIME_ID);
    family_print(out, FAMILY_PROCESS_CPU);
    buffer_format(out, "%s %lld.%06lld\n", family_row(FAMILY_PROCESS_CPU)->name, (long long)(cpu / 1000000),
                  (long long)(cpu % 1000000));
    int64_t pages = stat_field(24);
    print_gauge(out, FAMILY_PROCESS_MEMORY, pages < 0 ? -1 : pages * sysconf(_SC_PAGESIZE));
    print_gauge(out, FAMILY_PROCESS_VIRTUAL, stat_field(23));
    print_gauge(out, FAMILY_PROCESS_START, start_time());
    print_gauge(out, FAMILY_PROCESS_FDS, open_descriptors());
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        print_gauge(out, FAMILY_PROCESS_MAX_FDS, (int64_t)limit.rlim_cur);
    }
}
