#include "console/serve/tls.h"

#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/config/envfile.h"

enum { FILE_MOST = 256 << 10 };

static int pem_read(const char *option, const char *path, char **out, struct cause *cause)
{
    int error = envfile_slurp(path, FILE_MOST, true, out, cause);
    return error == ERR_NOT_FOUND ? cause_set(cause, ERR_INPUT, "%s %s: there is no such file", option, path) : error;
}

/* A key behind a passphrase has nobody here to tell it. */
static int no_passphrase(char *out, int size, int writing, void *user)
{
    (void)out, (void)size, (void)writing, (void)user;
    return -1;
}

static int together(const char *certificate, const char *key, const struct tls *tls, struct cause *cause)
{
    BIO *certificates = BIO_new_mem_buf(tls->certificate, -1), *keys = BIO_new_mem_buf(tls->key, -1);
    X509 *first = certificates ? PEM_read_bio_X509(certificates, NULL, no_passphrase, NULL) : NULL;
    EVP_PKEY *secret = keys ? PEM_read_bio_PrivateKey(keys, NULL, no_passphrase, NULL) : NULL;
    int error = 0;
    if (!first) {
        error = cause_set(cause, ERR_INPUT, "--tls-certificate %s: holds no certificate in PEM", certificate);
    } else if (!secret) {
        error = cause_set(cause, ERR_INPUT, "--tls-key %s: holds no private key in PEM without a passphrase", key);
    } else if (X509_check_private_key(first, secret) != 1) {
        error = cause_set(cause, ERR_INPUT, "--tls-key %s: is not the key of %s", key, certificate);
    } else if (X509_cmp_current_time(X509_get0_notAfter(first)) < 0) {
        error = cause_set(cause, ERR_INPUT, "--tls-certificate %s: has expired; get a new one", certificate);
    }
    EVP_PKEY_free(secret);
    X509_free(first);
    BIO_free(keys);
    BIO_free(certificates);
    return error;
}

int tls_read(const char *certificate, const char *key, struct tls *out, struct cause *cause)
{
    struct stat st;
    *out = (struct tls){NULL, NULL};
    if (!certificate || !key) {
        return cause_set(cause, ERR_INPUT, "%s is given, %s too is wanted",
                         certificate ? "--tls-certificate" : "--tls-key",
                         certificate ? "--tls-key" : "--tls-certificate");
    }
    int error = pem_read("--tls-certificate", certificate, &out->certificate, cause);
    error = error ? error : pem_read("--tls-key", key, &out->key, cause);
    if (!error && (stat(key, &st) != 0 || (st.st_mode & S_IRWXO) != 0)) {
        error =
            cause_set(cause, ERR_INPUT, "--tls-key %s: other users of this host may read it: chmod 600 %s", key, key);
    }
    error = error ? error : together(certificate, key, out, cause);
    if (error) {
        tls_free(out);
    }
    return error;
}

void tls_free(struct tls *tls)
{
    if (tls->key) {
        OPENSSL_cleanse(tls->key, strlen(tls->key));
    }
    free(tls->key);
    free(tls->certificate);
    *tls = (struct tls){NULL, NULL};
}
