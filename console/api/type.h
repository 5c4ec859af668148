/* Types of JSON values, written in a short form. Both functions are pure. The form:
 *
 *   text  int  number  flag  time (unix ms)  any  object       the plain ones
 *   (a|b)          one of these words
 *   Name           a named type
 *   [T]            a list
 *   {a:T b?:T}     an object with these members and no others; `?`: it may be absent
 *   {a:T ...}      others may stand there too
 *   T~             or null                                                                           */
#ifndef DIANCHEN_CONSOLE_API_TYPE_H
#define DIANCHEN_CONSOLE_API_TYPE_H

#include "common/json/json.h"

/* Appends the JSON Schema of a type. `type` is a literal of this program: a fault in it ends the program. */
void type_schema(struct buffer *out, const char *type);
/* Does the value have the type? False: *where says where the first fault is: "/limit: no whole number". */
bool type_holds(const char *type, const cJSON *value, struct cause *where);

#endif
