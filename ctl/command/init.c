/* `dianchen init`: the first steps: asks for what is needed, writes the env file, ends with a check. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/language.h"
#include "common/base/print.h"
#include "common/base/typed.h"
#include "common/config/envfile.h"
#include "common/log/log.h"
#include "ctl/command/table.h"
#include "ctl/show/file.h"

enum { ANSWER_MAX = 4096, FILE_BYTES = 64 << 10 };

static struct {
    const char *file;
    bool no_check;
} order;
static const struct config_option options[] = {
    OPT_TEXT("--file", order.file, "the file to write", .fallback = ".env"),
    OPT_SWITCH("--no-check", order.no_check, "end when the file stands, without a call"),
};
static const char *const operands[] = {"[NAME=VALUE...]", NULL};
const struct config_program init_program = COMMAND_PROGRAM(
    "init [NAME=VALUE...] [--file .env] [--no-check]",
    "Writes the env file for your own accounts, readable by you alone, and tries it with dianchen check. What the "
    "words\n"
    "and the environment do not give it asks for, and says where each value comes from. Secrets are never words: ps\n"
    "shows them. Nothing that stands there is overwritten.",
    options, .operands = operands);

/* What is asked for, in this order. */
static const struct init_question {
    enum config_setting_id id;
    bool optional; /* may stay empty for now */
    const char *where;
} questions[] = {
    {SETTING_WDT_APP_KEY, false, N_("open.taobao.com, your application: App Key")},
    {SETTING_WDT_APP_SECRET, false, N_("the same page: App Secret")},
    {SETTING_WDT_SID, false,
     N_("the seller account that you log in to 旺店通 with; your 旺店通 consultant confirms it")},
    {SETTING_XINGCHEN_CLIENT_ID, false, N_("Kingdee's open platform, your application: client id")},
    {SETTING_XINGCHEN_CLIENT_SECRET, false, N_("the same page: client secret")},
    {SETTING_XINGCHEN_USERNAME, false,
     N_("a user of the book who may read and add materials; the book's administrator")},
    {SETTING_XINGCHEN_PASSWORD, false, N_("with which that user logs in; the administrator can set a new one")},
    {SETTING_XINGCHEN_ACCOUNT_ID, true, N_("leave it empty now: the check lists the accounts that this login sees")},
    {SETTING_XINGCHEN_UNIT_ID, true, N_("leave it empty now: dianchen lookup units lists them")},
    {SETTING_ALERT_URL, true, N_("the webhook address of a group robot; empty: nobody is told of trouble")},
};
enum { QUESTIONS = sizeof questions / sizeof *questions };

static bool is_secret(const struct config_setting *setting)
{
    return setting->kind == CONFIG_SECRET;
}

/* NAME=VALUE among the words. */
static const char *word_value(char **words, size_t count, const char *name)
{
    size_t size = strlen(name);
    for (size_t i = 0; i < count; i++) {
        if (strncmp(words[i], name, size) == 0 && words[i][size] == '=') {
            return words[i] + size + 1;
        }
    }
    return NULL;
}

/* Each word names something that is asked for, and no secret. */
static int words_check(char **words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct config_setting *found = NULL;
        const char *equals = strchr(words[i], '=');
        struct text name = {words[i], equals ? (size_t)(equals - words[i]) : strlen(words[i])};
        for (size_t q = 0; q < QUESTIONS; q++) {
            const struct config_setting *setting = &config_settings[questions[q].id];
            found = text_equal(name, text_of(setting->name)) ? setting : found;
        }
        if (!found || !equals) {
            print_line(stderr,
                       "dianchen: init: %.*s: not NAME=VALUE of something that is asked for; other settings go "
                       "into the file by hand",
                       TEXT_ARG(name));
            return EXIT_USAGE;
        }
        if (is_secret(found)) {
            print_line(stderr,
                       "dianchen: init: %s: a secret among the words shows in ps: leave it out, it is asked for",
                       found->name);
            return EXIT_USAGE;
        }
    }
    return EXIT_COMPLETE;
}

