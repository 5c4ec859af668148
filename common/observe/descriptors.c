#include "common/observe/descriptors.h"

#include <sys/resource.h>

int descriptors_raise(struct cause *cause)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) {
        return 0;
    }
    if (files.rlim_cur < DESCRIPTORS_WANTED) {
        files.rlim_cur = files.rlim_max < DESCRIPTORS_WANTED ? files.rlim_max : DESCRIPTORS_WANTED;
        (void)setrlimit(RLIMIT_NOFILE, &files);
        (void)getrlimit(RLIMIT_NOFILE, &files);
    }
    if (files.rlim_cur < DESCRIPTORS_LEAST) {
        return cause_set(cause, ERR_INPUT,
                         "no more than %llu files may be open here, %d are needed at least: raise the limit (ulimit -n "
                         "1024; LimitNOFILE= of a unit; ulimits of a container)",
                         (unsigned long long)files.rlim_cur, DESCRIPTORS_LEAST);
    }
    return 0;
}
