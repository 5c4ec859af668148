#include "loader/settings.h"

#include "common/scheme/place.h"

enum { OPTIONS_MAX = 100 };

static int check_modes(struct loader_settings *s, char **operands, size_t count, struct cause *cause)
{
    if ((int)s->check + (int)s->find + (s->lookup != NULL) > 1) {
        return cause_set(cause, ERR_INPUT, "--check, --find and --lookup: one of them");
    }
    if (count > (s->lookup ? 1 : 0)) {
        return cause_set(cause, ERR_INPUT, "%s: no such word here; --help tells what is known",
                         operands[s->lookup ? 1 : 0]);
    }
    s->text = count == 1 ? operands[0] : NULL;
    return 0;
}

/* The program's own rows, then those of every driver. What a driver needs is missed only by its check(). */
static size_t options_gather(const struct config_option *own, size_t count, struct config_option *out)
{
    memcpy(out, own, count * sizeof *out);
    for (const struct target_driver *const *driver = target_drivers; *driver; driver++) {
        for (size_t i = 0; i < (*driver)->setting_count && count < OPTIONS_MAX; i++) {
            out[count] = (*driver)->settings[i];
            out[count++].checked_later = true;
        }
    }
    return count;
}

int loader_settings_driver(struct loader_settings *s, const struct scheme *scheme, struct cause *cause)
{
    const struct target_form *form = &scheme->target.form;
    s->driver = target_driver_find(form->driver);
    if (!s->driver) {
        return cause_set(cause, ERR_INPUT, "%s: this program has no driver \"%.*s\", which the API file of %.*s names",
                         s->stage.scheme, TEXT_ARG(form->driver), TEXT_ARG(scheme->target.api));
    }
    /* a check without an account lists the accounts */
    return s->driver->check(form, !s->check && !loader_settings_accounts(s), cause);
}

static int driver_settle(struct loader_settings *s, struct cause *cause)
{
    struct scheme *scheme = NULL;
    int error = scheme_load(s->stage.scheme, &scheme, cause);
    error = error ? error : loader_settings_driver(s, scheme, cause);
    scheme_free(&scheme);
    return error;
}

int loader_settings_read(int argc, char **argv, struct loader_settings *out, struct cause *cause)
{
    *out = (struct loader_settings){.calls_per_minute = -1};
    struct loader_settings *s = out;
    const struct config_option own[] = {
        OPT_SWITCH("--check", s->check, "log in, read one record, say whether all is well, and end"),
        OPT_TEXT("--lookup", s->lookup,
                 "print accounts, or a list of the target's API file: units (that hold TEXT), and end"),
        OPT_SWITCH("--find", s->find, "print what the target holds under each number of stdin, one a line, and end"),
        OPT_TEXT("--changes", s->changes, "in a dry run: the file to append each update to that is not sent"),
        OPT_SWITCH("--json", s->json, "with --lookup: one JSON object on one line"),
        STAGE_OPTIONS(s->stage, "127.0.0.1:9703"),
        OPT_SETTING(STORE, s->stage.store),
        OPT_SETTING(LOADER_UPSTREAM, s->upstream),
        OPT_SETTING(TARGET_CALLS_PER_MINUTE, s->calls_per_minute),
        OPT_SETTING(TARGET_TIMEOUT, s->timeout),
        OPT_SETTING(TARGET_LATE, s->late),
        OPT_SETTING(TARGET_VISIBLE, s->visible),
        ALERT_OPTIONS(s->alert),
        HTTP_NETWORK_OPTIONS(s->network),
        RECORD_OPTIONS(s->record),
    };
    static const char *const names[] = {"[TEXT]", NULL};
    struct config_option options[OPTIONS_MAX];
    const struct config_program program = {
        .name = "loader",
        .synopsis = "loader [--check | --lookup WHAT [TEXT] | --find] [OPTION...]",
        .about = "Takes mapped records from the transformers and writes each into the target exactly once.",
        .options = options,
        .option_count = options_gather(own, sizeof own / sizeof *own, options),
        .operands = names};
    char **operands = NULL;
    size_t count = 0;
    int error = config_read(&program, argc, argv, &operands, &count, cause);
    if (error != CONFIG_GO) {
        return error;
    }
    error = check_modes(s, operands, count, cause);
    bool serves = !s->check && !s->find && !s->lookup;
    return error || (serves && scheme_is_folder(s->stage.scheme)) ? error : driver_settle(s, cause);
}

struct ledger_times loader_settings_times(const struct loader_settings *settings)
{
    return (struct ledger_times){settings->timeout + 5000, settings->late, settings->visible};
}
