/* Exact decimals: a table of cases, then random ones against bc. FORMULA_CASES=n: how many (make formula-long). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/scheme/formula/decimal.h"

static const struct {
    const char *text, *print; /* NULL: no number; "limit": too many digits */
} texts[] = {
    {"0", "0"},
    {"-0", "0"},
    {"-0.000", "0"},
    {"007", "7"},
    {"+3", "3"},
    {"1.50", "1.5"},
    {".5", "0.5"},
    {"-.05", "-0.05"},
    {"100", "100"},
    {"9007199254740993", "9007199254740993"},
    {"18446744073709551616", "18446744073709551616"},
    {"0.000000000000000001", "0.000000000000000001"},
    {"0.0000000000000000010", "0.000000000000000001"},
    {"0.0000000000000000001", "limit"},
    {"999999999999999999999999999999999999", "999999999999999999999999999999999999"},
    {"000999999999999999999999999999999999999.000", "999999999999999999999999999999999999"},
    {"1000000000000000000000000000000000000", "limit"},
    {"123456789012345678.123456789012345678", "123456789012345678.123456789012345678"},
    {"1234567890123456789.123456789012345678", "limit"},
    {"", NULL},
    {"-", NULL},
    {".", NULL},
    {"1.", NULL},
    {"1,5", NULL},
    {"1e3", NULL},
    {" 1", NULL},
    {"1 ", NULL},
    {"--1", NULL},
    {"1.2.3", NULL},
    {"0x10", NULL},
    {"一", NULL},
};

static struct decimal number(const char *text)
{
    struct decimal d;
    assert_int_equal(decimal_parse(text_of(text), &d), 0);
    return d;
}

static void assert_decimal(const struct decimal *d, const char *expected)
{
    char room[DECIMAL_ROOM], copy[DECIMAL_ROOM + 1];
    struct text text = decimal_print(d, room);
    snprintf(copy, sizeof copy, "%.*s", TEXT_ARG(text));
    assert_string_equal(copy, expected);
}

static void reads_and_prints(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct decimal d = {.units = 77};
        int error = decimal_parse(text_of(texts[i].text), &d);
        if (!texts[i].print || strcmp(texts[i].print, "limit") == 0) {
            assert_int_equal(error, texts[i].print ? ERR_LIMIT : ERR_SYNTAX);
            assert_true(d.units == 77); /* untouched */
        } else {
            assert_int_equal(error, 0);
            assert_decimal(&d, texts[i].print);
        }
    }
}

