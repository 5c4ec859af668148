#include "common/config/config.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/base/buffer.h"
#include "common/base/language.h"
#include "common/base/print.h"
#include "common/base/secret.h"
#include "common/config/envfile.h"
#include "common/config/help.h"
#include "common/log/log.h"

const char dianchen_version[] = "0.1.0";

enum { SECRET_FILE_MAX = 64 * 1024, WORD_MAX = 64 };

/* What was read lives as long as the program: texts of options point into it. */
struct kept {
    struct kept *next;
    char *bytes;
    struct envfile *file;
};
static struct kept *kept_first;
static const struct envfile *env_file; /* of the last config_read */
static const char *env_file_named;     /* by --env-file */
static const char *env_path;

static bool keep(char *bytes, struct envfile *file)
{
    struct kept *kept = malloc(sizeof *kept);
    if (!kept) {
        free(bytes);
        envfile_free(&file);
        return false;
    }
    *kept = (struct kept){kept_first, bytes, file};
    kept_first = kept;
    return true;
}

/* ---- variables ---- */

static const char *unless_empty(const char *value)
{
    return value && *value ? value : NULL;
}

/* The contents of NAME_FILE; NULL in *out when neither place names one. */
static int variable_file(const char *name, const char *path, const char **out, struct cause *cause)
{
    char *bytes = NULL;
    int error = envfile_slurp(path, SECRET_FILE_MAX, true, &bytes, cause);
    if (error == ERR_NOT_FOUND) {
        return cause_set(cause, ERR_INPUT, "%s_FILE: %s: no such file", name, path);
    }
    if (error) {
        struct cause inner = cause ? *cause : (struct cause){""};
        return cause_set(cause, ERR_INPUT, "%s_FILE: %s", name, inner.text);
    }
    size_t size = strlen(bytes);
    if (strncmp(bytes, "\xef\xbb\xbf", 3) == 0) { /* editors of Windows put it there */
        size -= 3;
        memmove(bytes, bytes + 3, size + 1);
    }
    if (size > 0 && bytes[size - 1] == '\n') {
        bytes[--size] = '\0';
        if (size > 0 && bytes[size - 1] == '\r') {
            bytes[--size] = '\0';
        }
    }
    if (!keep(bytes, NULL)) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    *out = unless_empty(bytes);
    return 0;
}

/* In one place: the first of the names that is set, NAME before NAME_FILE. *found_file = the path of NAME_FILE. */
static const char *place_find(const char *(*get)(const char *name), const char *const *names, bool files,
                              const char **found, const char **found_file)
{
    for (; *names; names++) {
        char name_file[WORD_MAX * 2];
        (void)snprintf(name_file, sizeof name_file, "%s_FILE", *names);
        const char *value = unless_empty(get(*names));
        const char *path = files && !value ? unless_empty(get(name_file)) : NULL;
        if (value || path) {
            *found = *names;
            *found_file = path;
            return value;
        }
    }
    return NULL;
}

/* A line end of Windows stays on the values of a file that another program has read (docker --env-file does). */
static const char *environment_get(const char *name)
{
    const char *value = getenv(name);
    size_t size = value ? strlen(value) : 0;
    if (size == 0 || value[size - 1] != '\r') {
        return value;
    }
    char *cut = strndup(value, size - 1);
    return cut && keep(cut, NULL) ? cut : value;
}

static const char *env_file_get(const char *name)
{
    return envfile_get(env_file, name);
}

/* Environment before env file. */
static int variable_find(const char *const *names, bool files, const char **out, struct cause *cause)
{
    const char *found = NULL, *path = NULL;
    *out = place_find(environment_get, names, files, &found, &path);
    if (!found) {
        *out = place_find(env_file_get, names, files, &found, &path);
    }
    return path ? variable_file(found, path, out, cause) : 0;
}

bool config_in_environment(const char *name)
{
    char file[200];
    (void)snprintf(file, sizeof file, "%s_FILE", name);
    return unless_empty(getenv(name)) || unless_empty(getenv(file));
}

