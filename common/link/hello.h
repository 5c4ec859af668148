/* HELLO and WELCOME: what they carry, and the check that both ends fit each other (version, scheme, store, role).
 * Pure, except hello_self_init, which reads the host's name. Any thread. */
#ifndef DIANCHEN_COMMON_LINK_HELLO_H
#define DIANCHEN_COMMON_LINK_HELLO_H

#include "common/link/link.h"

struct hello_self {
    enum wire_role role;
    char scheme_hash[WIRE_NAME_MAX + 1], store_id[WIRE_NAME_MAX + 1], peer_name[WIRE_NAME_MAX + 1]; /* host:pid */
};
void hello_self_init(struct hello_self *self, const struct link_identity *identity);
/* "extractor", "transformer", "loader"; static. */
const char *hello_role(enum wire_role role);
/* A HELLO or WELCOME of ours; its texts point into `self`. */
struct wire_message hello_message(const struct hello_self *self, enum wire_type type);
/* 0: both ends fit. ERR_REFUSED: they don't; `ours` is the sentence for our log, `theirs` for the other side (ERROR). */
int hello_check(const struct hello_self *self, const struct wire_hello *hello, struct cause *ours,
                struct cause *theirs) WARN_UNUSED;
/* Copies a peer's text for a log line: cut at `room`, NUL-terminated, control characters become spaces. */
void link_copy(char *out, size_t room, struct text t);

#endif
