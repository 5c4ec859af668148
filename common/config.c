#include "common/config.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/buffer.h"
#include "common/envfile.h"
#include "common/log.h"

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
    int error = envfile_slurp(path, SECRET_FILE_MAX, &bytes, cause);
    if (error == ERR_NOT_FOUND) {
        return cause_set(cause, ERR_INPUT, "%s_FILE: %s: no such file", name, path);
    }
    if (error) {
        struct cause inner = cause ? *cause : (struct cause){""};
        return cause_set(cause, ERR_INPUT, "%s_FILE: %s", name, inner.text);
    }
    size_t size = strlen(bytes);
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

/* Environment before env file; in each of them NAME before NAME_FILE. */
static int variable_find(const char *name, bool files, const char **out, struct cause *cause)
{
    char name_file[WORD_MAX * 2];
    (void)snprintf(name_file, sizeof name_file, "%s_FILE", name);
    *out = unless_empty(getenv(name));
    const char *path = files ? unless_empty(getenv(name_file)) : NULL;
    if (!*out && !path) {
        *out = unless_empty(envfile_get(env_file, name));
        path = files ? unless_empty(envfile_get(env_file, name_file)) : NULL;
    }
    return *out || !path ? 0 : variable_file(name, path, out, cause);
}

const char *config_variable(const char *name)
{
    const char *value = NULL;
    return variable_find(name, true, &value, NULL) ? NULL : value;
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

/* ---- did you mean ---- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Changes between two words: insert, delete, replace, swap neighbours. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t size_a = strlen(a), size_b = strlen(b);
    if (size_a > WORD_MAX || size_b > WORD_MAX) {
        return SIZE_MAX;
    }
    size_t rows[3][WORD_MAX + 1]; /* of the last two lines and this one */
    for (size_t i = 0; i <= size_a; i++) {
        size_t *line = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        line[0] = i;
        for (size_t k = 1; k <= size_b; k++) {
            if (i == 0) {
                line[k] = k;
                continue;
            }
            line[k] = least(least(above[k], line[k - 1]) + 1, above[k - 1] + (a[i - 1] != b[k - 1]));
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1]) {
                line[k] = least(line[k], above2[k - 2] + 1);
            }
        }
    }
    return rows[size_a % 3][size_b];
}

