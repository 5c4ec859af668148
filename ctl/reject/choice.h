/* A person's choice of rejects. Pure. */
#ifndef DIANCHEN_CTL_REJECT_CHOICE_H
#define DIANCHEN_CTL_REJECT_CHOICE_H

#include "common/ledger/reject.h"

struct reject_choice { /* zero: all */
    struct text class; /* "mapping", "target"… */
    struct text
        like; /* is part of key, number, code, message (also as translated) or source; capitals and small letters count alike */
    int64_t since; /* unix ms: refused then or later */
};

/* Does the choice leave anything out? */
bool reject_choice_narrows(const struct reject_choice *choice);
/* Is this reject among those chosen? */
bool reject_choice_fits(const struct reject_choice *choice, const struct reject *reject);

#endif
