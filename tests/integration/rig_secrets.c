#include "tests/integration/rig_secrets.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NEEDLE_ROOM = 160, NEEDLES_MAX = 120 };

struct needle {
    char text[NEEDLE_ROOM];
    size_t size;
    char name[80];
};

static struct needle needles[NEEDLES_MAX];
static size_t needle_count;

static void add(const char *text, size_t size, const char *secret, const char *form)
{
    if (needle_count == NEEDLES_MAX || size >= NEEDLE_ROOM) {
        fputs("rig: too many or too long secrets\n", stderr);
        exit(99);
    }
    struct needle *needle = &needles[needle_count++];
    memcpy(needle->text, text, size);
    needle->size = size;
    snprintf(needle->name, sizeof needle->name, "%s, %s", secret, form);
}

static void add_hex(const char *secret, const char *digits)
{
    char text[NEEDLE_ROOM];
    size_t n = 0;
    for (const char *p = secret; *p != '\0' && n + 2 < sizeof text; p++) {
        text[n++] = digits[(unsigned char)*p >> 4];
        text[n++] = digits[(unsigned char)*p & 15];
    }
    add(text, n, secret, "in hex");
}

static void add_encoded(const char *secret, const char *digits)
{
    char text[NEEDLE_ROOM];
    size_t n = 0;
    for (const char *p = secret; *p != '\0' && n + 3 < sizeof text; p++) {
        if (strchr("+/=", *p) != NULL) {
            text[n++] = '%';
            text[n++] = digits[(unsigned char)*p >> 4];
            text[n++] = digits[(unsigned char)*p & 15];
        } else {
            text[n++] = *p;
        }
    }
    add(text, n, secret, "URL-encoded");
}

/* The characters that it has in base64 whatever stands around it, when it begins `shift` bytes behind a triple's begin. */
static void add_base64(const char *secret, size_t shift, const char *last_two)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    size_t bits = 8 * (shift + strlen(secret));
    char text[NEEDLE_ROOM];
    size_t n = 0;
    for (size_t bit = 0; bit + 6 <= bits && n < sizeof text; bit += 6) {
        if (bit < 8 * shift) {
            continue; /* holds bits of a neighbour */
        }
        unsigned value = 0;
        for (size_t i = bit; i < bit + 6; i++) {
            unsigned byte = (unsigned char)secret[i / 8 - shift];
            value = value << 1 | (byte >> (7 - i % 8) & 1U);
        }
        text[n++] = value < 62 ? letters[value] : last_two[value - 62];
    }
    add(text, n, secret, "in base64");
}

static void add_secret(const char *secret)
{
    static const char *const digits[] = {"0123456789abcdef", "0123456789ABCDEF"};
    add(secret, strlen(secret), secret, "as it is");
    for (size_t i = 0; i < 2; i++) {
        add_hex(secret, digits[i]);
        if (strpbrk(secret, "+/=") != NULL) {
            add_encoded(secret, digits[i]);
        }
    }
    for (size_t shift = 0; shift < 3; shift++) {
        add_base64(secret, shift, "+/");
        add_base64(secret, shift, "-_");
    }
}

static void make_needles(void)
{
    static const char *const secrets[] = {RIG_SOURCE_SECRET, RIG_TARGET_SECRET, RIG_PASSWORD,    RIG_TOKEN,
                                          RIG_FIELD,         RIG_ROBOT_KEY,     RIG_ROBOT_SECRET};
    static const char signature[] = "app_key" RIG_APP_KEY "format";
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        add_secret(secrets[i]);
    }
    add(signature, sizeof signature - 1, signature, "what a signature is made of");
}

const char *rig_secret_in(const char *data, size_t size)
{
    if (needle_count == 0) {
        make_needles();
    }
    for (size_t i = 0; i < needle_count; i++) {
        if (memmem(data, size, needles[i].text, needles[i].size) != NULL) {
            return needles[i].name;
        }
    }
    return NULL;
}
