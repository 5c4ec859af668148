#include "common/base/typed.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

bool typed_line(bool hidden, char *out, size_t room)
{
    struct termios before;
    bool terminal = hidden && isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        struct termios silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &silent);
    }
    bool read = fgets(out, (int)room, stdin) != NULL;
    if (terminal) {
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
        (void)fputc('\n', stderr);
    }
    if (read) {
        out[strcspn(out, "\r\n")] = '\0';
    }
    return read;
}
