#include "transformer/identity.h"

#include "common/scheme/cast.h"

struct text identity_of(const struct value *value, char room[SCHEME_NUMBER_ROOM])
{
    return value->kind == VALUE_BOOL || value->kind == VALUE_JSON ? TEXT("") : scheme_value_text(value, room);
}

const char *identity_lack(const struct value *value)
{
    return value->kind == VALUE_BOOL   ? (value->flag ? "true" : "false")
           : value->kind == VALUE_JSON ? "an object or a list"
                                       : "empty";
}

bool identity_rowless(const struct scheme *scheme, const struct value *slots)
{
    for (size_t i = 0; i < scheme->slot_count && scheme->source.split.size > 0; i++) {
        if (!scheme->source.outer[i] && slots[i].kind != VALUE_NIL && (int)i + 1 != scheme->run_date_place) {
            return false;
        }
    }
    return scheme->source.split.size > 0;
}
