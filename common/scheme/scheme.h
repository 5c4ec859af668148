/* An integration scheme (集成方案) is data: which source API, which target API, and how one becomes the
 * other. Loaded and checked once at start; read-only afterwards, any thread. The format: docs/schemes.md.
 * API files stand in api/ beside the scheme, '/' in an API's name written as '.'. */
#ifndef DIANCHEN_COMMON_SCHEME_SCHEME_H
#define DIANCHEN_COMMON_SCHEME_SCHEME_H

#include "common/base/error.h"
#include "common/scheme/model.h"

/* 0 with a scheme for scheme_free. ERR_INPUT with "FILE:LINE: /target/request/nmae: no such field of …; did you mean
 * name?". */
int scheme_load(const char *path, struct scheme **out, struct cause *cause) WARN_UNUSED;
/* Loads a source API from its file alone, api/NAME.json, so that it can be called without a scheme. Nothing is mapped;
 * slots are the first field, as its id, and the names of secret fields, also in rows of lists. `request` (NULL = none): a JSON object
 * of further request parameters, sent as they are. Result and errors as scheme_load. */
int scheme_load_api(const char *path, const char *request, struct scheme **out, struct cause *cause) WARN_UNUSED;
void scheme_free(struct scheme **scheme);
/* Checks a scheme: passes every fault to `told`, and warnings, which begin with "warning: ". Returns the number of
 * faults, warnings not counted. */
int scheme_lint(const char *path, void (*told)(void *user, const char *line), void *user);
/* Are the source's pages asked for by a cursor, each with that of the one before? */
bool scheme_by_cursor(const struct scheme *scheme);
/* The slot of a source field, or -1. */
int scheme_slot(const struct scheme *scheme, struct text field);

#endif
