#include "ctl/top/screen.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/buffer.h"

enum { SCREEN_BYTES = 1 << 20, COLUMNS = 80 };
#define ENTER "\033[?1049h\033[?25l"
#define LEAVE "\033[?25h\033[?1049l"
#define CLEAR "\033[H\033[J"

static struct {
    bool there, entered, keys, colours;
    struct termios before;
    struct buffer last;
} screen;

bool screen_is_there(void)
{
    const char *none = getenv("NO_COLOR");
    screen.there = isatty(STDOUT_FILENO) == 1;
    screen.colours = screen.there && !(none && *none);
    buffer_init(&screen.last, SCREEN_BYTES);
    return screen.there;
}

void screen_size(size_t *columns, size_t *rows)
{
    struct winsize size = {0};
    bool sized = screen.there && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    *columns = sized ? size.ws_col : COLUMNS;
    *rows = sized && screen.entered && size.ws_row > 2 ? size.ws_row - 2U : 0;
}

void screen_enter(void)
{
    struct termios raw;
    screen.entered = screen.there;
    if (!screen.there) {
        return;
    }
    screen.keys = isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &screen.before) == 0;
    if (screen.keys) {
        raw = screen.before;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO); /* keys at once; Ctrl-C stays a signal */
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    (void)fputs(ENTER, stdout);
}

void screen_show(struct text text)
{
    if (screen.entered) {
        (void)fputs(CLEAR, stdout);
        buffer_clear(&screen.last, SCREEN_BYTES);
        buffer_add_text(&screen.last, text);
    }
    (void)fwrite(text.data, 1, text.size, stdout);
    (void)fflush(stdout);
}

void screen_leave(void)
{
    if (screen.keys) {
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &screen.before);
    }
    if (screen.entered) {
        (void)fputs(LEAVE, stdout);
        (void)fwrite(screen.last.data ? screen.last.data : "", 1, screen.last.size, stdout);
        (void)fflush(stdout);
    }
    screen.entered = screen.keys = false;
    buffer_fini(&screen.last);
}

char screen_key(int64_t ms)
{
    struct pollfd in = {.fd = screen.keys ? STDIN_FILENO : -1, .events = POLLIN};
    char key = 0;
    return poll(&in, 1, (int)ms) == 1 && (in.revents & POLLIN) != 0 && read(STDIN_FILENO, &key, 1) == 1 ? key : 0;
}

bool screen_has_colours(void)
{
    return screen.colours;
}

const char *screen_bold(void)
{
    return screen.colours ? "\033[1m" : "";
}

const char *screen_plain(void)
{
    return screen.colours ? "\033[0m" : "";
}
