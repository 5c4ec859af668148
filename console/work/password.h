/* The console's password: a person logs in with it in the place of a token, where the console is open to other hosts. The file
 * holds one line, which `console password` makes: "scrypt N r p SALT HASH", both in hex. scrypt makes guessing slow (about 50 ms
 * and 16 MiB a try) for whoever gets the file. Any thread. */
#ifndef DIANCHEN_CONSOLE_WORK_PASSWORD_H
#define DIANCHEN_CONSOLE_WORK_PASSWORD_H

#include "common/base/error.h"
#include "common/base/text.h"

enum { PASSWORD_LEAST = 12 /* bytes */, PASSWORD_MOST = 256, PASSWORD_LINE = 160 };

struct password;

/* Makes the line of a password, with a new salt. ERR_INPUT: it is shorter than PASSWORD_LEAST or longer than PASSWORD_MOST. ERR_IO:
 * there are no random bytes, or OpenSSL failed. With the cause. */
int password_make(struct text plain, char out[PASSWORD_LINE], struct cause *cause) WARN_UNUSED;
/* Reads the file. The caller owns *out. ERR_INPUT with the cure: it can't be read, holds no such line, or others may read it. */
int password_read(const char *path, struct password **out, struct cause *cause) WARN_UNUSED;
void password_free(struct password **held);
/* Is it this password? 0; ERR_NOT_FOUND: it is another; ERR_BUSY: several are compared already; ERR_IO: OpenSSL failed. One after
 * the other, since each takes memory. */
int password_fits(struct password *password, struct text plain) WARN_UNUSED;

#endif