const char *config_variable_plain(const char *name)
{
    const char *value = NULL;
    return variable_find((const char *const[]){name, NULL}, false, &value, NULL) ? NULL : value;
}

const char *config_variable(const char *name)
{
    const char *value = NULL;
    return variable_find((const char *const[]){name, NULL}, true, &value, NULL) ? NULL : value;
}

int config_duration(struct text t, int64_t *out_ms)
{
    static const struct {
        struct text unit;
        int64_t ms;
    } units[] = {{{"ms", 2}, 1}, {{"s", 1}, 1000}, {{"m", 1}, 60000}, {{"h", 1}, 3600000}, {{"d", 1}, 86400000}};
    size_t digits = 0;
    while (digits < t.size && t.data[digits] >= '0' && t.data[digits] <= '9') {
        digits++;
    }
    int64_t number;
    if (text_integer((struct text){t.data, digits}, &number)) {
        return ERR_SYNTAX;
    }
    struct text unit = {t.data + digits, t.size - digits};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        int64_t ms;
        if (text_equal(unit, units[i].unit) && !__builtin_mul_overflow(number, units[i].ms, &ms)) {
            *out_ms = ms;
            return 0;
        }
    }
    return ERR_SYNTAX;
}

/* ---- values ---- */

/* `from` names where the value stands: "--limit", "WDT_SID". */
static int option_set(const struct config_option *option, const char *from, const char *value, struct cause *cause)
{
    int64_t number = 0;
    int error = 0;
    const char *form = "a whole number such as 100";
    switch (option->kind) {
    case CONFIG_SECRET:
        secret_add(text_of(value));
        *(const char **)option->value = value;
        return 0;
    case CONFIG_URL:
        secret_add_url(value);
        if (secret_url_unclear(value)) {
            return cause_set(
                cause, ERR_INPUT,
                "%s: two @ stand before the host: write an @ of the password as %%40, or give the password "
                "by PGPASSWORD",
                from);
        }
        if (option->flag && strcmp(from, option->flag) == 0 && secret_url_has(value)) {
            return cause_set(cause, ERR_INPUT,
                             "%s: a password among the words shows in ps: set %s instead, or give the password by "
                             "PGPASSWORD or PGPASSFILE",
                             from, option->name);
        }
        *(const char **)option->value = value;
        return 0;
    case CONFIG_TEXT:
        secret_add_url(value);
        *(const char **)option->value = value;
        return 0;
    case CONFIG_SWITCH:
        *(bool *)option->value = true;
        return 0;
    case CONFIG_COUNT:
        error = text_integer(text_of(value), &number);
        break;
    case CONFIG_DURATION:
        error = config_duration(text_of(value), &number);
        form = "a duration such as 500ms, 15s, 2m, 30d";
        break;
    }
    if (error) {
        return cause_set(cause, ERR_INPUT, "%s: '%s' is not %s", from, value, form);
    }
    const char *unit = option->kind == CONFIG_DURATION ? "ms" : "";
    bool bounded = option->minimum != 0 || option->maximum != 0;
    if (bounded && (number < option->minimum || number > option->maximum)) {
        return cause_set(cause, ERR_INPUT, "%s: '%s' is not within %lld%s..%lld%s", from, value,
                         (long long)option->minimum, unit, (long long)option->maximum, unit);
    }
    if (!bounded && number < 0) {
        return cause_set(cause, ERR_INPUT, "%s: '%s' is negative", from, value);
    }
    *(int64_t *)option->value = number;
    return 0;
}

/* Where a person may write what is missing: a file of their own, or .env; --env-file /dev/null means "no file". */
static const char *env_file_to_fill(void)
{
    struct stat st;
    bool fills = env_path && (stat(env_path, &st) != 0 || S_ISREG(st.st_mode));
    return fills ? env_path : ".env (or name another file with --env-file)";
}

