/* The door of a link's upstream end: who is let in, and one line about whom it turned away. */
#ifndef DIANCHEN_COMMON_LINK_DOOR_H
#define DIANCHEN_COMMON_LINK_DOOR_H

#include "common/peering.h"
#include "common/zap.h"

struct link_door {
    const char *role;
    struct zap *zap;   /* NULL: plain text */
    uint64_t told[16]; /* sentences that were logged, so that each is logged once */
    size_t told_turn;
    int64_t told_at; /* when, loop ms */
    struct loop *loop;
    int failure;        /* of a handshake: why, until its connection's end comes */
    char hosts[64][64]; /* whom a descriptor belongs to, by its last bits */
    struct metric *refused;
};

/* Dresses `socket` before it binds to `address`; opens the ZAP handler where the address wants CURVE. Stays where it is. */
int link_door_open(struct link_door *door, void *context, void *socket, struct loop *loop,
                   const struct link_identity *self, const struct link_address *address,
                   struct cause *cause) WARN_UNUSED;
/* After the socket. */
void link_door_close(struct link_door *door);
/* Logs a refusal: once per sentence, not once per redial. */
void link_door_tell(struct link_door *door, const struct cause *cause);
/* An event of the socket's monitor: handshakes that failed are told and counted. */
void link_door_event(struct link_door *door, int event, int value);

#endif
