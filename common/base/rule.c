#include "common/base/rule.h"

#ifdef DIANCHEN_RULES
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum rule rule_out;
void (*rule_gap)(struct store *store);

__attribute__((constructor)) static void rule_read(void)
{
    static const char *const names[] = {"",
#define RULE(name, sentence) #name,
                                        RULES(RULE)
#undef RULE
    };
    const char *out = getenv("DIANCHEN_RULE_OUT");
    for (size_t i = 1; out && i < sizeof names / sizeof *names; i++) {
        rule_out = strcmp(out, names[i]) == 0 ? (enum rule)i : rule_out;
    }
}
#endif
