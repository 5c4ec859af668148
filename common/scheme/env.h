/* "env": ["XINGCHEN_UNIT_ID"] of a scheme: the environment variables that its values may use. Settings of the programs and
 * secrets are refused, so that a scheme from elsewhere can't read them. */
#ifndef DIANCHEN_COMMON_SCHEME_ENV_H
#define DIANCHEN_COMMON_SCHEME_ENV_H

#include "common/scheme/compile.h"

/* Reads the list (NULL: none); reports names that are not allowed. */
void scheme_compile_env(struct scheme_compile *c, const cJSON *list);
/* Does a variable of this name hold a secret? Then it can be no value of a record. */
bool scheme_variable_secret(struct text name);
/* Is this variable in the list? False with *why. */
bool scheme_env_listed(const struct scheme_compile *c, struct text name, struct cause *why);

#endif
