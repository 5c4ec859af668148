#include "common/ledger/spelling.h"

#include <string.h>

/* The next character of `t`, half-width; 0 at the end. What is no UTF-8 stands for itself, byte by byte. */
static uint32_t take_half(struct text *t)
{
    const unsigned char *p = (const unsigned char *)t->data;
    uint32_t c;
    size_t size = 1;
    if (t->size == 0) {
        return 0;
    }
    c = p[0];
    if (t->size >= 3 && p[0] >= 0xe0 && p[0] < 0xf0 && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80) {
        c = (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (uint32_t)(p[2] & 0x3f);
        size = 3;
    } else if (c >= 0x80) {
        c |= 0x80000000; /* never a letter of ASCII */
    }
    t->data += size;
    t->size -= size;
    if (c >= 0xff01 && c <= 0xff5e) {
        c -= 0xff01 - 0x21;
    } else if (c == 0x3000) {
        c = ' ';
    }
    return c;
}

static uint32_t raised(uint32_t c)
{
    return c >= 'a' && c <= 'z' ? c - 32 : c;
}

static uint32_t lowered(uint32_t c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

/* The same, folded. */
static uint32_t take(struct text *t)
{
    return raised(take_half(t));
}

static bool is_blank(uint32_t c)
{
    return c <= ' ' || c == 0x7f;
}

/* Only blanks and controls are left. */
static bool is_over(struct text t)
{
    while (t.size > 0) {
        if (!is_blank(take(&t))) {
            return false;
        }
    }
    return true;
}

static struct text skip_blanks(struct text t)
{
    for (struct text rest = t; rest.size > 0; t = rest) {
        if (!is_blank(take(&rest))) {
            break;
        }
    }
    return t;
}

bool spelling_alike(struct text a, struct text b)
{
    a = skip_blanks(a);
    b = skip_blanks(b);
    if (a.size == 0 || b.size == 0) {
        return false;
    }
    while (a.size > 0 && b.size > 0) {
        struct text x = a, y = b;
        if (take(&x) != take(&y)) {
            break;
        }
        a = x;
        b = y;
    }
    return is_over(a) && is_over(b);
}

uint64_t spelling_hash(struct text t)
{
    uint64_t hash = UINT64_C(14695981039346656037), kept = hash;
    for (t = skip_blanks(t); t.size > 0;) {
        uint32_t c = take(&t);
        hash = (hash ^ c) * UINT64_C(1099511628211);
        kept = is_blank(c) ? kept : hash; /* blanks at the end do not count */
    }
    return kept;
}

/* Bytes with which a character may begin that has another spelling: small letters, full-width forms, the wide blank. */
static bool is_loose(unsigned char c)
{
    return c >= 'a' && (c <= 'z' || c == 0xe3 || c == 0xef);
}

bool spelling_is_folded(struct text t)
{
    const unsigned char *p = (const unsigned char *)t.data;
    bool loose = t.size > 0 && (is_blank(p[0]) || is_blank(p[t.size - 1]));
    for (size_t i = 0; i < t.size && !loose; i++) {
        loose = is_loose(p[i]);
    }
    return !loose;
}

static size_t put(char *out, uint32_t c)
{
    if (c & 0x80000000 || c < 0x80) {
        out[0] = (char)(c & 0xff);
        return 1;
    }
    out[0] = (char)(0xe0 | c >> 12);
    out[1] = (char)(0x80 | (c >> 6 & 0x3f));
    out[2] = (char)(0x80 | (c & 0x3f));
    return 3;
}

int spelling_write(struct arena *arena, struct text t, enum spelling_way way, struct text *out)
{
    bool raises = way == SPELLING_FOLDED || way == SPELLING_RAISED;
    bool halves = way != SPELLING_TRIMMED && way != SPELLING_RAISED;
    *out = t;
    if (way == SPELLING_SENT) {
        return 0;
    }
    char *data = arena_take(arena, t.size + 1);
    size_t size = 0, kept = 0;
    if (!data) {
        return ERR_MEMORY;
    }
    for (t = skip_blanks(t); t.size > 0;) {
        const char *from = t.data;
        uint32_t c = take_half(&t);
        if (t.data - from > 1 && !halves) {
            memcpy(data + size, from, (size_t)(t.data - from));
            size += (size_t)(t.data - from);
        } else {
            size += put(data + size, raises ? raised(c) : way == SPELLING_LOWERED ? lowered(c) : c);
        }
        kept = is_blank(c) ? kept : size;
    }
    *out = (struct text){data, kept};
    return 0;
}

int spelling_fold(struct arena *arena, struct text t, struct text *out)
{
    return spelling_write(arena, t, spelling_is_folded(t) ? SPELLING_SENT : SPELLING_FOLDED, out);
}