static const struct {
    const char *a, *operation, *b;
    int places;
    const char *result; /* NULL: ERR_LIMIT */
} cases[] = {
    {"0.1", "+", "0.2", 0, "0.3"},
    {"999999999999999999999999999999999999", "+", "1", 0, NULL},
    {"999999999999999999999999999999999999", "+", "-1", 0, "999999999999999999999999999999999998"},
    {"1000000000000000000", "-", "999999999999999999.999999999999999999", 0, "0.000000000000000001"},
    {"100000000000000000000000000000000000", "+", "0.000000000000000001", 0, NULL},
    {"-1", "+", "1", 0, "0"},
    {"19.99", "*", "3", 18, "59.97"},
    {"-1.5", "*", "-1.5", 18, "2.25"},
    {"-1.5", "*", "0", 18, "0"},
    {"0.000000000000000001", "*", "0.5", 18, "0.000000000000000001"},
    {"0.000000000000000001", "*", "0.4", 18, "0"},
    {"1000000000000000000", "*", "1000000000000000000", 18, NULL},
    {"200000000000000000000000000000000000", "*", "0.5", 18, "100000000000000000000000000000000000"},
    {"10", "/", "3", 18, "3.333333333333333333"},
    {"-2", "/", "3", 18, "-0.666666666666666667"},
    {"1", "/", "8", 18, "0.125"},
    {"1", "/", "2", 0, "1"},
    {"-1", "/", "2", 0, "-1"},
    {"1000000000000000000000000000000", "/", "4", 18, "250000000000000000000000000000"},
    {"1000000000000000000000000000000", "/", "3", 18, NULL},
    /* rounded once: 18 digits first and then two would make it 0.01 */
    {"0.014999999999999999", "/", "3", 2, "0"},
    {"4999999999999999999.9", "/", "1000000000000000000000", 2, "0"},
    {"2.5", "round", "", 0, "3"},
    {"-2.5", "round", "", 0, "-3"},
    {"2.4999", "round", "", 0, "2"},
    {"1.005", "round", "", 2, "1.01"},
    {"1250", "round", "", -2, "1300"},
    {"-1250", "round", "", -2, "-1300"},
    {"49", "round", "", -2, "0"},
    {"999999999999999999999999999999999999", "round", "", -1, NULL},
    {"2.01", "up", "", 0, "3"},
    {"-2.01", "up", "", 0, "-3"},
    {"2.99", "down", "", 0, "2"},
    {"-2.99", "down", "", 0, "-2"},
    {"-2.01", "floor", "", 0, "-3"},
    {"2.99", "floor", "", 0, "2"},
    {"-0.5", "down", "", 0, "0"},
    {"7", "mod", "3", 0, "1"},
    {"-7", "mod", "3", 0, "2"},
    {"7", "mod", "-3", 0, "-2"},
    {"-7", "mod", "-3", 0, "-1"},
    {"7.5", "mod", "0.2", 0, "0.1"},
    {"6", "mod", "-3", 0, "0"},
};

static int calculate(const struct decimal *a, const char *operation, const struct decimal *b, int places,
                     struct decimal *out)
{
    switch (operation[0]) {
    case '+':
        return decimal_add(a, b, out);
    case '-':
        return decimal_subtract(a, b, out);
    case '*':
        return decimal_multiply(a, b, places, DECIMAL_HALF, out);
    case '/':
        return decimal_divide(a, b, places, DECIMAL_HALF, out);
    case 'm':
        return decimal_modulo(a, b, out);
    case 'r':
        return decimal_round(a, places, DECIMAL_HALF, out);
    case 'u':
        return decimal_round(a, places, DECIMAL_UP, out);
    case 'd':
        return decimal_round(a, places, DECIMAL_DOWN, out);
    default:
        return decimal_round(a, places, DECIMAL_FLOOR, out);
    }
}

static void calculates(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decimal a = number(cases[i].a), b = cases[i].b[0] ? number(cases[i].b) : decimal_of(0), out;
        int error = calculate(&a, cases[i].operation, &b, cases[i].places, &out);
        assert_int_equal(error, cases[i].result ? 0 : ERR_LIMIT);
        if (!error) {
            assert_decimal(&out, cases[i].result);
        }
    }
}

static void compares(void **state)
{
    static const char *const rising[] = {"-999999999999999999999999999999999999",
                                         "-1.5",
                                         "-1",
                                         "-0.000000000000000001",
                                         "0",
                                         "0.000000000000000001",
                                         "0.1",
                                         "0.11",
                                         "1",
                                         "10",
                                         "999999999999999999.999999999999999999",
                                         "1000000000000000000",
                                         "999999999999999999999999999999999999"};
    (void)state;
    for (size_t i = 0; i < sizeof rising / sizeof *rising; i++) {
        for (size_t j = 0; j < sizeof rising / sizeof *rising; j++) {
            struct decimal a = number(rising[i]), b = number(rising[j]);
            assert_int_equal(decimal_compare(&a, &b), (i > j) - (i < j));
        }
    }
    struct decimal one = number("1.5"), same = {.units = 15000, .scale = 4};
    assert_int_equal(decimal_compare(&one, &same), 0);
}

