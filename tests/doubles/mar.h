/* Damage to a reply of the target: what real systems put into a name, a message, or a member that nobody asked for. */
#ifndef DOUBLES_MAR_H
#define DOUBLES_MAR_H

#include "blob.h"
#include "switches.h"

struct mar_settings {
    int64_t damage; /* enum mar_kind */
};
extern struct mar_settings mar_settings;

#define MAR_SWITCHES                                                                                                   \
    {                                                                                                                  \
        "damage", SWITCH_CHOICE, &mar_settings.damage, "none", "none|surrogate|nul|bytes|broken|number|deep",          \
            "a lone \\ud83d, \\u0000 or bytes that are no UTF-8 at the end of the first name of a list and of every "  \
            "msg; or a "                                                                                               \
            "member beside them that is no JSON, NaN, or 60 levels deep"                                               \
    }

void mar(struct blob *answer);

#endif
