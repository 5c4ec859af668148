/* /source/window and /schedule/reread: how a source is read by windows of time. Private to common/scheme. */
#ifndef DIANCHEN_COMMON_SCHEME_WINDOW_H
#define DIANCHEN_COMMON_SCHEME_WINDOW_H

#include "common/scheme/compile.h"

/* Is the parameter filled in with the times of a window? Then `value` must say so, or tells a fault. */
bool scheme_is_window_param(struct scheme_compile *c, const cJSON *value, struct text name);
/* After the request and the slices. */
void scheme_compile_window(struct scheme_compile *c, const cJSON *source);
void scheme_compile_reread(struct scheme_compile *c, const cJSON *reread);

#endif