static void takes_the_numbers_of_c(void **state)
{
    static const struct {
        double n;
        const char *print;
    } doubles[] = {{0.1, "0.1"},
                   {-1234.56, "-1234.56"},
                   {1e15, "1000000000000000"},
                   {1e-7, "0.0000001"},
                   {1.5e-10, "0.00000000015"},
                   {0, "0"},
                   {1e21, "1000000000000000000000"}};
    (void)state;
    struct decimal d;
    for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) {
        assert_int_equal(decimal_of_double(doubles[i].n, &d), 0);
        assert_decimal(&d, doubles[i].print);
    }
    assert_int_equal(decimal_of_double(1e40, &d), ERR_LIMIT);
    assert_int_equal(decimal_of_double(1e-30, &d), ERR_LIMIT);
    assert_int_equal(decimal_of_double((double)INFINITY, &d), ERR_LIMIT);
    d = decimal_of(INT64_MIN);
    assert_decimal(&d, "-9223372036854775808");
    int64_t whole = 0;
    d = number("-12.99");
    assert_int_equal(decimal_whole(&d, &whole), 0);
    assert_int_equal(whole, -12);
    d = number("9223372036854775808");
    assert_int_equal(decimal_whole(&d, &whole), ERR_LIMIT);
}

/* ---- against bc ---- */

static uint64_t dice = 20261128;

static uint64_t roll(uint64_t sides)
{
    dice += 0x9e3779b97f4a7c15;
    uint64_t z = dice;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (z ^ (z >> 31)) % sides;
}

/* Often short, often full of nines, zeros and fives. */
static void random_number(char *out)
{
    uint64_t places = roll(3) == 0 ? 0 : roll(DECIMAL_PLACES + 1);
    uint64_t whole = roll(2) ? roll(6) : roll(DECIMAL_DIGITS - places + 1);
    const char *palette = roll(3) ? "0123456789" : "9999000554";
    size_t size = 0;
    if (roll(2)) {
        out[size++] = '-';
    }
    for (uint64_t i = 0; i < whole; i++) {
        out[size++] = palette[roll(10)];
    }
    if (whole == 0) {
        out[size++] = '0';
    }
    for (uint64_t i = 0; i < places; i++) {
        if (i == 0) {
            out[size++] = '.';
        }
        out[size++] = palette[roll(10)];
    }
    out[size] = '\0';
}

/* A printed decimal as a whole number of 10^-18, without leading zeros. */
enum { UNITS_ROOM = 128 };
static void in_units(const char *printed, char *out)
{
    const char *digits = printed[0] == '-' ? printed + 1 : printed, *point = strchr(digits, '.');
    size_t places = point ? strlen(point + 1) : 0;
    char all[100];
    int size = snprintf(all, sizeof all, "%.*s%s", point ? (int)(point - digits) : 100, digits, point ? point + 1 : "");
    for (; places < DECIMAL_PLACES; places++) {
        all[size++] = '0';
    }
    all[size] = '\0';
    const char *first = all;
    while (*first == '0' && first[1]) {
        first++;
    }
    snprintf(out, UNITS_ROOM, "%s%s", printed[0] == '-' ? "-" : "", first);
}

/* Does a number of units of 10^-18 fit into 36 digits? */
static bool fits(const char *units)
{
    const char *digits = units[0] == '-' ? units + 1 : units;
    size_t size = strlen(digits);
    for (int i = 0; i < DECIMAL_PLACES && size > 1 && digits[size - 1] == '0'; i++) {
        size--;
    }
    return size <= DECIMAL_DIGITS;
}

struct question {
    char a[64], b[64], operation;
    int places;
};

static void write_question(FILE *out, const struct question *q)
{
    switch (q->operation) {
    case 'm':
        fprintf(out, "m(%s,%s)\n", q->a, q->b);
        break;
    case 'r':
        fprintf(out, "r(%s,%d)\n", q->a, q->places);
        break;
    case '*':
    case '/':
        fprintf(out, "r((%s)%c(%s),%d)\n", q->a, q->operation, q->b, q->places);
        break;
    default:
        fprintf(out, "r((%s)%c(%s),18)\n", q->a, q->operation, q->b);
    }
}

