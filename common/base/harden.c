#include "common/base/harden.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WATCHED 1
#endif
#endif

void harden(void)
{
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
#ifndef WATCHED
    (void)prctl(PR_SET_DUMPABLE, 0);
#endif
}
