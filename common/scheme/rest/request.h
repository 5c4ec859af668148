/* The parts that API files of sources and targets of the driver "rest" have in common. Each function reports what is wrong as
 * faults of the file. Private to common/scheme/rest. */
#ifndef DIANCHEN_COMMON_SCHEME_REST_REQUEST_H
#define DIANCHEN_COMMON_SCHEME_REST_REQUEST_H

#include "common/scheme/rest/reading.h"

/* A request: method (one of `methods`, the first where none is said), path, headers, query, body. `shape` is where the node stands:
 * "/call". out->method stays NULL where the node does not have that shape. */
void rest_read_request(struct rest_reading *r, const cJSON *node, const char *shape, const char *const *methods,
                       struct rest_request *out);
/* /auth, which may be missing. `token` is the setting that holds the token. */
void rest_read_auth(struct rest_reading *r, const char *token, struct rest_auth_form *out);
/* A JSON Pointer that a member of `object` holds; empty where there is no such member. */
struct text rest_read_pointer(struct rest_reading *r, const cJSON *object, const char *key);
/* What a value says; left as it is where `object` has no such member. */
void rest_read_sign(struct rest_reading *r, const cJSON *object, const char *key, const char *shape,
                    struct rest_sign *out);
/* The outermost members that pointers go through, by which a reply is known; NULL behind the last. */
const char *const *rest_read_names(struct rest_reading *r, const struct text *pointers, size_t count);
/* The headers or the query of a request; none where there is no object. */
struct rest_entries rest_read_entries(struct rest_reading *r, const cJSON *object, bool headers);
/* Is it the text of a path? False: a fault of `node` was reported. */
bool rest_path_good(struct rest_reading *r, const cJSON *node);

#endif