static int option_missing(const struct config_option *option, struct cause *cause)
{
    if (!option->name) {
        return cause_set(cause, ERR_INPUT, "%s is required", option->flag);
    }
    const char *file = env_file_to_fill();
    return option->flag
               ? cause_set(cause, ERR_INPUT, "%s is not set: put it into the environment or into %s, or give %s",
                           option->name, file, option->flag)
               : cause_set(cause, ERR_INPUT, "%s is not set: put it into the environment or into %s", option->name,
                           file);
}

/* All that is missing is told at once. */
struct missing {
    const struct config_option *first;
    size_t count;
    char names[400]; /* "WDT_APP_KEY, WDT_SID" */
};

static void missing_add(struct missing *missing, const struct config_option *option)
{
    size_t size = strlen(missing->names);
    (void)snprintf(missing->names + size, sizeof missing->names - size, "%s%s", size > 0 ? ", " : "",
                   option->name ? option->name : option->flag);
    missing->first = missing->count++ == 0 ? option : missing->first;
}

static int missing_tell(const struct missing *missing, struct cause *cause)
{
    if (missing->count == 1) {
        return option_missing(missing->first, cause);
    }
    return cause_set(cause, ERR_INPUT, "%s are not set: put them into the environment or into %s", missing->names,
                     env_file_to_fill());
}

int config_needs(const struct config_needed *needed, size_t count, struct cause *cause)
{
    struct missing missing = {.count = 0};
    struct config_option first = {.name = NULL};
    for (size_t i = 0; i < count; i++) {
        const struct config_setting *setting = &config_settings[needed[i].id];
        const struct config_option option = {.name = setting->name, .flag = setting->flag};
        if (!needed[i].value) {
            first = missing.count == 0 ? option : first;
            missing_add(&missing, &option);
        }
    }
    missing.first = &first;
    return missing.count > 0 ? missing_tell(&missing, cause) : 0;
}

static bool is_secret(const struct config_option *option)
{
    return option->kind == CONFIG_SECRET || option->kind == CONFIG_URL;
}

/* What no flag gave comes from the environment, the env file or the table. */
static int option_default(const struct config_option *option, struct missing *missing, struct cause *cause)
{
    const char *value = NULL;
    if (option->name) {
        const char *const alone[] = {option->name, NULL};
        const char *const *names = option->setting && option->setting->names ? option->setting->names : alone;
        int error = variable_find(names, is_secret(option), &value, cause);
        if (error) {
            return error;
        }
    }
    const char *from = option->name ? option->name : option->flag;
    value = value ? value : option->fallback;
    if (!value) {
        if (option->required && !option->checked_later) {
            missing_add(missing, option);
        }
        return 0;
    }
    return option_set(option, from, value, cause);
}

/* ---- the command line ---- */

struct flags {
    const struct config_program *program; /* its options with what their settings say */
    const char **given;                   /* by option: the value of its flag, "" for a switch, NULL when absent */
    const char *env_file, *lang;
    bool help, version;
};

static int flag_unknown(const struct config_program *program, const char *word, struct cause *cause)
{
    const char *known[200];
    size_t count = 0;
    known[count++] = "--help";
    known[count++] = "--version";
    known[count++] = "--env-file";
    known[count++] = "--lang";
    for (size_t i = 0; i < program->option_count && count < sizeof known / sizeof *known; i++) {
        if (program->options[i].flag) {
            known[count++] = program->options[i].flag;
        }
    }
    const char *nearest = config_nearest(word, known, count);
    return nearest ? cause_set(cause, ERR_INPUT, "%s: no such option; did you mean %s?", word, nearest)
                   : cause_set(cause, ERR_INPUT, "%s: no such option; see --help", word);
}

