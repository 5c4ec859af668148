/* Loaded into a program (LD_PRELOAD), makes it die as a crash would when certain bytes go through its sockets:
 * DEADLY_PROGRAM=transformer  DEADLY_CALL=send|recv  DEADLY_BYTES=text. Other programs go on as they are. */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

ssize_t deadly_send(int socket, const void *bytes, size_t size, int flags) __asm__("send");
ssize_t deadly_recv(int socket, void *bytes, size_t size, int flags) __asm__("recv");

static void look(const char *call, const void *bytes, size_t size)
{
    const char *program = getenv("DEADLY_PROGRAM"), *wanted = getenv("DEADLY_CALL"), *word = getenv("DEADLY_BYTES");
    if (program && wanted && word && strcmp(wanted, call) == 0 && strcmp(program_invocation_short_name, program) == 0 &&
        memmem(bytes, size, word, strlen(word))) {
        (void)raise(SIGKILL);
    }
}

ssize_t deadly_send(int socket, const void *bytes, size_t size, int flags)
{
    ssize_t (*next)(int, const void *, size_t, int);
    *(void **)(void *)&next = dlsym(RTLD_NEXT, "send");
    look("send", bytes, size);
    return next(socket, bytes, size, flags);
}

ssize_t deadly_recv(int socket, void *bytes, size_t size, int flags)
{
    ssize_t (*next)(int, void *, size_t, int);
    *(void **)(void *)&next = dlsym(RTLD_NEXT, "recv");
    ssize_t got = next(socket, bytes, size, flags);
    if (got > 0) {
        look("recv", bytes, (size_t)got);
    }
    return got;
}
