/* The part of a gateway's reply that says how it went: {"response":{…}} or {"error_response":{…}}. Gateways of customers'
 * own wrap that once more, leave the outer object out, or name it after the call; the error of the gateway itself may be
 * XML. Pure. */
#ifndef DIANCHEN_EXTRACTOR_QIMEN_ENVELOPE_H
#define DIANCHEN_EXTRACTOR_QIMEN_ENVELOPE_H

#include "extractor/platform/judge.h"

enum envelope_state {
    ENVELOPE_NONE,     /* JSON, but nothing of this API */
    ENVELOPE_RESPONSE, /* `object` is the response */
    ENVELOPE_REFUSAL,  /* `object` is the gateway's error_response */
};
struct envelope {
    enum envelope_state state;
    struct text object;         /* points into the body or the arena */
    struct json_marks marks;    /* of the body */
    bool around;                /* something stood around the JSON */
    char seen[JUDGE_SEEN_ROOM]; /* NONE: the members of the outermost object, with what is short of them */
};
/* ERR_SYNTAX: no JSON, or not beyond doubt; ERR_MEMORY. */
int envelope_open(struct text body, struct arena *arena, struct envelope *out) WARN_UNUSED;

#endif