/* r: rounded half away from zero at n digits; m: the modulo with the sign of b; both in units of 10^-18. */
static const char functions[] = "scale=60\n"
                                "define r(x,n){auto y,h\nh=0.5\nif(x<0)h=-0.5\ny=x*10^n+h\nscale=0\ny=y/1\nscale=60\n"
                                "y=y*10^(18-n)\nscale=0\ny=y/1\nscale=60\nreturn y}\n"
                                "define f(x){auto y\nscale=0\ny=x/1\nscale=60\nif(y>x)y=y-1\nreturn y}\n"
                                "define m(a,b){return r(a-b*f(a/b),18)}\n";

static void ask_bc(const char *questions, const char *answers)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (freopen(questions, "r", stdin) && freopen(answers, "w", stdout)) {
            setenv("BC_LINE_LENGTH", "0", 1);
            execlp("bc", "bc", "-q", (char *)NULL);
        }
        _exit(127);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void judge(const struct question *q, const char *told)
{
    struct decimal a = number(q->a), b = number(q->b), out;
    char room[DECIMAL_ROOM], printed[DECIMAL_ROOM + 1], units[UNITS_ROOM];
    int error = calculate(&a, (char[]){q->operation, '\0'}, &b, q->places, &out);
    if (error) {
        /* A modulo of two that lie too far apart may be refused although its result would fit. */
        if (error != ERR_LIMIT || (fits(told) && q->operation != 'm')) {
            fail_msg("%s %c %s (%d): refused, but is %s", q->a, q->operation, q->b, q->places, told);
        }
        return;
    }
    snprintf(printed, sizeof printed, "%.*s", TEXT_ARG(decimal_print(&out, room)));
    in_units(printed, units);
    if (strcmp(units, told) != 0) {
        fail_msg("%s %c %s (%d): %s, but bc says %s", q->a, q->operation, q->b, q->places, units, told);
    }
}

static void agrees_with_bc(void **state)
{
    (void)state;
    const char *wanted = getenv("FORMULA_CASES");
    long count = wanted ? strtol(wanted, NULL, 10) : 20000;
    assert_in_range(count, 1, 10000000);
    struct question *questions = calloc((size_t)count, sizeof *questions);
    assert_non_null(questions);
    char folder[] = "/tmp/dianchen-decimal-XXXXXX", asked[64], told[64], line[200];
    assert_non_null(mkdtemp(folder));
    snprintf(asked, sizeof asked, "%s/asked", folder);
    snprintf(told, sizeof told, "%s/told", folder);
    FILE *out = fopen(asked, "w");
    assert_non_null(out);
    fputs(functions, out);
    for (long i = 0; i < count; i++) {
        struct question *q = &questions[i];
        q->operation = "+-*/rm"[roll(6)];
        q->places = q->operation == 'r' || roll(2) ? (int)roll(37) - 18 : DECIMAL_PLACES;
        random_number(q->a);
        do {
            random_number(q->b);
        } while ((q->operation == '/' || q->operation == 'm') && number(q->b).units == 0);
        write_question(out, q);
    }
    assert_int_equal(fclose(out), 0);
    ask_bc(asked, told);
    FILE *in = fopen(told, "r");
    assert_non_null(in);
    for (long i = 0; i < count; i++) {
        assert_non_null(fgets(line, sizeof line, in));
        line[strcspn(line, "\n")] = '\0';
        judge(&questions[i], line);
    }
    assert_null(fgets(line, sizeof line, in));
    fclose(in);
    unlink(asked);
    unlink(told);
    rmdir(folder);
    free(questions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_prints),       cmocka_unit_test(calculates),     cmocka_unit_test(compares),
        cmocka_unit_test(takes_the_numbers_of_c), cmocka_unit_test(agrees_with_bc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
