/* console: the web page and the API over one store. It reads the store, asks `dianchen` for what stages do, and serves both on
 * a loopback address until SIGTERM. `console token …` manages who may call the API. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/harden.h"
#include "common/base/language.h"
#include "common/base/print.h"
#include "common/base/typed.h"
#include "common/config/console.h"
#include "common/log/log.h"
#include "console/console.h"
#include "console/serve/server.h"
#include "console/work/webhook.h"

static struct console_order order;
static const struct config_option options[] = {CONSOLE_OPTIONS(order)};
static const char *const operands[] = CONSOLE_OPERANDS;
static const struct config_program program = {
    .name = "console",
    .synopsis = "console [OPTION...] | console token new --name NAME [--read-only] | console token list | console "
                "token remove NAME | console password",
    .about = N_("The web console and its API. Prints a link that logs one browser in, once, within 10 minutes.\n"
                "token new: prints a token for programs and for logging in; only its hash is kept.\n"
                "password: asks for a password, and prints the line for --password-file."),
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .operands = operands,
    .operand_most = CONSOLE_WORDS};

/* ---- tokens ---- */

struct token_order {
    struct text name;
    enum console_role role;
    char token[TOKEN_SIZE + 1], hash[TOKEN_HASH + 1];
};

static int token_new(struct store *store, void *user)
{
    struct token_order *wanted = user;
    int error = token_keep(store, wanted->name, wanted->hash, wanted->role);
    const struct audit line = {.who = TEXT("command line"),
                               .did = TEXT("token.new"),
                               .subject = wanted->name,
                               .before = TEXT(""),
                               .after = text_of(role_text(wanted->role))};
    return error ? error : audit_put(store, &line);
}

static int token_gone(struct store *store, void *user)
{
    const struct token_order *wanted = user;
    int error = token_remove(store, wanted->name);
    const struct audit line = {.who = TEXT("command line"),
                               .did = TEXT("token.remove"),
                               .subject = wanted->name,
                               .before = TEXT(""),
                               .after = TEXT("")};
    return error ? error : audit_put(store, &line);
}

static void token_show(void *user, struct text name, enum console_role role, int64_t created)
{
    (void)user;
    time_t seconds = (time_t)(created / 1000);
    struct tm tm;
    char day[20] = "";
    if (localtime_r(&seconds, &tm)) {
        (void)strftime(day, sizeof day, "%Y-%m-%d", &tm);
    }
    print_line(stdout, "%-30.*s  %-9s  %s", TEXT_ARG(name), role_text(role), day);
}

static int list_tokens(struct store *store, void *user)
{
    return token_each(store, token_show, user);
}

static int token_fail(const char *what, struct text name, int error, const struct cause *cause)
{
    struct cause told;
    if (error == ERR_INPUT) {
        (void)cause_set(&told, error, "token %s: --name: letters, digits, '.', '_' and '-', at most %d", what,
                        (int)TOKEN_NAME_MAX);
    } else if (error == ERR_REFUSED) {
        (void)cause_set(&told, error, "token new: %.*s has one already; console token remove %.*s takes it away",
                        TEXT_ARG(name), TEXT_ARG(name));
    } else if (error == ERR_NOT_FOUND) {
        (void)cause_set(&told, error, "token remove: there is no token named %.*s", TEXT_ARG(name));
    } else {
        told = *cause;
    }
    return log_fatal(&told,
                     error == ERR_INPUT || error == ERR_REFUSED || error == ERR_NOT_FOUND ? EXIT_USAGE : EXIT_REFUSED);
}

/* Of two lines of a terminal, or of the first line of stdin. */
static int password_print(void)
{
    char first[PASSWORD_MOST + 3], again[PASSWORD_MOST + 3], line[PASSWORD_LINE];
    struct cause cause = {""};
    bool person = isatty(STDIN_FILENO) == 1;
    bool same = true;
    if (person) {
        print_line(stderr, "console: the new password, which is not shown:");
    }
    int error = typed_line(true, first, sizeof first) ? 0 : cause_set(&cause, ERR_INPUT, "the password: none came");
    if (!error && person) {
        print_line(stderr, "console: once more:");
        same = typed_line(true, again, sizeof again) && strcmp(first, again) == 0;
        explicit_bzero(again, sizeof again);
    }
    error = error || same ? error : cause_set(&cause, ERR_INPUT, "the two passwords differ; begin again");
    error = error ? error : password_make(text_of(first), line, &cause);
    explicit_bzero(first, sizeof first);
    if (error) {
        return log_fatal(&cause, EXIT_USAGE);
    }
    print_line(stdout, "%s", line);
    return EXIT_COMPLETE;
}

static int tokens_serve(char **words, size_t count, struct stores *stores)
{
    struct token_order wanted = {.role = order.read_only ? ROLE_READER : ROLE_ADMIN};
    struct cause cause = {""};
    int error;
    if (count == 2 && strcmp(words[1], "list") == 0) {
        error = stores_use(stores, false, list_tokens, NULL, &cause);
    } else if (count == 3 && strcmp(words[1], "remove") == 0) {
        wanted.name = text_of(words[2]);
        error = stores_use(stores, true, token_gone, &wanted, &cause);
    } else if (count == 2 && strcmp(words[1], "new") == 0) {
        wanted.name = text_of(order.name);
        error = token_make(wanted.token);
        error = error ? error : token_hash(text_of(wanted.token), wanted.hash);
        error = error ? error : stores_use(stores, true, token_new, &wanted, &cause);
        if (!error) {
            print_line(stdout, "%s", wanted.token);
        }
    } else {
        print_line(stderr, "console: usage: %s", program.synopsis);
        return EXIT_USAGE;
    }
    return error ? token_fail(words[1], wanted.name, error, &cause) : EXIT_COMPLETE;
}

