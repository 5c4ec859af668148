#include "common/config/help.h"

#include <stdio.h>

#include "common/base/buffer.h"
#include "common/base/columns.h"
#include "common/base/language.h"

const char config_exit_codes[] = N_("Exit codes: 0 complete, 1 refused or failed, 2 wrong before any call, 3 complete "
                                    "with rejects, 4 unfinished and resumable.");

static const char *option_operand(const struct config_option *option)
{
    static const char *const words[] = {" TEXT", "", " N", " TIME", "", " URL"};
    return words[option->kind];
}

enum { HELP_BYTES = 4096, LEFT_ROOM = 64, FLAG_COLUMNS = 20, NAME_COLUMNS = 26 };

static void help_row(const char *flag, const char *operand, const char *name, const char *help, const char *fallback)
{
    char left[LEFT_ROOM], row[HELP_BYTES];
    (void)snprintf(left, sizeof left, "%s%s", flag ? flag : "", flag ? operand : "");
    struct buffer line;
    buffer_init(&line, HELP_BYTES);
    buffer_add_text(&line, TEXT("  "));
    columns_pad(&line, text_of(left), FLAG_COLUMNS);
    buffer_add_char(&line, ' ');
    columns_pad(&line, text_of(name ? name : ""), NAME_COLUMNS);
    buffer_add_char(&line, ' ');
    buffer_add_text(&line, text_of(language_line(text_of(help ? help : ""), row, sizeof row)));
    if (fallback && *fallback) {
        buffer_format(&line, " [%s]", language_line(text_of(fallback), row, sizeof row));
    }
    (void)printf("%.*s\n", TEXT_ARG(buffer_text(&line)));
    buffer_fini(&line);
}

/* Column titles are as wide as what stands below them. */
static void help_head(void)
{
    struct buffer line;
    buffer_init(&line, HELP_BYTES);
    buffer_add_text(&line, TEXT("\n  "));
    columns_pad(&line, text_of(_("flag")), FLAG_COLUMNS);
    buffer_add_char(&line, ' ');
    columns_pad(&line, text_of(_("environment")), NAME_COLUMNS);
    (void)printf("%.*s %s\n", TEXT_ARG(buffer_text(&line)), _("meaning [default]"));
    buffer_fini(&line);
}

static void help_codes(void)
{
    (void)printf("\n%s\n", _(config_exit_codes));
}

void config_help(const struct config_program *program)
{
    (void)printf(_("usage: %s\n"), program->synopsis);
    for (size_t i = 0; program->operands && program->operands[i]; i++) {
        (void)printf("%s%s", i == 0 ? _("operands: ") : " ", program->operands[i]);
        if (!program->operands[i + 1]) {
            (void)putchar('\n');
        }
    }
    if (program->about) {
        (void)printf("\n%s\n", _(program->about));
    }
    help_head();
    for (size_t i = 0; i < program->option_count; i++) {
        const struct config_option *option = &program->options[i];
        char help[HELP_BYTES], said[HELP_BYTES / 2];
        const char *needed = option->required && !option->fallback ? _("; required") : "";
        const char *by_file = option->kind == CONFIG_SECRET ? _("; secret, also as a file's contents by NAME_FILE")
                              : option->kind == CONFIG_URL  ? _("; also as a file's contents by NAME_FILE")
                                                            : "";
        (void)snprintf(help, sizeof help, "%s%s%s", language_line(text_of(option->help), said, sizeof said), needed,
                       by_file);
        const char *otherwise = option->setting ? option->setting->otherwise : NULL;
        help_row(option->flag, option_operand(option), option->name, help,
                 option->kind == CONFIG_SECRET ? NULL
                 : option->fallback            ? option->fallback
                                               : otherwise);
    }
    help_row("--env-file", " FILE", NULL, "variables that the environment does not set: lines KEY=VALUE", ".env");
    help_row("--lang", " en|zh", LANGUAGE_VARIABLE, config_settings[SETTING_LANG].help,
             config_settings[SETTING_LANG].otherwise);
    help_row("--version", "", NULL, "print the version", NULL);
    help_row("--help, -h", "", NULL, "print this", NULL);
    help_codes();
}
