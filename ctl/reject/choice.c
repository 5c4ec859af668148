#include "ctl/reject/choice.h"

#include "common/base/language.h"

enum { MESSAGE_ROOM = 8192 };

bool reject_choice_narrows(const struct reject_choice *choice)
{
    return choice->class.size > 0 || choice->like.size > 0 || choice->since > 0;
}

bool reject_choice_fits(const struct reject_choice *choice, const struct reject *reject)
{
    if ((choice->class.size > 0 && !text_equal(reject->class, choice->class)) || reject->last < choice->since) {
        return false;
    }
    if (choice->like.size == 0) {
        return true;
    }
    char said[MESSAGE_ROOM];
    const struct text places[] = {reject->key,    reject->number,
                                  reject->code,   reject->message,
                                  reject->source, text_of(language_line(reject->message, said, sizeof said))};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (text_find_nocase(places[i], choice->like) >= 0) {
            return true;
        }
    }
    return false;
}
