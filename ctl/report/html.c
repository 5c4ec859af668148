#include "ctl/report/html.h"

/* Bytes of the character at the front of `t`; 0 = it is no UTF-8. */
static size_t character(struct text t)
{
    size_t most = t.size < 4 ? t.size : 4;
    for (size_t size = 1; size <= most; size++) {
        if (text_is_utf8((struct text){t.data, size})) {
            return size;
        }
    }
    return 0;
}

void html_put(struct buffer *out, struct text t, size_t most)
{
    size_t shown = most > 0 ? text_cut(t, most) : t.size;
    bool cut = shown < t.size;
    t.size = shown;
    while (t.size > 0) {
        size_t size = character(t);
        unsigned char c = (unsigned char)*t.data;
        if (size == 0 || c < ' ' || c == 0x7f) {
            buffer_add_char(out, ' ');
        } else if (c == '&' || c == '<' || c == '>' || c == '"' || c == '\'') {
            buffer_format(out, "&#%d;", c);
        } else {
            buffer_add(out, t.data, size);
        }
        size = size > 0 ? size : 1;
        t.data += size;
        t.size -= size;
    }
    if (cut) {
        buffer_add_text(out, TEXT("…"));
    }
}
