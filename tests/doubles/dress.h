/* How the bytes of a reply travel: character set, byte order mark, content encoding, whether anybody asked or not.
 * Shared by both doubles; a plain reply costs nothing. */
#ifndef DOUBLES_DRESS_H
#define DOUBLES_DRESS_H

#include "server.h"
#include "switches.h"

enum dress_charset { CHARSET_UTF8, CHARSET_GBK, CHARSET_GB18030, CHARSET_UTF16, CHARSET_UTF16LE, CHARSET_UTF16BE };
enum dress_around {
    AROUND_NOTHING,
    AROUND_JSONP,
    AROUND_GUARD,
    AROUND_WARNING,
    AROUND_NOTICE,
    AROUND_MARKUP,
    AROUND_MARKS,
    AROUND_QUOTES,
    AROUND_WRAPPER,
    INSTEAD_XML,
    INSTEAD_HTML,
    INSTEAD_TEXT,
    INSTEAD_BYTES,
    INSTEAD_EMPTY,
};
enum dress_encoding { ENCODING_PLAIN, ENCODING_GZIP, ENCODING_DEFLATE, ENCODING_RAW_DEFLATE, ENCODING_BR };

struct dress_settings {
    int64_t charset, encoding, bom, around;
    char charset_told[SWITCH_TEXT_ROOM];
};
extern struct dress_settings dress_settings;

#define DRESS_SWITCHES                                                                                                 \
    {"charset",                                                                                                        \
     SWITCH_CHOICE,                                                                                                    \
     &dress_settings.charset,                                                                                          \
     "utf-8",                                                                                                          \
     "utf-8|gbk|gb18030|utf-16|utf-16le|utf-16be",                                                                     \
     "of every JSON reply, told in Content-Type; utf-16 starts with a mark, what a set lacks is written \\uXXXX"},     \
        {"charset_told",                                                                                               \
         SWITCH_TEXT,                                                                                                  \
         dress_settings.charset_told,                                                                                  \
         "",                                                                                                           \
         NULL,                                                                                                         \
         "what Content-Type says instead of the charset; none: no charset at all"},                                    \
        {"bom", SWITCH_FLAG, &dress_settings.bom, "0", NULL, "1: a byte order mark before every JSON reply"},          \
        {"around",                                                                                                     \
         SWITCH_CHOICE,                                                                                                \
         &dress_settings.around,                                                                                       \
         "nothing",                                                                                                    \
         "nothing|jsonp|guard|warning|notice|markup|marks|quotes|wrapper|xml|html|text|bytes|empty",                   \
         "what stands around every JSON reply (wrapper: an object with the reply in its data), or, from xml on, in "   \
         "its "                                                                                                        \
         "place"},                                                                                                     \
    {                                                                                                                  \
        "encoding", SWITCH_CHOICE, &dress_settings.encoding, "plain", "plain|gzip|deflate|raw-deflate|br",             \
            "Content-Encoding of every JSON reply, unasked; raw-deflate: deflate without the zlib frame"               \
    }

/* Whether replies leave as they are written. */
bool dress_is_plain(void);
/* Turns call->answer into what is sent. Replies that are not JSON stay as they are. */
void dress(struct call *call);

#endif
