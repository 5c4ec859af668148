#include "common/link/keys.h"
#include "common/base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "common/config/envfile.h"
#include "common/log/log.h"

enum { BYTES = 32 /* of a key */, ENFORCE_DOMAIN = 93 /* ZMQ_ZAP_ENFORCE_DOMAIN: zmq.h shows it among the drafts */ };

int link_security_read(const char *word, enum link_security *out, struct cause *cause)
{
    if (!word) {
        *out = SECURITY_BY_ADDRESS;
    } else if (strcmp(word, "curve") == 0) {
        *out = SECURITY_CURVE;
    } else if (strcmp(word, "none") == 0) {
        *out = SECURITY_NONE;
    } else {
        return cause_set(cause, ERR_INPUT,
                         "LINK_SECURITY=%s: not known; write curve or none, or leave it unset: curve off this host",
                         word);
    }
    return 0;
}

bool link_security_curve(enum link_security security, const struct link_address *address)
{
    return security == SECURITY_BY_ADDRESS ? !address->private : security == SECURITY_CURVE;
}

/* ---- reading ---- */

static bool key_of(struct text word, struct link_key *out)
{
    uint8_t bytes[BYTES];
    struct link_key key = {""};
    if (word.size != LINK_KEY) {
        return false;
    }
    memcpy(key.z85, word.data, LINK_KEY);
    bool valid = zmq_z85_decode(bytes, key.z85) != NULL;
    explicit_bzero(bytes, sizeof bytes);
    if (valid) {
        *out = key;
    }
    return valid;
}

static int file_read(const char *dir, const char *name, char path[PATH_MAX], char **out, struct cause *cause)
{
    if (!dir || (size_t)snprintf(path, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX) {
        (void)cause_set(cause, ERR_INPUT, "LINK_KEY_DIR: no folder of keys is named");
        return ERR_INPUT;
    }
    int error = envfile_slurp(path, LINK_KEY_FILE_MAX, true, out, cause);
    if (error == ERR_NOT_FOUND) {
        return cause_set(
            cause, ERR_INPUT,
            "%s is missing: make keys with `dianchen keys new`, copy the folder to every host and name it in "
            "LINK_KEY_DIR; or set LINK_SECURITY=none if the network is private",
            path);
    }
    return error;
}

static int key_read(const char *dir, const char *name, struct link_key *out, struct cause *cause)
{
    char path[PATH_MAX], *bytes = NULL;
    int error = file_read(dir, name, path, &bytes, cause);
    if (error) {
        return error;
    }
    if (!key_of(text_trim(text_of(bytes)), out)) {
        error = cause_set(cause, ERR_INPUT, "%s: holds no key of %d characters: copy it anew, or `dianchen keys new`",
                          path, LINK_KEY);
    }
    explicit_bzero(bytes, strlen(bytes));
    free(bytes);
    return error;
}

static int secret_read(const char *dir, const char *name, struct link_key *out, struct cause *cause)
{
    char path[PATH_MAX];
    struct stat status;
    int error = key_read(dir, name, out, cause);
    if (error) {
        return error;
    }
    secret_add((struct text){out->z85, LINK_KEY});
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    if (stat(path, &status) == 0 && (status.st_mode & S_IRWXO) != 0) {
        log_line(EVENT_LINK_KEYS, "%s is open to everyone on this host: chmod o= it", path);
    }
    return 0;
}

int link_keys_allowed(const char *dir, struct link_key **out, size_t *count, struct cause *cause)
{
    char path[PATH_MAX], *bytes = NULL;
    int error = file_read(dir, "clients.allow", path, &bytes, cause);
    struct link_key *keys = error ? NULL : calloc(strlen(bytes) / LINK_KEY + 1, sizeof *keys);
    if (!error && !keys) {
        error = cause_set(cause, ERR_MEMORY, "out of memory");
    }
    size_t n = 0;
    struct text rest = text_of(bytes);
    for (int line = 1; !error && rest.size > 0; line++) {
        const char *end = memchr(rest.data, '\n', rest.size);
        size_t size = end ? (size_t)(end - rest.data) : rest.size;
        struct text word = text_trim((struct text){rest.data, size});
        size += end != NULL;
        rest = (struct text){rest.data + size, rest.size - size};
        for (size_t i = 0; i < word.size; i++) {
            if (word.data[i] == ' ' || word.data[i] == '\t') {
                word.size = i; /* what follows a key is a comment */
            }
        }
        if (word.size > 0 && word.data[0] != '#' && !key_of(word, &keys[n++])) {
            error = cause_set(cause, ERR_INPUT, "%s:%d: not a key of %d characters; a line is what client.public holds",
                              path, line, LINK_KEY);
        }
    }
    if (!error && n == 0) { /* also what an editor leaves for a moment */
        error = cause_set(cause, ERR_INPUT, "%s: lets nobody in; a line is what client.public holds", path);
    }
    free(bytes);
    if (error) {
        free(keys);
        return error;
    }
    *out = keys;
    *count = n;
    return 0;
}

/* ---- sockets ---- */

static int set_key(void *socket, int option, const struct link_key *key)
{
    return zmq_setsockopt(socket, option, key->z85, sizeof key->z85);
}

int link_keys_serve(void *socket, const char *dir, struct cause *cause)
{
    static const char domain[] = "dianchen";
    static const int yes = 1;
    struct link_key secret;
    int error = secret_read(dir, "server.secret", &secret, cause);
    if (error) {
        return error;
    }
    if (zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &yes, sizeof yes) || set_key(socket, ZMQ_CURVE_SECRETKEY, &secret) ||
        zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, domain, sizeof domain - 1) ||
        zmq_setsockopt(socket, ENFORCE_DOMAIN, &yes, sizeof yes)) {
        error = cause_set(cause, ERR_IO, "this libzmq has no CURVE (%s): use Debian's libzmq5", zmq_strerror(errno));
    }
    explicit_bzero(&secret, sizeof secret);
    return error;
}