/* Where the value of a flag goes; *option NULL for --env-file. Returns NULL for a word nobody knows. */
static const char **flag_slot(struct flags *flags, const char *word, const struct config_option **option)
{
    *option = NULL;
    if (strcmp(word, "--env-file") == 0) {
        return &flags->env_file;
    }
    if (strcmp(word, "--lang") == 0) {
        return &flags->lang;
    }
    for (size_t i = 0; i < flags->program->option_count; i++) {
        const char *flag = flags->program->options[i].flag;
        if (flag && strcmp(word, flag) == 0) {
            *option = &flags->program->options[i];
            return &flags->given[i];
        }
    }
    return NULL;
}

/* One flag; takes the next word as its value where it needs one. */
static int flag_read(struct flags *flags, char *word, char *next, bool *took_next, struct cause *cause)
{
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        flags->help = true;
        return 0;
    }
    if (strcmp(word, "--version") == 0) {
        flags->version = true;
        return 0;
    }
    char *equals = strchr(word, '=');
    if (equals) {
        *equals = '\0';
    }
    const struct config_option *option;
    const char **slot = flag_slot(flags, word, &option);
    if (!slot) {
        return flag_unknown(flags->program, word, cause);
    }
    if (option && option->kind == CONFIG_SWITCH) {
        *slot = "";
        return equals ? cause_set(cause, ERR_INPUT, "%s takes no value", word) : 0;
    }
    const char *value = equals ? equals + 1 : next;
    if (!value || !*value || (!equals && strncmp(value, "--", 2) == 0)) {
        return cause_set(cause, ERR_INPUT, "%s needs a value", word);
    }
    *took_next = !equals;
    *slot = value;
    return 0;
}

/* Operands are moved to the front of argv + 1, in order. */
static int flags_read(struct flags *flags, int argc, char **argv, size_t *operand_count, struct cause *cause)
{
    bool only_operands = false;
    for (int i = 1; i < argc; i++) {
        char *word = argv[i];
        if (only_operands || word[0] != '-' || word[1] == '\0') {
            argv[1 + (*operand_count)++] = word;
        } else if (strcmp(word, "--") == 0) {
            only_operands = true;
        } else {
            bool took_next = false;
            int error = flag_read(flags, word, i + 1 < argc ? argv[i + 1] : NULL, &took_next, cause);
            if (error) {
                return error;
            }
            i += took_next;
        }
    }
    return 0;
}

const char *config_env_file(void)
{
    return env_file_named;
}

static int language_take(const char *from, const char *wanted, struct cause *cause)
{
    int error = language_choose(wanted, NULL);
    return error ? cause_set(cause, error, "%s: '%s' is none of en, zh", from, wanted) : 0;
}

int config_language(int argc, char **argv, struct cause *cause)
{
    const char *wanted = NULL;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strncmp(argv[i], "--lang=", 7) == 0) {
            wanted = argv[i] + 7;
        } else if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc) {
            wanted = argv[i + 1];
        }
    }
    return wanted ? language_take("--lang", wanted, cause) : language_choose(NULL, NULL);
}

/* Secrets in a file that every user of this host may read. dianchen says it once, its children don't repeat it. */
static void env_file_warn(const char *path)
{
    struct stat st;
    bool open = stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & (S_IROTH | S_IWOTH)) != 0;
    for (size_t i = 0; open && i < SETTING_COUNT && !getenv(CONFIG_CHILD); i++) {
        if (config_settings[i].kind == CONFIG_SECRET && unless_empty(envfile_get(env_file, config_settings[i].name))) {
            print_line(stderr, "%s: warning: %s holds %s and every user of this host may read it: chmod 600 %s",
                       log_program(), path, config_settings[i].name, path);
            return;
        }
    }
}

