/* Words of others in the report's page: whatever they are, they open no tag, no attribute and no character that is none. The
 * first byte says how much of them is shown. */
#include <string.h>

#include "ctl/report/html.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct text rest = {(const char *)data + 1, size - 1};
    struct buffer out;
    buffer_init(&out, 16 * size + 64);
    html_put(&out, rest, data[0]);
    MUST(!out.failed);
    struct text html = buffer_text(&out);
    MUST(html.size == 0 || text_is_utf8(html));
    for (size_t i = 0; i < html.size; i++) {
        unsigned char c = (unsigned char)html.data[i];
        MUST(c != '<' && c != '>' && c != '"' && c != '\'' && c >= ' ' && c != 0x7f);
    }
    for (ptrdiff_t at = 0; (size_t)at < html.size; at++) { /* & begins a reference, and nothing else */
        if (html.data[at] == '&') {
            struct text after = {html.data + at, html.size - (size_t)at};
            MUST(text_starts(after, TEXT("&amp;")) || text_starts(after, TEXT("&lt;")) ||
                 text_starts(after, TEXT("&gt;")) || text_starts(after, TEXT("&quot;")) ||
                 text_starts(after, TEXT("&#")));
        }
    }
    buffer_fini(&out);
    return 0;
}
