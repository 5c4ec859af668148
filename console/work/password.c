#include "console/work/password.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/config/envfile.h"

enum {
    SALT = 16, /* bytes */
    HASH = 32,
    COST = 1 << 14, /* N: with r = 8 it takes 16 MiB */
    BLOCK = 8,      /* r */
    LANES = 1,      /* p */
    MEMORY_MOST = 32 << 20,
    COMPARED_MOST = 4, /* that wait for their turn */
    FILE_MOST = 4096,
};

/* As the file tells them, so that a later version may raise them. */
#define COSTS "scrypt 16384 8 1 "

struct password {
    unsigned char salt[SALT], hash[HASH];
    pthread_mutex_t turn, lock;
    int waiting;
};

static int derive(const struct password *password, struct text plain, unsigned char out[HASH])
{
    return EVP_PBE_scrypt(plain.data ? plain.data : "", plain.size, password->salt, SALT, COST, BLOCK, LANES,
                          MEMORY_MOST, out, HASH) == 1
               ? 0
               : ERR_IO;
}

static char *hex_put(char *at, const unsigned char *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 15];
    }
    *at = '\0';
    return at;
}

/* Takes `size` bytes in hex off the front of *text. */
static bool hex_take(const char **text, unsigned char *out, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    if (strspn(*text, digits) != size * 2) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        out[i] = (unsigned char)((strchr(digits, (*text)[2 * i]) - digits) << 4 |
                                 (strchr(digits, (*text)[2 * i + 1]) - digits));
    }
    *text += size * 2;
    return true;
}

int password_make(struct text plain, char out[PASSWORD_LINE], struct cause *cause)
{
    struct password made;
    if (plain.size < PASSWORD_LEAST || plain.size > PASSWORD_MOST) {
        return cause_set(cause, ERR_INPUT, "the password: %d to %d bytes are wanted", PASSWORD_LEAST, PASSWORD_MOST);
    }
    if (RAND_bytes(made.salt, SALT) != 1 || derive(&made, plain, made.hash) != 0) {
        return cause_set(cause, ERR_IO, "the password: OpenSSL failed");
    }
    memcpy(out, COSTS, sizeof COSTS);
    char *at = hex_put(out + sizeof COSTS - 1, made.salt, SALT);
    *at++ = ' ';
    (void)hex_put(at, made.hash, HASH);
    OPENSSL_cleanse(&made, sizeof made);
    return 0;
}

static bool line_take(const char *line, struct password *out)
{
    size_t costs = sizeof COSTS - 1;
    if (strncmp(line, COSTS, costs) != 0) {
        return false;
    }
    line += costs;
    return hex_take(&line, out->salt, SALT) && *line++ == ' ' && hex_take(&line, out->hash, HASH) &&
           line[strspn(line, "\r\n")] == '\0';
}

int password_read(const char *path, struct password **out, struct cause *cause)
{
    struct stat st;
    char *line = NULL;
    int error = envfile_slurp(path, FILE_MOST, true, &line, cause);
    if (error == ERR_NOT_FOUND) {
        return cause_set(cause, ERR_INPUT, "%s: there is no such file; dianchen console password >%s makes it", path,
                         path);
    }
    if (error) {
        return error;
    }
    struct password *made = calloc(1, sizeof *made);
    if (!made) {
        error = cause_set(cause, ERR_MEMORY, "out of memory");
    } else if (stat(path, &st) != 0 || (st.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
        error =
            cause_set(cause, ERR_INPUT, "%s: other users of this host may read or change it: chmod 600 %s", path, path);
    } else if (!line_take(line, made)) {
        error =
            cause_set(cause, ERR_INPUT, "%s: is no password file; dianchen console password >%s makes it", path, path);
    }
    OPENSSL_cleanse(line, strlen(line));
    free(line);
    if (error || !made) {
        free(made);
        return error;
    }
    pthread_mutex_init(&made->turn, NULL);
    pthread_mutex_init(&made->lock, NULL);
    *out = made;
    return 0;
}

void password_free(struct password **held)
{
    struct password *password = *held;
    *held = NULL;
    if (password) {
        pthread_mutex_destroy(&password->turn);
        pthread_mutex_destroy(&password->lock);
        OPENSSL_cleanse(password, sizeof *password);
        free(password);
    }
}

/* False, at once, where enough wait. */
static bool waits(struct password *password)
{
    pthread_mutex_lock(&password->lock);
    bool room = password->waiting < COMPARED_MOST;
    password->waiting += room;
    pthread_mutex_unlock(&password->lock);
    return room;
}

int password_fits(struct password *password, struct text plain)
{
    unsigned char hash[HASH];
    if (plain.size < PASSWORD_LEAST || plain.size > PASSWORD_MOST) {
        return ERR_NOT_FOUND;
    }
    if (!waits(password)) {
        return ERR_BUSY;
    }
    pthread_mutex_lock(&password->turn);
    int error = derive(password, plain, hash);
    pthread_mutex_unlock(&password->turn);
    pthread_mutex_lock(&password->lock);
    password->waiting--;
    pthread_mutex_unlock(&password->lock);
    error = error ? error : CRYPTO_memcmp(hash, password->hash, HASH) == 0 ? 0 : ERR_NOT_FOUND;
    OPENSSL_cleanse(hash, sizeof hash);
    return error;
}