/* Asks until there is an answer, or none is needed: a script says nothing by the end of its stdin, a person at a terminal ends
 * all by it. False where stdin ended before. */
static bool ask(const struct init_question *question, char out[ANSWER_MAX])
{
    const struct config_setting *setting = &config_settings[question->id];
    char help[ANSWER_MAX];
    print_line(stderr, "%s", "");
    print_line(stderr, "%s: %s", setting->name, language_line(text_of(setting->help), help, sizeof help));
    print_line(stderr, "  where from: %s", _(question->where));
    for (;;) {
        (void)fprintf(stderr, "%s> ", setting->name);
        (void)fflush(stderr);
        if (!typed_line(is_secret(setting), out, ANSWER_MAX)) {
            out[0] = '\0';
            return question->optional && isatty(STDIN_FILENO) != 1;
        }
        if (out[0] != '\0' || question->optional) {
            return true;
        }
        print_line(stderr, "  it is needed");
    }
}

static void put_setting(struct buffer *out, const struct init_question *question, const char *value)
{
    const struct config_setting *setting = &config_settings[question->id];
    char said[ANSWER_MAX];
    if (setting->section) {
        buffer_format(out, "\n# ---- %s ----\n", _(setting->section));
    }
    buffer_format(out, "# %s\n", language_line(text_of(setting->help), said, sizeof said));
    buffer_format(out, _("# where from: %s\n"), _(question->where));
    buffer_format(out, "%s=", setting->name); /* empty is as unset */
    envfile_put_value(out, value);
    buffer_add_char(out, '\n');
}

/* The file's contents. False where stdin ended before all was answered. */
static bool gather(char **words, size_t count, struct buffer *out)
{
    char answer[ANSWER_MAX];
    buffer_add_text(out, text_of(_("# Written by dianchen init. All settings: dianchen settings --env\n")));
    for (size_t q = 0; q < QUESTIONS; q++) {
        const struct config_setting *setting = &config_settings[questions[q].id];
        const char *value = word_value(words, count, setting->name);
        value = value ? value : config_variable(setting->name);
        if (!value && !ask(&questions[q], answer)) {
            print_line(stderr, "dianchen: init: %s has no answer: nothing was written", setting->name);
            return false;
        }
        put_setting(out, &questions[q], value ? value : answer);
    }
    memset(answer, 0, sizeof answer);
    return true;
}

/* `dianchen check` takes our place: it reads the file as every run will. */
static int check(void)
{
    print_line(stderr, "%s is written, for you alone (0600). Now the check, which changes nothing:", order.file);
    (void)fflush(NULL);
    (void)execl("/proc/self/exe", "dianchen", "check", "--env-file", order.file, (char *)NULL);
    struct cause cause;
    (void)cause_set(&cause, ERR_IO, "dianchen check can't be started: %s", strerror(errno));
    return log_fatal(&cause, EXIT_REFUSED);
}

int init_serve(char **words, size_t count)
{
    struct cause cause;
    struct stat st;
    if (lstat(order.file, &st) == 0) {
        (void)cause_set(&cause, ERR_INPUT,
                        "init: %s stands there already; nothing was changed: name another with --file", order.file);
        return log_fatal(&cause, EXIT_USAGE);
    }
    int code = words_check(words, count);
    if (code != EXIT_COMPLETE) {
        return code;
    }
    struct buffer file;
    buffer_init(&file, FILE_BYTES);
    if (!gather(words, count, &file)) {
        code = EXIT_USAGE;
    } else if (file_write(order.file, buffer_text(&file), &cause) != 0) {
        code = log_fatal(&cause, EXIT_REFUSED);
    }
    buffer_wipe(&file);
    buffer_fini(&file);
    if (code != EXIT_COMPLETE) {
        return code;
    }
    if (order.no_check) {
        print_line(stdout, "%s is written, for you alone (0600); next: dianchen check", order.file);
        return EXIT_COMPLETE;
    }
    return check();
}