/* ---- serving ---- */

static int console_open(struct console *console, struct cause *cause)
{
    static const char *const classes[] = {NULL,           NULL, "class=\"2xx\"", "class=\"3xx\"", "class=\"4xx\"",
                                          "class=\"5xx\""};
    int error = catalog_new(order.scheme, &console->catalog, cause);
    /* Programs that we ask say everything in English: who reads it has a language of his own (console/serve/said.h). */
    if (!error && setenv(LANGUAGE_VARIABLE, "en", 1) != 0) {
        error = cause_set(cause, ERR_MEMORY, "out of memory");
    }
    (void)!language_load(NULL); /* without a catalog all is said in English */
    console->hosts = order.hosts;
    if (!error && (order.certificate || order.key)) {
        error = tls_read(order.certificate, order.key, &console->tls, cause);
    }
    if (!error && order.password) {
        error = password_read(order.password, &console->password, cause);
    }
    error = error ? error : sessions_new(&console->sessions);
    error = error ? error : metrics_new(&console->metrics);
    error = error ? error : live_new(order.at, &console->live, cause);
    error = error ? error : jobs_new(&console->jobs, cause);
    error = error ? error : readings_new(&console->readings);
    for (size_t i = 2; !error && i < sizeof classes / sizeof *classes; i++) {
        console->answers[i] = metrics_add(console->metrics, FAMILY_CONSOLE_ANSWERS, classes[i]);
    }
    return error ? error : metrics_serve(console->metrics, order.metrics, NULL, "console", NULL, cause);
}

static void parts_close(struct console *console)
{
    jobs_free(&console->jobs);
    live_free(&console->live);
    readings_free(&console->readings);
    metrics_free(&console->metrics);
    sessions_free(&console->sessions);
    password_free(&console->password);
    tls_free(&console->tls);
    catalog_free(&console->catalog);
}

static void say_where(const struct console *console, const struct server *server)
{
    if (!order.no_link) {
        const char *address = server_address(server), *port = strrchr(address, ':');
        size_t first = order.hosts ? strcspn(order.hosts, ",") : 0;
        char named[300];
        (void)snprintf(named, sizeof named, "%.*s%s", first > 0 ? (int)first : 9, first > 0 ? order.hosts : "127.0.0.1",
                       port ? port : "");
        print_line(stdout, "%s://%s/#token=%s", console->tls.key ? "https" : "http",
                   order.published || first > 0 ? named : address, sessions_link(console->sessions));
        (void)fflush(stdout);
        print_line(stderr,
                   console->open
                       ? "console: open the link above in a browser: it logs in once, within 10 minutes. Ctrl-C ends."
                       : "console: open the link above in a browser on this host: it logs in once, within 10 minutes. "
                         "Ctrl-C ends.");
    }
    log_event(EVENT_CONSOLE_LISTENING, "the console is there", "address", LOG_STR(server_address(server)),
              (const char *)NULL);
}

/* Until SIGTERM or SIGINT, which all threads block. */
static int serve(struct console *console)
{
    struct cause cause = {""};
    struct server *server = NULL;
    struct webhook *webhook = NULL;
    const struct webhook_options told = {
        order.webhook, order.webhook_secret, {order.proxy, order.http_proxy, order.no_proxy, order.ca_file}};
    sigset_t ends;
    int signal = 0;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &ends, NULL);
    drafts_sweep();
    int error = console_open(console, &cause);
    error = error ? error : webhook_new(&told, console->stores, &webhook, &cause);
    error = error ? error : server_start(console, order.bind, order.published, &server, &cause);
    if (!error) {
        say_where(console, server);
        metrics_ready(console->metrics, NULL);
        while (sigwait(&ends, &signal) != 0) {
        }
    }
    server_stop(&server);
    webhook_free(&webhook);
    parts_close(console);
    return error ? log_fatal(&cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED) : EXIT_COMPLETE;
}

static int run(int argc, char **argv)
{
    static struct console console;
    struct cause cause;
    char **words = NULL;
    size_t count = 0;
    int error = config_read(&program, argc, argv, &words, &count, &cause);
    if (error == CONFIG_DONE) {
        return EXIT_COMPLETE;
    }
    bool password = !error && count == 1 && strcmp(words[0], "password") == 0;
    if (!error && count > 0 && !password && strcmp(words[0], "token") != 0) {
        error = cause_set(&cause, ERR_INPUT, "%s: no such word; console --help", words[0]);
    }
    error = error ? error : log_open("console", order.log, &cause);
    if (!error && password) {
        return password_print();
    }
    /* In the environment of the programs that we start, not among their words, which show in ps. */
    if (!error && setenv("DIANCHEN_STORE", order.store, 1) != 0) {
        error = cause_set(&cause, ERR_MEMORY, "out of memory");
    }
    error = error ? error : stores_open(order.store, &console.stores, &cause);
    if (error) {
        return log_fatal(&cause, EXIT_USAGE);
    }
    int code = count > 0 ? tokens_serve(words, count, console.stores) : serve(&console);
    stores_close(&console.stores);
    log_flush();
    return code;
}

int main(int argc, char **argv)
{
    harden();
    (void)signal(SIGPIPE, SIG_IGN);
    return print_end("console", run(argc, argv));
}