static int env_file_open(const char *path, struct cause *cause)
{
    struct envfile *file = NULL;
    env_file = NULL;
    env_path = path;
    int error = envfile_read(path ? path : ".env", &file, cause);
    if (error == ERR_NOT_FOUND) {
        return path ? cause_set(cause, ERR_INPUT, "--env-file: %s: no such file", path) : 0;
    }
    if (error) {
        return error;
    }
    env_file = file;
    if (!unless_empty(getenv(LANGUAGE_VARIABLE)) && envfile_get(file, LANGUAGE_VARIABLE)) {
        error = language_take(LANGUAGE_VARIABLE, envfile_get(file, LANGUAGE_VARIABLE), cause);
    }
    env_file_warn(path ? path : ".env");
    return keep(NULL, file) ? error : cause_set(cause, ERR_MEMORY, "out of memory");
}

/* What a row leaves open, its setting says. */
static struct config_option option_whole(const struct config_option *row)
{
    struct config_option whole = *row;
    const struct config_setting *setting = row->setting;
    if (setting) {
        whole.name = setting->name;
        whole.flag = row->flag ? row->flag : setting->flag;
        whole.kind = setting->kind;
        whole.help = row->help ? row->help : setting->help;
        whole.fallback = row->fallback ? row->fallback : setting->fallback;
        whole.required = setting->required;
        whole.minimum = setting->minimum;
        whole.maximum = setting->maximum;
    }
    static const enum config_holds holds[] = {
        [CONFIG_TEXT] = CONFIG_HOLDS_TEXT,     [CONFIG_SECRET] = CONFIG_HOLDS_TEXT,
        [CONFIG_COUNT] = CONFIG_HOLDS_NUMBER,  [CONFIG_DURATION] = CONFIG_HOLDS_NUMBER,
        [CONFIG_SWITCH] = CONFIG_HOLDS_SWITCH, [CONFIG_URL] = CONFIG_HOLDS_TEXT};
    assert(whole.holds == holds[whole.kind]);
    return whole;
}

static int program_read(const struct config_program *program, int argc, char **argv, char ***operands,
                        size_t *operand_count, struct cause *cause)
{
    struct flags flags = {.program = program, .given = calloc(program->option_count + 1, sizeof *flags.given)};
    size_t words = 0;
    log_name(program->name);
    int result = config_language(argc, argv, cause);
    if (result == 0) {
        result =
            flags.given ? flags_read(&flags, argc, argv, &words, cause) : cause_set(cause, ERR_MEMORY, "out of memory");
    }
    if (result == 0 && (flags.help || flags.version)) {
        if (flags.help) {
            config_help(program);
        } else {
            (void)printf("%s %s\n", program->name, dianchen_version);
        }
        result = CONFIG_DONE;
    }
    if (result == 0 && words > 0 && !program->operands) {
        result = cause_set(cause, ERR_INPUT, "'%s': no operand is expected; see --help", argv[1]);
    }
    if (result == 0 && program->operand_most > 0 && words > program->operand_most) {
        result = cause_set(cause, ERR_INPUT, "%s: one word too many; usage: %s", argv[1 + program->operand_most],
                           program->synopsis);
    }
    if (result == 0) {
        env_file_named = flags.env_file;
        result = env_file_open(flags.env_file, cause);
    }
    struct missing missing = {.count = 0};
    for (size_t i = 0; flags.given && result == 0 && i < program->option_count; i++) {
        const struct config_option *option = &program->options[i];
        result = flags.given[i] ? option_set(option, option->flag, flags.given[i], cause)
                                : option_default(option, &missing, cause);
    }
    if (result == 0 && missing.count > 0) {
        result = missing_tell(&missing, cause);
    }
    free(flags.given);
    if (result == 0 && operands) {
        *operands = argv + 1;
        *operand_count = words;
    }
    return result;
}

int config_read(const struct config_program *program, int argc, char **argv, char ***operands, size_t *operand_count,
                struct cause *cause)
{
    struct config_option *options = calloc(program->option_count + 1, sizeof *options);
    if (!options) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < program->option_count; i++) {
        options[i] = option_whole(&program->options[i]);
    }
    struct config_program whole = *program;
    whole.options = options;
    int result = program_read(&whole, argc, argv, operands, operand_count, cause);
    free(options);
    return result;
}
