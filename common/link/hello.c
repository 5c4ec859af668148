#include "common/link/hello.h"

#include <stdio.h>
#include <unistd.h>

void link_copy(char *out, size_t room, struct text t)
{
    size_t size = text_cut(t, room - 1);
    for (size_t i = 0; i < size; i++) {
        out[i] = (unsigned char)t.data[i] < ' ' || t.data[i] == 0x7f ? ' ' : t.data[i];
    }
    out[size] = 0;
}

void hello_self_init(struct hello_self *self, const struct link_identity *identity)
{
    char host[64] = "";
    self->role = identity->role;
    link_copy(self->scheme_hash, sizeof self->scheme_hash, identity->scheme_hash);
    link_copy(self->store_id, sizeof self->store_id, identity->store_id);
    if (gethostname(host, sizeof host - 1) != 0) {
        (void)snprintf(host, sizeof host, "?");
    }
    (void)snprintf(self->peer_name, sizeof self->peer_name, "%s:%ld", host, (long)getpid());
}

const char *hello_role(enum wire_role role)
{
    static const char *const names[] = {
        [ROLE_EXTRACTOR] = "extractor", [ROLE_TRANSFORMER] = "transformer", [ROLE_LOADER] = "loader"};
    return names[role];
}

struct wire_message hello_message(const struct hello_self *self, enum wire_type type)
{
    return (struct wire_message){.type = type,
                                 .hello = {.role = self->role,
                                           .protocol = WIRE_PROTOCOL,
                                           .scheme_hash = text_of(self->scheme_hash),
                                           .store_id = text_of(self->store_id),
                                           .peer_name = text_of(self->peer_name)}};
}

/* Both sentences of a mismatch: `what` with the two values, and the cure. */
static int refuse(const struct hello_self *self, const char *peer, const char *what, struct text mine,
                  struct text yours, const char *cure, struct cause *ours, struct cause *theirs)
{
    int m = (int)text_cut(mine, 8), y = (int)text_cut(yours, 8);
    cause_set(ours, ERR_REFUSED, "%s %s (%.*s…, ours %.*s…): %s", peer, what, y, yours.data, m, mine.data, cure);
    return cause_set(theirs, ERR_REFUSED, "%s %s %s (%.*s…, ours %.*s…): %s", hello_role(self->role), self->peer_name,
                     what, m, mine.data, y, yours.data, cure);
}

int hello_check(const struct hello_self *self, const struct wire_hello *hello, struct cause *ours, struct cause *theirs)
{
    char name[WIRE_NAME_MAX + 1], peer[WIRE_NAME_MAX + 32];
    link_copy(name, sizeof name, hello->peer_name);
    (void)snprintf(peer, sizeof peer, "%s %s", hello_role(hello->role), name);
    if (hello->protocol != WIRE_PROTOCOL) {
        cause_set(ours, ERR_REFUSED, "%s speaks protocol %lld, we speak %d: run the same version of all stages", peer,
                  (long long)hello->protocol, WIRE_PROTOCOL);
        return cause_set(theirs, ERR_REFUSED,
                         "%s %s speaks protocol %d, we speak %lld: run the same version of all stages",
                         hello_role(self->role), self->peer_name, WIRE_PROTOCOL, (long long)hello->protocol);
    }
    int apart = (int)hello->role - (int)self->role;
    if (apart != 1 && apart != -1) {
        const char *cure = "the way is extractor, transformer, loader: mend the upstream address";
        cause_set(ours, ERR_REFUSED, "%s can't be linked with %s %s: %s", peer,
                  self->role == ROLE_EXTRACTOR ? "an" : "a", hello_role(self->role), cure);
        return cause_set(theirs, ERR_REFUSED, "%s %s can't be linked with %s: %s", hello_role(self->role),
                         self->peer_name, hello_role(hello->role), cure);
    }
    struct text scheme = text_of(self->scheme_hash);
    if (!text_equal(hello->scheme_hash, scheme)) {
        return refuse(self, peer, "runs another scheme", scheme, hello->scheme_hash,
                      "start both with the same scheme files", ours, theirs);
    }
    struct text store = text_of(self->store_id);
    if (store.size > 0 && hello->store_id.size > 0 && !text_equal(hello->store_id, store)) {
        return refuse(self, peer, "uses another store", store, hello->store_id,
                      "start both with the same DIANCHEN_STORE", ours, theirs);
    }
    return 0;
}
