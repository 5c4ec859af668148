/* `dianchen init`: the first steps: asks for what is needed, writes the env file, ends with a check. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/language.h"
#include "common/base/print.h"
#include "common/base/typed.h"
#include "common/config/envfile.h"
#include "common/log/log.h"
#include "ctl/children/call.h"
#include "ctl/command/table.h"
#include "ctl/show/file.h"

enum { ANSWER_MAX = 4096, NAME_ROOM = 80 };

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
    "shows them. Each answer is kept at once: called again, it asks only for what the file still lacks. Nothing that\n"
    "stands there is overwritten.",
    options, .operands = operands);

/* What is asked for, in this order. */
static const struct init_question {
    enum config_setting_id id;
    bool optional; /* may stay empty for now */
    const char *where;
    const char *list; /* `dianchen lookup` shows what there is to choose from; NULL: nothing */
} questions[] = {
    {SETTING_WDT_APP_KEY, false, N_("open.taobao.com, your application: App Key"), NULL},
    {SETTING_WDT_APP_SECRET, false, N_("the same page: App Secret"), NULL},
    {SETTING_WDT_SID, false,
     N_("the seller account that you log in to 旺店通 with; your 旺店通 consultant confirms it"), NULL},
    {SETTING_XINGCHEN_CLIENT_ID, false, N_("Kingdee's open platform, your application: client id"), NULL},
    {SETTING_XINGCHEN_CLIENT_SECRET, false, N_("the same page: client secret"), NULL},
    {SETTING_XINGCHEN_USERNAME, false,
     N_("a user of the book who may read and add materials; the book's administrator"), NULL},
    {SETTING_XINGCHEN_PASSWORD, false, N_("with which that user logs in; the administrator can set a new one"), NULL},
    {SETTING_XINGCHEN_ACCOUNT_ID, true,
     N_("one of the accounts that this login sees; it may stay empty for now: dianchen init asks again"), "accounts"},
    {SETTING_XINGCHEN_UNIT_ID, true,
     N_("one of the account's units; it may stay empty for now: dianchen init asks again"), "units"},
    {SETTING_ALERT_URL, true, N_("the webhook address of a group robot; empty: nobody is told of trouble"), NULL},
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

/* Shows what there is to choose from, as the answers so far let us ask; a failure says its reason, and the question comes all the
 * same. */
static void show_list(const char *list)
{
    struct cause cause;
    const char *const words[] = {"--lookup", list, "--env-file", order.file, NULL};
    print_line(stderr, "%s", "");
    (void)fflush(NULL);
    if (child_show("loader", words, &cause) < 0) {
        (void)log_fatal(&cause, EXIT_REFUSED);
    }
}

/* Asks until there is an answer, or none is needed: a script says nothing by the end of its stdin, a person at a terminal ends
 * all by it. False where stdin ended before. */
static bool ask(const struct init_question *question, char out[ANSWER_MAX])
{
    const struct config_setting *setting = &config_settings[question->id];
    bool person = isatty(STDIN_FILENO) == 1;
    char help[ANSWER_MAX];
    print_line(stderr, "%s", "");
    print_line(stderr, "%s: %s", setting->name, language_line(text_of(setting->help), help, sizeof help));
    print_line(stderr, "  where from: %s", _(question->where));
    for (;;) {
        (void)fprintf(stderr, "%s%s> ", setting->name, person && is_secret(setting) ? _(" (is not shown)") : "");
        (void)fflush(stderr);
        if (!typed_line(is_secret(setting), out, ANSWER_MAX)) {
            out[0] = '\0';
            return question->optional && !person;
        }
        if (out[0] != '\0' || question->optional) {
            return true;
        }
        print_line(stderr, "  it is needed");
    }
}

/* ---- the file ---- */

/* All that is asked for, without values: what a new file begins as. */
static void put_questions(struct buffer *out)
{
    char said[ANSWER_MAX];
    buffer_add_text(out, text_of(_("# Written by dianchen init. All settings: dianchen settings --env\n")));
    for (size_t q = 0; q < QUESTIONS; q++) {
        const struct config_setting *setting = &config_settings[questions[q].id];
        if (setting->section) {
            buffer_format(out, "\n# ---- %s ----\n", _(setting->section));
        }
        buffer_format(out, "# %s\n", language_line(text_of(setting->help), said, sizeof said));
        buffer_format(out, _("# where from: %s\n"), _(questions[q].where));
        buffer_format(out, "%s=\n", setting->name); /* empty is as unset */
    }
}

/* Reads the file that stands there into `out`, or begins a new one. */
static int file_begin(struct buffer *out, struct cause *cause)
{
    char *text = NULL;
    int error = envfile_slurp(order.file, ENVFILE_MAX, true, &text, cause);
    if (error == ERR_NOT_FOUND) {
        put_questions(out);
        return 0;
    }
    if (error == 0) {
        buffer_add_text(out, text_of(text));
        explicit_bzero(text, strlen(text));
    }
    free(text);
    return error;
}

/* Writes the file with this value in its line; "" leaves the line as it is. */
static int file_put(struct buffer *file, const char *name, const char *value, struct cause *cause)
{
    struct buffer edited;
    buffer_init(&edited, ENVFILE_MAX);
    int error = 0;
    if (value[0] != '\0') {
        error = envfile_edit(order.file, buffer_text(file), name, value, &edited, cause);
    } else {
        buffer_add_text(&edited, buffer_text(file));
    }
    error = error ? error : file_write(order.file, buffer_text(&edited), cause);
    struct buffer done = error ? edited : *file;
    *file = error ? *file : edited;
    buffer_wipe(&done);
    buffer_fini(&done);
    return error;
}

/* One value: from the file, the words, the environment, or the person. EXIT_COMPLETE, or the exit code after the reason. */
static int settle(const struct init_question *question, const struct envfile *held, const char *word,
                  struct buffer *file)
{
    const char *name = config_settings[question->id].name;
    const char *stands = held ? envfile_get(held, name) : NULL;
    char answer[ANSWER_MAX] = "", in_file[NAME_ROOM];
    struct cause cause;
    (void)snprintf(in_file, sizeof in_file, "%s_FILE", name);
    stands = stands && stands[0] != '\0' ? stands : held ? envfile_get(held, in_file) : NULL;
    if (stands && stands[0] != '\0') {
        if (word && strcmp(word, stands) != 0) {
            (void)cause_set(&cause, ERR_INPUT, "init: %s stands in %s with another value; change it there by hand",
                            name, order.file);
            return log_fatal(&cause, EXIT_USAGE);
        }
        return EXIT_COMPLETE;
    }
    /* Of the environment alone: another account's env file may stand in this folder. */
    const char *value = word ? word : config_in_environment(name) ? config_variable(name) : NULL;
    if (!value && question->list && !order.no_check) {
        show_list(question->list);
    }
    if (!value && !ask(question, answer)) {
        print_line(stderr, "dianchen: init: %s has no answer; what was answered is kept: dianchen init goes on there",
                   name);
        return EXIT_USAGE;
    }
    value = value ? value : answer;
    int error = file_put(file, name, value, &cause);
    explicit_bzero(answer, sizeof answer);
    return error ? log_fatal(&cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED) : EXIT_COMPLETE;
}

static int settle_all(char **words, size_t count, const struct envfile *held, struct buffer *file)
{
    int code = EXIT_COMPLETE;
    for (size_t q = 0; q < QUESTIONS && code == EXIT_COMPLETE; q++) {
        code = settle(&questions[q], held, word_value(words, count, config_settings[questions[q].id].name), file);
    }
    return code;
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
    int code = words_check(words, count);
    if (code != EXIT_COMPLETE) {
        return code;
    }
    struct envfile *held = NULL;
    struct buffer file;
    buffer_init(&file, ENVFILE_MAX);
    int error = envfile_read(order.file, &held, &cause);
    error = error == ERR_NOT_FOUND ? 0 : error;
    error = error ? error : file_begin(&file, &cause);
    if (error != 0) {
        code = log_fatal(&cause, EXIT_USAGE);
    } else {
        print_line(stderr, "%d questions at most; each answer is kept in %s at once, so that Ctrl-C loses none",
                   (int)QUESTIONS, order.file);
        code = settle_all(words, count, held, &file);
    }
    buffer_wipe(&file);
    buffer_fini(&file);
    envfile_free(&held);
    if (code != EXIT_COMPLETE) {
        return code;
    }
    if (order.no_check) {
        print_line(stdout, "%s is written, for you alone (0600); next: dianchen check", order.file);
        return EXIT_COMPLETE;
    }
    return check();
}