const char *config_nearest(const char *word, const char *const *known, size_t count)
{
    const char *nearest = NULL;
    size_t bound = strlen(word) / 3 + 1, best = bound + 1;
    for (size_t i = 0; i < count; i++) {
        size_t distance = edit_distance(word, known[i]);
        if (distance < best) {
            best = distance;
            nearest = known[i];
        }
    }
    return best <= bound ? nearest : NULL;
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
        log_secret(text_of(value));
        *(const char **)option->value = value;
        return 0;
    case CONFIG_TEXT:
    case CONFIG_URL:
        log_secret_url(value);
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

static int option_missing(const struct config_option *option, struct cause *cause)
{
    if (!option->name) {
        return cause_set(cause, ERR_INPUT, "%s is required", option->flag);
    }
    return cause_set(cause, ERR_INPUT, "%s is not set: put it into the environment or into %s%s%s", option->name,
                     env_path ? env_path : ".env (or name another file with --env-file)",
                     option->flag ? ", or give " : "", option->flag ? option->flag : "");
}

static bool is_secret(const struct config_option *option)
{
    return option->kind == CONFIG_SECRET || option->kind == CONFIG_URL;
}

/* What no flag gave comes from the environment, the env file or the table. */
static int option_default(const struct config_option *option, struct cause *cause)
{
    const char *value = NULL;
    if (option->name) {
        int error = variable_find(option->name, is_secret(option), &value, cause);
        if (error) {
            return error;
        }
    }
    const char *from = option->name ? option->name : option->flag;
    value = value ? value : option->fallback;
    if (!value) {
        return option->required ? option_missing(option, cause) : 0;
    }
    return option_set(option, from, value, cause);
}

/* ---- help ---- */

static const char *option_operand(const struct config_option *option)
{
    static const char *const words[] = {" TEXT", "", " N", " TIME", "", " URL"};
    return words[option->kind];
}

static void help_row(const char *flag, const char *operand, const char *name, const char *help, const char *fallback)
{
    char left[WORD_MAX];
    (void)snprintf(left, sizeof left, "%s%s", flag ? flag : "", flag ? operand : "");
    (void)printf("  %-20s %-26s %s", left, name ? name : "", help ? help : "");
    if (fallback && *fallback) {
        (void)printf(" [%s]", fallback);
    }
    (void)putchar('\n');
}

static void help_print(const struct config_program *program)
{
    (void)printf("usage: %s\n", program->synopsis);
    for (size_t i = 0; program->operands && program->operands[i]; i++) {
        (void)printf("%s%s", i == 0 ? "operands: " : " ", program->operands[i]);
        if (!program->operands[i + 1]) {
            (void)putchar('\n');
        }
    }
    if (program->about) {
        (void)printf("\n%s\n", program->about);
    }
    (void)printf("\n  %-20s %-26s %s\n", "flag", "environment", "meaning [default]");
    for (size_t i = 0; i < program->option_count; i++) {
        const struct config_option *option = &program->options[i];
        char help[400];
        (void)snprintf(help, sizeof help, "%s%s%s", option->help,
                       option->required && !option->fallback ? "; required" : "",
                       option->kind == CONFIG_SECRET ? "; secret, also as a file's contents by NAME_FILE"
                       : option->kind == CONFIG_URL  ? "; also as a file's contents by NAME_FILE"
                                                     : "");
        help_row(option->flag, option_operand(option), option->name, help,
                 option->kind == CONFIG_SECRET ? NULL : option->fallback);
    }
    help_row("--env-file", " FILE", NULL, "variables that the environment does not set: lines KEY=VALUE", ".env");
    help_row("--version", "", NULL, "print the version", NULL);
    help_row("--help", "", NULL, "print this", NULL);
}

/* ---- the command line ---- */

struct flags {
    const struct config_program *program;
    const char **given; /* by option: the value of its flag, "" for a switch, NULL when absent */
    const char *env_file;
    bool help, version;
};

static int flag_unknown(const struct config_program *program, const char *word, struct cause *cause)
{
    const char *known[200];
    size_t count = 0;
    known[count++] = "--help";
    known[count++] = "--version";
    known[count++] = "--env-file";
    for (size_t i = 0; i < program->option_count && count < sizeof known / sizeof *known; i++) {
        if (program->options[i].flag) {
            known[count++] = program->options[i].flag;
        }
    }
    const char *nearest = config_nearest(word, known, count);
    return cause_set(cause, ERR_INPUT, "%s: no such option; %s%s%s", word, nearest ? "did you mean " : "see --help",
                     nearest ? nearest : "", nearest ? "?" : "");
}

/* Where the value of a flag goes; *option NULL for --env-file. Returns NULL for a word nobody knows. */
static const char **flag_slot(struct flags *flags, const char *word, const struct config_option **option)
{
    *option = NULL;
    if (strcmp(word, "--env-file") == 0) {
        return &flags->env_file;
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
    return keep(NULL, file) ? 0 : cause_set(cause, ERR_MEMORY, "out of memory");
}

int config_read(const struct config_program *program, int argc, char **argv, char ***operands, size_t *operand_count,
                struct cause *cause)
{
    struct flags flags = {.program = program, .given = calloc(program->option_count + 1, sizeof *flags.given)};
    size_t words = 0;
    log_name(program->name);
    int result =
        flags.given ? flags_read(&flags, argc, argv, &words, cause) : cause_set(cause, ERR_MEMORY, "out of memory");
    if (result == 0 && (flags.help || flags.version)) {
        if (flags.help) {
            help_print(program);
        } else {
            (void)printf("%s %s\n", program->name, dianchen_version);
        }
        result = CONFIG_DONE;
    }
    if (result == 0 && words > 0 && !program->operands) {
        result = cause_set(cause, ERR_INPUT, "'%s': no operand is expected; see --help", argv[1]);
    }
    if (result == 0) {
        env_file_named = flags.env_file;
        result = env_file_open(flags.env_file, cause);
    }
    for (size_t i = 0; flags.given && result == 0 && i < program->option_count; i++) {
        const struct config_option *option = &program->options[i];
        result =
            flags.given[i] ? option_set(option, option->flag, flags.given[i], cause) : option_default(option, cause);
    }
    free(flags.given);
    if (result == 0 && operands) {
        *operands = argv + 1;
        *operand_count = words;
    }
    return result;
}
