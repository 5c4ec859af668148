/* `dianchen settings`: the one table of all settings, as a person reads it, as docs/operation.md has it, as env.example, as JSON. */
#include <stdio.h>
#include <string.h>

#include "common/base/language.h"
#include "common/base/print.h"
#include "common/json/json.h"
#include "common/log/log.h"
#include "ctl/command/table.h"

static struct {
    bool markdown, example, json;
} order;
static const struct config_option options[] = {
    OPT_SWITCH("--json", order.json, "one JSON object: {\"settings\":[{\"name\",…}]}, in English"),
    OPT_SWITCH("--markdown", order.markdown, "the rows of docs/operation.md"),
    OPT_SWITCH("--env", order.example, "an env file to fill in: that is env.example"),
};
const struct config_program settings_program =
    COMMAND_PROGRAM("settings [--json | --markdown | --env]",
                    "Every setting of every program: variable, flag, default, and who reads it.", options);

static const char *default_of(const struct config_setting *setting)
{
    return setting->fallback ? setting->fallback : setting->otherwise ? _(setting->otherwise) : "";
}

static const struct {
    unsigned who;
    const char *name;
} names[] = {
    {BY_EXTRACTOR, "extractor"}, {BY_TRANSFORMER, "transformer"}, {BY_LOADER, "loader"}, {BY_DIANCHEN, "dianchen"}};

/* "extractor, loader, dianchen" */
static const char *readers(unsigned who, char *out, size_t room)
{
    if (who == BY_ALL || who == BY_STAGES) {
        return who == BY_ALL ? _("all") : _("stages");
    }
    size_t size = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names && size < room; i++) {
        if (who & names[i].who) {
            size += (size_t)snprintf(out + size, room - size, "%s%s", size ? ", " : "", names[i].name);
        }
    }
    return out;
}

static bool by_file(const struct config_setting *setting)
{
    return setting->kind == CONFIG_SECRET || setting->kind == CONFIG_URL;
}

static void print_columns(const struct config_setting *setting)
{
    char who[64];
    if (setting->section) {
        print_line(stdout, "%s:", _(setting->section));
    }
    const char *fallback = default_of(setting);
    print_line(stdout, "  %-24s %-12s %s%s%s%s (%s)", setting->name, setting->flag ? setting->flag : "",
               _(setting->help),
               *fallback           ? " ["
               : setting->required ? _("; required")
                                   : "",
               fallback, *fallback ? "]" : "", readers(setting->who, who, sizeof who));
}

static void print_markdown(const struct config_setting *setting)
{
    char who[64];
    bool literal = setting->fallback != NULL;
    print_line(stdout, "| `%s`%s | %s%s%s | %s%s%s | %s | %s |", setting->name, by_file(setting) ? ", `…_FILE`" : "",
               setting->flag ? "`" : "", setting->flag ? setting->flag : "", setting->flag ? "`" : "",
               literal ? "`" : "",
               *default_of(setting) ? default_of(setting)
               : setting->required  ? _("required")
                                    : "",
               literal ? "`" : "", readers(setting->who, who, sizeof who), _(setting->help));
}

/* What is required stands open to be filled in, the rest is a comment with its default. */
static void print_example(const struct config_setting *setting)
{
    if (setting->section) {
        print_line(stdout, "%s", "");
        print_line(stdout, "# ---- %s ----", _(setting->section));
    }
    bool fill = setting->required && !setting->fallback && !setting->otherwise;
    const char *fallback = setting->fallback ? setting->fallback : "";
    print_line(stdout, "# %s%s%s%s", _(setting->help), setting->otherwise ? _(" (unset: ") : "",
               setting->otherwise ? _(setting->otherwise) : "", setting->otherwise ? _(")") : "");
    print_line(stdout, "%s%s=%s", fill || setting->fill ? "" : "#", setting->name, fallback);
}

static struct text text_or_null(const char *text)
{
    return text ? text_of(text) : (struct text){NULL, 0};
}

static void put_json(struct buffer *out, const struct config_setting *setting)
{
    bool first = true, first_name = true;
    buffer_add_char(out, '{');
    json_member_text(out, &first, "name", text_of(setting->name));
    json_member_text(out, &first, "flag", text_or_null(setting->flag));
    json_member_text(out, &first, "default", text_or_null(setting->fallback));
    json_member_text(out, &first, "unset", text_or_null(setting->otherwise));
    json_member_flag(out, &first, "required", setting->required && !setting->fallback && !setting->otherwise);
    json_member_flag(out, &first, "file", by_file(setting));
    buffer_add_text(out, TEXT(",\"who\":["));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (setting->who & names[i].who) {
            buffer_format(out, "%s\"%s\"", first_name ? "" : ",", names[i].name);
            first_name = false;
        }
    }
    buffer_add_char(out, ']');
    json_member_text(out, &first, "help", text_of(setting->help));
    buffer_add_char(out, '}');
}

static int print_all_json(void)
{
    enum { BYTES_MOST = 1 << 20 };
    struct buffer out;
    buffer_init(&out, BYTES_MOST);
    buffer_add_text(&out, TEXT("{\"settings\":["));
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        buffer_add_text(&out, i == 0 ? TEXT("") : TEXT(","));
        put_json(&out, &config_settings[i]);
    }
    buffer_add_text(&out, TEXT("]}"));
    print_json(buffer_text(&out));
    buffer_fini(&out);
    return EXIT_COMPLETE;
}

int settings_serve(char **words, size_t count)
{
    (void)words;
    (void)count;
    if (order.markdown + order.example + order.json > 1) {
        print_line(stderr, "dianchen: settings: --json, --markdown and --env: one of the three");
        return EXIT_USAGE;
    }
    if (order.json) {
        return print_all_json();
    }
    if (order.markdown) {
        print_line(stdout, "| environment | flag | default | who | what |");
        puts("|---|---|---|---|---|");
    } else if (order.example) {
        puts(_("# Docker Compose: real credentials, no test servers (docker-compose.override.yml stays out)\n"
               "COMPOSE_FILE=docker-compose.yml\n\n"
               "# Copy to .env and fill in what is no comment; ALERT_* may stay empty. A secret NAME may also stand in "
               "a file:\n"
               "# NAME_FILE=/path instead of NAME=value. Where each comes from: docs/credentials.md"));
    }
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        (order.markdown ? print_markdown : order.example ? print_example : print_columns)(&config_settings[i]);
    }
    return EXIT_COMPLETE;
}
