#include "switches.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const struct switch_entry *switches;

static bool read_choice(const struct switch_entry *s, const char *text, int64_t *out)
{
    size_t length = strlen(text);
    int64_t index = 0;
    for (const char *p = s->choices; *p; index++) {
        size_t word = strcspn(p, "|");
        if (word == length && memcmp(p, text, word) == 0) {
            *out = index;
            return true;
        }
        p += word + (p[word] == '|');
    }
    return false;
}

/* Checks `text`; sets the switch too unless `dry`. */
static bool assign(const struct switch_entry *s, const char *text, bool dry)
{
    char *end = NULL;
    if (s->kind == SWITCH_TEXT) {
        size_t length = strlen(text);
        if (length >= SWITCH_TEXT_ROOM) {
            return false;
        }
        if (!dry) {
            memcpy(s->value, text, length + 1);
        }
        return true;
    }
    if (s->kind == SWITCH_RATE) {
        double rate = strtod(text, &end);
        if (end == text || *end || !(rate >= 0 && rate <= 1)) {
            return false;
        }
        if (!dry) {
            *(double *)s->value = rate;
        }
        return true;
    }
    int64_t value = 0;
    if (s->kind == SWITCH_CHOICE) {
        if (!read_choice(s, text, &value)) {
            return false;
        }
    } else {
        errno = 0;
        value = strtoll(text, &end, 10);
        if (end == text || *end || errno || (value < 0 && s->kind != SWITCH_SIGNED) ||
            (s->kind == SWITCH_FLAG && value > 1)) {
            return false;
        }
    }
    if (!dry) {
        *(int64_t *)s->value = value;
    }
    return true;
}

static const struct switch_entry *find(const char *name, size_t length)
{
    for (const struct switch_entry *s = switches; s->name; s++) {
        if (strlen(s->name) != length) {
            continue;
        }
        size_t same = 0;
        while (same < length && (name[same] == s->name[same] || (name[same] == '-' && s->name[same] == '_'))) {
            same++;
        }
        if (same == length) {
            return s;
        }
    }
    return NULL;
}

void switches_init(const struct switch_entry *table)
{
    switches = table;
    for (const struct switch_entry *s = table; s->name; s++) {
        if (!assign(s, s->fallback, false)) {
            fprintf(stderr, "double: default of switch %s is wrong\n", s->name);
            exit(2);
        }
    }
}

static const char *kind_name(const struct switch_entry *s)
{
    static const char *const names[] = {"N", "+N|-N", "RATE", "0|1", "", "TEXT"};
    return s->kind == SWITCH_CHOICE ? s->choices : names[s->kind];
}

static void print_help(const char *program, const char *about)
{
    printf("usage: %s [--SWITCH VALUE]…\n%s\n\n", program, about);
    for (const struct switch_entry *s = switches; s->name; s++) {
        printf("  --%s %s (%s): %s\n", s->name, kind_name(s), *s->fallback ? s->fallback : "none", s->help);
    }
}

void switches_read(int argc, char **argv, const char *about)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--help") == 0) {
            print_help(argv[0], about);
            exit(0);
        }
        size_t length = strncmp(word, "--", 2) == 0 ? strcspn(word + 2, "=") : 0;
        const struct switch_entry *s = length > 0 ? find(word + 2, length) : NULL;
        if (!s) {
            fprintf(stderr, "%s: unknown switch %s; --help lists them\n", argv[0], word);
            exit(2);
        }
        const char *value = word[2 + length] == '=' ? word + 3 + length : i + 1 < argc ? argv[++i] : NULL;
        if (!value || !assign(s, value, false)) {
            fprintf(stderr, "%s: --%s takes %s\n", argv[0], s->name, kind_name(s));
            exit(2);
        }
    }
}

bool switches_set(const struct form *form, struct blob *fault)
{
    for (int dry = 1; dry >= 0; dry--) {
        for (size_t i = 0; i < form->count; i++) {
            const struct form_pair *pair = &form->pairs[i];
            const struct switch_entry *s = find(pair->name, pair->name_length);
            if (!s || !assign(s, pair->value, dry)) {
                blob_printf(fault, "%s %s: takes %s\n", s ? "bad value for" : "unknown switch", pair->name,
                            s ? kind_name(s) : "nothing");
                return false;
            }
        }
    }
    return true;
}

void switches_print(struct blob *out)
{
    blob_puts(out, "{");
    for (const struct switch_entry *s = switches; s->name; s++) {
        blob_printf(out, "%s\"%s\":", s == switches ? "" : ",", s->name);
        if (s->kind == SWITCH_TEXT) {
            blob_quote(out, s->value);
        } else if (s->kind == SWITCH_RATE) {
            blob_printf(out, "%g", *(double *)s->value);
        } else {
            blob_integer(out, *(int64_t *)s->value);
        }
    }
    blob_puts(out, "}\n");
}
