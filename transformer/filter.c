#include "transformer/filter.h"

#include "common/scheme/cast.h"

static bool any_equal(const struct scheme_filter *filter, struct text text)
{
    for (size_t i = 0; i < filter->value_count; i++) {
        if (text_equal(filter->values[i], text)) {
            return true;
        }
    }
    return false;
}

static bool filter_holds(const struct scheme_filter *filter, const struct value *slots)
{
    char room[SCHEME_NUMBER_ROOM];
    struct text text = scheme_value_text(&slots[filter->slot], room);
    switch (filter->op) {
    case FILTER_EQ:
    case FILTER_IN:
        return any_equal(filter, text);
    case FILTER_NE:
    case FILTER_NOT_IN:
        return !any_equal(filter, text);
    case FILTER_EMPTY:
        return text.size == 0;
    case FILTER_NOT_EMPTY:
        return text.size > 0;
    case FILTER_CONTAINS:
        return text_find(text, filter->values[0]) >= 0;
    case FILTER_PREFIX:
        return text_starts(text, filter->values[0]);
    }
    return false;
}

bool filters_hold(const struct scheme *scheme, const struct value *slots)
{
    for (size_t i = 0; i < scheme->filter_count; i++) {
        if (!filter_holds(&scheme->filters[i], slots)) {
            return false;
        }
    }
    return true;
}
