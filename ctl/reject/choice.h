/* Which refused records a person wants to see. Pure. */
#ifndef DIANCHEN_CTL_REJECT_CHOICE_H
#define DIANCHEN_CTL_REJECT_CHOICE_H

#include "common/ledger/reject.h"

struct reject_choice { /* zero: all */
    struct text class; /* "mapping", "target"… */
    struct text
        like; /* stands in key, number, code, message (also as it is said) or source; small letters count as capitals */
    int64_t since; /* unix ms: refused then or later */
};

/* Does it narrow anything? */
bool reject_choice_narrows(const struct reject_choice *choice);
bool reject_choice_fits(const struct reject_choice *choice, const struct reject *reject);

#endif
