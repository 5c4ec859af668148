#include "common/base/secret.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    SECRETS_MAX = 64,
    SECRETS_KEPT = 16, /* the first ones stay (configuration); later ones (tokens) take turns in the rest */
    SECRET_MIN = 6,
    WIPED_MAX = 16 * 1024, /* no sentence is longer */
};

static pthread_rwlock_t secrets_lock = PTHREAD_RWLOCK_INITIALIZER;
static struct {
    char *data;
    size_t size;
} secrets[SECRETS_MAX];
static size_t secret_count, secret_turn = SECRETS_KEPT;

void secret_add(struct text value)
{
    if (value.size < SECRET_MIN) {
        return;
    }
    (void)pthread_rwlock_wrlock(&secrets_lock);
    bool known = false;
    for (size_t i = 0; i < secret_count && !known; i++) {
        known = text_equal((struct text){secrets[i].data, secrets[i].size}, value);
    }
    char *copy = known ? NULL : malloc(value.size);
    if (copy) {
        memcpy(copy, value.data, value.size);
        size_t slot = secret_count;
        if (secret_count < SECRETS_MAX) {
            secret_count++;
        } else {
            slot = secret_turn;
            secret_turn = secret_turn + 1 < SECRETS_MAX ? secret_turn + 1 : SECRETS_KEPT;
            explicit_bzero(secrets[slot].data, secrets[slot].size);
            free(secrets[slot].data);
        }
        secrets[slot].data = copy;
        secrets[slot].size = value.size;
    }
    (void)pthread_rwlock_unlock(&secrets_lock);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* How a server may repeat a secret. Each knows the plain byte, too; what can be read both ways is read the form's way. */
enum form { FORM_PLAIN, FORM_PERCENT, FORM_TWICE /* an encoded URL, encoded once more */, FORM_JSON, FORMS };

/* The byte that two hex digits behind `at` bytes of `t` mean; -1 = none. */
static int hex_byte(struct text t, size_t at)
{
    int high = t.size > at + 1 ? hex_digit(t.data[at]) : -1, low = high >= 0 ? hex_digit(t.data[at + 1]) : -1;
    return low >= 0 ? high * 16 + low : -1;
}

/* user:password@host:port of a URL; empty where it has none. */
static struct text url_authority(const char *url)
{
    const char *start = strstr(url, "://");
    return start ? (struct text){start + 3, strcspn(start + 3, "/?#")} : (struct text){url, 0};
}

/* Between the first : and the last @. Empty data where there is none. */
static struct text url_password(const char *url)
{
    struct text t = url_authority(url);
    const char *at = memrchr(t.data, '@', t.size);
    const char *colon = at ? memchr(t.data, ':', (size_t)(at - t.data)) : NULL;
    return colon ? (struct text){colon + 1, (size_t)(at - colon - 1)} : (struct text){NULL, 0};
}

/* The value of the next `password=` or `sslpassword=` behind the ?; *from moves on. */
static bool query_password(const char **from, struct text *out)
{
    static const char name[] = "password=";
    const char *found = *from ? strstr(*from, name) : NULL;
    if (!found) {
        return false;
    }
    const char *value = found + sizeof name - 1;
    *out = (struct text){value, strcspn(value, "&#")};
    *from = value;
    return true;
}

static void add_decoded(struct text t)
{
    char plain[200];
    size_t size = 0;
    for (size_t i = 0; i < t.size && size < sizeof plain; i++) {
        int byte = t.data[i] == '%' ? hex_byte(t, i + 1) : -1;
        plain[size++] = byte >= 0 ? (char)byte : t.data[i];
        i += byte >= 0 ? 2 : 0;
    }
    secret_add((struct text){plain, size});
    explicit_bzero(plain, sizeof plain);
}

bool secret_named(struct text name)
{
    static const char *const words[] = {"secret",     "password", "passwd",  "passphrase",  "token",      "credential",
                                        "access_key", "app_key",  "api_key", "private_key", "session_key"};
    bool named = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        named = named || text_find_nocase(name, text_of(words[i])) >= 0;
    }
    return named;
}

