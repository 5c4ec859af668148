/* /source/window and /schedule/reread: how a source is read by windows of time. Private to common/scheme. */
#ifndef DIANCHEN_COMMON_SCHEME_WINDOW_H
#define DIANCHEN_COMMON_SCHEME_WINDOW_H

#include "common/scheme/compile.h"

/* Does a window fill in this parameter with its times? Then `value` must say so, else a fault is reported. */
bool scheme_is_window_param(struct scheme_compile *c, const cJSON *value, struct text name);
/* Call both after the request and the slices are compiled. Report faults. */
void scheme_compile_window(struct scheme_compile *c, const cJSON *source);
void scheme_compile_reread(struct scheme_compile *c, const cJSON *reread);

#endif
