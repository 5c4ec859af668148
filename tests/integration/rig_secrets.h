/* The secrets of every test, and the look for them in what programs leave behind: logs, stores, reports, metrics. The
 * rig looks at all of it by itself (rig_close, rig_series, rig_http). */
#ifndef DIANCHEN_TESTS_RIG_SECRETS_H
#define DIANCHEN_TESTS_RIG_SECRETS_H

#include <stddef.h>

/* Of the doubles that rig_double starts, and of rig_credentials. They look different when they are URL-encoded. */
#define RIG_SOURCE_SECRET "rig+source/secret=1"
#define RIG_TARGET_SECRET "rig+target/secret=2"
#define RIG_PASSWORD "rig+password/of=3"
#define RIG_ROBOT_KEY "rig-robot-key-of-4"    /* in the robot's address */
#define RIG_ROBOT_SECRET "rig+robot/secret=5" /* for a robot that wants signatures */
#define RIG_APP_KEY "demo_app_key"
/* Beginnings of what the doubles give out: tokens, and fields of a shop that are marked secret. */
#define RIG_TOKEN "SECRET-TOKEN-"
#define RIG_FIELD "SECRET-S00"

/* What of these stands in the bytes: as it is, URL-encoded, in hex or in base64; or the text that a call's signature is
 * made of. NULL = nothing; else it names the secret and the form. */
const char *rig_secret_in(const char *data, size_t size);

#endif
