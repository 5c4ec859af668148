/* The conditions of a scheme's filter, where it is a list. Pure. */
#ifndef DIANCHEN_TRANSFORMER_FILTER_H
#define DIANCHEN_TRANSFORMER_FILTER_H

#include "common/scheme/model.h"
#include "common/scheme/value.h"

/* Do all conditions hold for a record? `slots` has scheme->slot_count values. */
bool filters_hold(const struct scheme *scheme, const struct value *slots);

#endif
