#include "ctl/command.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/log.h"

int command_read(const struct config_program *program, int argc, char **argv, size_t most, char ***operands,
                 size_t *count, int *exit_code)
{
    struct cause cause;
    char **words = NULL;
    size_t n = 0;
    int result = config_read(program, argc, argv, &words, &n, &cause);
    if (result == CONFIG_DONE) {
        *exit_code = EXIT_COMPLETE;
        return ERR_INPUT;
    }
    if (result == 0 && n > most) {
        result = cause_set(&cause, ERR_INPUT, "%s: one word too many; usage: %s", words[most], program->synopsis);
    }
    if (result == 0) {
        result = log_open("dianchen", "warn", &cause);
    }
    if (result != 0) {
        *exit_code = log_fatal(&cause, EXIT_USAGE);
        return ERR_INPUT;
    }
    if (operands != NULL) {
        *operands = words;
        *count = n;
    }
    return 0;
}

int command_store(const char *url, struct store **out, int *exit_code)
{
    struct cause cause;
    int error = store_open_reader(url, out, &cause);
    if (error == ERR_NOT_FOUND) {
        struct text shown = store_shown(url);
        cause_set(&cause, error, "%.*s: no store there yet: nothing has run; start with dianchen run", TEXT_ARG(shown));
    }
    if (error != 0) {
        *exit_code = log_fatal(&cause, EXIT_USAGE);
    }
    return error;
}

int command_number(const char *what, const char *word, int64_t *out)
{
    int64_t n = 0;
    if (text_integer(text_of(word), &n) != 0 || n <= 0) {
        fprintf(stderr, "dianchen: %s %s: a whole number above 0 is wanted\n", what, word);
        return EXIT_USAGE;
    }
    *out = n;
    return 0;
}

char *command_digits(int64_t n, char *out, size_t room)
{
    char plain[32];
    int size = snprintf(plain, sizeof plain, "%" PRId64, n);
    size_t at = 0;
    for (int i = 0; i < size && at + 2 < room; i++) {
        if (i > 0 && plain[i - 1] != '-' && (size - i) % 3 == 0) {
            out[at++] = ',';
        }
        out[at++] = plain[i];
    }
    out[at] = '\0';
    return out;
}