void secret_add_url(const char *url)
{
    struct text value = url_password(url);
    add_decoded(value);
    const char *query = strstr(url, "://") ? strchr(url, '?') : NULL;
    while (query_password(&query, &value)) {
        add_decoded(value);
    }
}

bool secret_url_has(const char *url)
{
    struct text value;
    const char *query = strstr(url, "://") ? strchr(url, '?') : NULL;
    return url_password(url).size > 0 || (query_password(&query, &value) && value.size > 0);
}

bool secret_url_unclear(const char *url)
{
    struct text t = url_authority(url);
    const char *at = memchr(t.data, '@', t.size);
    return at && at != memrchr(t.data, '@', t.size);
}

/* Bytes at the front of `t` that spell one byte; 0 = none. */
static size_t byte_match(struct text t, char wanted, enum form form)
{
    char c = t.data[0];
    if (form == FORM_TWICE && text_starts(t, TEXT("%25")) && hex_byte(t, 3) == (unsigned char)wanted) {
        return 5;
    }
    bool percent = c == '%' && hex_byte(t, 1) == (unsigned char)wanted;
    if (percent && form == FORM_PERCENT) {
        return 3;
    }
    if (form == FORM_JSON && c == '\\' && t.size > 1 && t.data[1] == wanted && strchr("\"\\/", wanted)) {
        return 2;
    }
    return c == wanted || (c == '+' && wanted == ' ') ? 1 : percent ? 3 : 0;
}

/* Bytes at the front of `t` that spell `secret`; 0 = none. Where the text was cut inside one, what is left of it counts. */
static size_t secret_match(struct text t, struct text secret, enum form form)
{
    size_t at = 0;
    for (size_t i = 0; i < secret.size; i++) {
        struct text rest = {t.data + at, t.size - at};
        size_t size = rest.size > 0 ? byte_match(rest, secret.data[i], form) : 0;
        if (size == 0) {
            bool cut = rest.size == 0 || (rest.size < 5 && rest.data[0] == '%');
            return cut && i >= SECRET_MIN ? t.size : 0;
        }
        at += size;
    }
    return at;
}

/* The longest secret that `t` begins with. */
static size_t secret_at(struct text t)
{
    size_t longest = 0;
    for (size_t i = 0; i < secret_count; i++) {
        for (int form = 0; form < FORMS; form++) {
            size_t size = secret_match(t, (struct text){secrets[i].data, secrets[i].size}, (enum form)form);
            longest = size > longest ? size : longest;
        }
    }
    return longest;
}

/* What is written (3 bytes) is never longer than what it replaces (6 or more). */
size_t secret_wipe_into(char *to, struct text t)
{
    size_t size = 0;
    (void)pthread_rwlock_rdlock(&secrets_lock);
    while (t.size > 0) {
        size_t secret = secret_at(t);
        if (secret > 0) {
            for (int stars = 0; stars < 3; stars++) {
                to[size++] = '*';
            }
        } else {
            to[size++] = *t.data;
            secret = 1;
        }
        t.data += secret;
        t.size -= secret;
    }
    (void)pthread_rwlock_unlock(&secrets_lock);
    return size;
}

void secret_wipe(char *line)
{
    line[secret_wipe_into(line, text_of(line))] = '\0';
}

struct text secret_wiped(struct arena *arena, struct text t)
{
    bool found = false;
    t.size = text_cut(t, WIPED_MAX);
    (void)pthread_rwlock_rdlock(&secrets_lock);
    for (size_t i = 0; i < t.size && !found; i++) {
        found = secret_at((struct text){t.data + i, t.size - i}) > 0;
    }
    (void)pthread_rwlock_unlock(&secrets_lock);
    if (!found) {
        return t;
    }
    char *wiped = arena_take(arena, t.size);
    return wiped ? (struct text){wiped, secret_wipe_into(wiped, t)} : TEXT("***");
}