int link_client_read(const char *dir, struct link_client *out, struct cause *cause)
{
    int error = key_read(dir, "server.public", &out->server, cause);
    error = error ? error : secret_read(dir, "client.secret", &out->secret, cause);
    if (!error && zmq_curve_public(out->public.z85, out->secret.z85)) {
        error = cause_set(cause, ERR_IO, "this libzmq has no CURVE (%s): use Debian's libzmq5", zmq_strerror(errno));
    }
    return error;
}

int link_client_apply(void *socket, const struct link_client *client)
{
    return set_key(socket, ZMQ_CURVE_SERVERKEY, &client->server) ||
                   set_key(socket, ZMQ_CURVE_PUBLICKEY, &client->public) ||
                   set_key(socket, ZMQ_CURVE_SECRETKEY, &client->secret)
               ? ERR_IO
               : 0;
}

/* ---- making ---- */

static int private_make(const char *dir)
{
    char path[PATH_MAX];
    size_t size = strlen(dir);
    if (size == 0 || size >= sizeof path) {
        errno = ENAMETOOLONG;
        return ERR_IO;
    }
    memcpy(path, dir, size + 1);
    for (size_t i = 1; i <= size; i++) {
        if (path[i] == '/' || path[i] == '\0') {
            path[i] = '\0';
            if (mkdir(path, 0700) != 0 && errno != EEXIST) {
                return ERR_IO;
            }
            path[i] = i < size ? '/' : '\0';
        }
    }
    return 0;
}

static int key_write(int folder, const char *name, mode_t mode, const char *head, const struct link_key *key)
{
    char text[200];
    int size = snprintf(text, sizeof text, "%s%s\n", head, key->z85);
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    int error = fd < 0 || fchmod(fd, mode) != 0 || write(fd, text, (size_t)size) != size || fsync(fd) != 0 ? ERR_IO : 0;
    int why = errno;
    if (fd >= 0) {
        close(fd);
    }
    explicit_bzero(text, sizeof text);
    errno = why;
    return error;
}

int link_keys_new(const char *dir, struct cause *cause)
{
    struct link_key server = {""}, server_secret = {""}, client = {""}, client_secret = {""};
    const struct {
        const char *name;
        mode_t mode;
        const char *head;
        const struct link_key *key;
    } files[] = {
        {"server.secret", 0600, "", &server_secret},
        {"server.public", 0644, "", &server},
        {"client.secret", 0600, "", &client_secret},
        {"client.public", 0644, "", &client},
        {"clients.allow", 0644, "# public keys of the clients that are let in, one a line; read again when changed\n",
         &client},
    };
    if (zmq_curve_keypair(server.z85, server_secret.z85) || zmq_curve_keypair(client.z85, client_secret.z85)) {
        return cause_set(cause, ERR_IO, "no keys can be made (%s)", zmq_strerror(errno));
    }
    int folder = private_make(dir) ? -1 : open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = folder < 0 ? cause_set(cause, ERR_INPUT, "%s: %s", dir, strerror(errno)) : 0;
    for (size_t i = 0; !error && i < sizeof files / sizeof *files; i++) {
        if (faccessat(folder, files[i].name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
            error = cause_set(cause, ERR_INPUT, "%s/%s stands there already; nothing was changed: name another folder",
                              dir, files[i].name);
        }
    }
    for (size_t i = 0; !error && i < sizeof files / sizeof *files; i++) {
        if (key_write(folder, files[i].name, files[i].mode, files[i].head, files[i].key)) {
            error = cause_set(cause, ERR_INPUT, "%s/%s: %s", dir, files[i].name, strerror(errno));
        }
    }
    if (folder >= 0) {
        close(folder);
    }
    explicit_bzero(&server_secret, sizeof server_secret);
    explicit_bzero(&client_secret, sizeof client_secret);
    return error;
}
