/* Patterns of MATCHES: POSIX extended regular expressions on characters, with \d \w \s. Time in proportion to the
 * text's size times the pattern's. Private to formula/. */
#ifndef DIANCHEN_COMMON_SCHEME_FORMULA_PATTERN_H
#define DIANCHEN_COMMON_SCHEME_FORMULA_PATTERN_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/text.h"

struct formula_pattern;

/* Compiles `source`; the pattern lives in `keep`. ERR_SYNTAX with *why, ERR_MEMORY. */
int formula_pattern_compile(struct arena *keep, struct text source, const struct formula_pattern **out,
                            struct cause *why) WARN_UNUSED;
/* *out: does the pattern match anywhere in the text? ERR_LIMIT: the text is too long for so large a pattern;
 * ERR_MEMORY. */
int formula_pattern_search(const struct formula_pattern *pattern, struct arena *arena, struct text t,
                           bool *out) WARN_UNUSED;

#endif
