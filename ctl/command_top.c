/* `dianchen top`: what flows, what waits, and which stage or API limits it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "ctl/board.h"
#include "ctl/command.h"

enum { BOARD_BYTES = 1 << 20, COLUMNS = 80 };
#define TOP_AT "127.0.0.1:9701,127.0.0.1:9702,127.0.0.1:9703"
#define SCREEN_ENTER "\033[?1049h\033[?25l"
#define SCREEN_LEAVE "\033[?25h\033[?1049l"
#define SCREEN_CLEAR "\033[H\033[J"

struct top {
    const char *at;
    int64_t every;
    bool once, json;
    struct scrape scrape;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

/* Ends early at a signal. */
static void pause_ms(int64_t ms)
{
    if (!interrupted) {
        (void)nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
    }
}

static int look(struct top *top, struct cause *cause)
{
    int error = scrape_resolve(&top->scrape, top->at, cause);
    return error ? error : scrape_take(&top->scrape, cause);
}

static size_t answering(const struct scrape *scrape)
{
    size_t up = 0;
    for (size_t i = 0; i < scrape->count; i++) {
        up += scrape->workers[i].now.up;
    }
    return up;
}

static void show(const struct top *top, bool terminal)
{
    struct buffer out;
    struct verdict verdict;
    buffer_init(&out, BOARD_BYTES);
    verdict_find(&top->scrape, &verdict);
    if (top->json) {
        board_json(&top->scrape, &verdict, &out);
        buffer_add_char(&out, '\n');
    } else {
        struct winsize size = {0};
        bool sized = terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
        size_t rows = sized && !top->once && size.ws_row > 2 ? size.ws_row - 2U : 0;
        char stamp[20] = "";
        time_t now = time(NULL);
        struct tm at;
        (void)strftime(stamp, sizeof stamp, "%H:%M:%S", localtime_r(&now, &at));
        buffer_format(&out, "%sdianchen %s   %s\n", terminal && !top->once ? SCREEN_CLEAR : "", stamp, verdict.scheme);
        board_table(&top->scrape, &verdict, sized ? size.ws_col : COLUMNS, rows, &out);
    }
    (void)fwrite(out.data, 1, out.size, stdout);
    (void)fflush(stdout);
    buffer_fini(&out);
}

static int watch(struct top *top, struct cause *cause)
{
    bool terminal = isatty(STDOUT_FILENO) == 1;
    int error = look(top, cause);
    if (!error && answering(&top->scrape) == 0) {
        const char *why = top->scrape.count > 0 ? top->scrape.workers[0].now.why : "no address";
        return cause_set(cause, ERR_TIMEOUT,
                         "%s: no stage answers (%s); start them, or name them with --at HOST:PORT,…", top->at, why);
    }
    if (!error && terminal && !top->once) {
        fputs(SCREEN_ENTER, stdout);
        show(top, terminal);
    }
    while (!error && !interrupted) {
        pause_ms(top->every);
        if (interrupted) {
            break;
        }
        error = look(top, cause);
        if (!error) {
            show(top, terminal);
        }
        if (top->once) {
            break;
        }
    }
    if (terminal && !top->once) {
        fputs(SCREEN_LEAVE, stdout);
        (void)fflush(stdout);
    }
    return error;
}

int command_top(int argc, char **argv)
{
    struct top top = {0};
    const struct config_option options[] = {
        {"--at", NULL, CONFIG_TEXT, TOP_AT, true, "where the workers serve /metrics: HOST:PORT,… (a name: all of its)",
         &top.at, 0, 0},
        {"--every", NULL, CONFIG_DURATION, "2s", true, "between two looks", &top.every, 100, 3600000},
        {"--once", NULL, CONFIG_SWITCH, NULL, false, "two looks, one answer, then end", &top.once, 0, 0},
        {"--json", NULL, CONFIG_SWITCH, NULL, false, "one JSON object on one line for each look", &top.json, 0, 0},
    };
    const struct config_program program = {
        "dianchen",
        "dianchen top [--at HOST:PORT,...] [--every 2s] [--once] [--json]",
        "What flows and what waits, stage by stage, and what limits it. Ctrl-C ends it.",
        options,
        sizeof options / sizeof *options,
        NULL};
    int exit_code = EXIT_COMPLETE;
    if (command_read(&program, argc, argv, 0, NULL, NULL, &exit_code) != 0) {
        return exit_code;
    }
    struct sigaction action = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    struct cause cause = {""};
    int error = watch(&top, &cause);
    scrape_free(&top.scrape);
    if (error) {
        exit_code = error == ERR_INPUT ? EXIT_USAGE : error == ERR_TIMEOUT ? EXIT_UNFINISHED : EXIT_REFUSED;
        return log_fatal(&cause, exit_code);
    }
    return EXIT_COMPLETE;
}
