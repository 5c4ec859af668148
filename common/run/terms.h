/* How a scheme, and a person who asks for a span of time (`run --from --to`), want a source to be read by windows. */
#ifndef DIANCHEN_COMMON_RUN_TERMS_H
#define DIANCHEN_COMMON_RUN_TERMS_H

#include "common/run/run.h"
#include "common/scheme/scheme.h"

/* Fills window, request, reread_every and reread_back of a plan. from, to: "2026-01-31 08:00", in China's time; NULL = not
 * given; `to` alone missing means: until now, less the scheme's lag. ERR_INPUT with the cause. */
int run_plan_windows(const struct scheme *scheme, const char *from, const char *to, struct run_plan *out,
                     struct cause *cause) WARN_UNUSED;

#endif
