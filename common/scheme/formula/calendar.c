/* Functions on dates, and TEXT with its formats. */
#include "common/scheme/formula/code.h"
#include "common/scheme/formula/date.h"
#include "common/scheme/formula/function.h"
#include "common/scheme/formula/value.h"

static int64_t whole(const struct formula_value *v, int64_t beyond)
{
    int64_t n;
    return decimal_whole(&v->number, &n) == 0 ? n : v->number.negative ? -beyond : beyond;
}

static int part(const struct formula_value *v)
{
    int64_t n = whole(v, INT32_MAX);
    return n > INT32_MAX ? INT32_MAX : n < INT32_MIN ? INT32_MIN : (int)n;
}

/* Month 13 is January of the next year, day 0 the last of the month before, as in a spreadsheet. */
enum formula_error formula_date_fn(struct formula_machine *m, const struct formula_value *args, size_t count,
                                   struct formula_value *out)
{
    (void)count;
    static const char *const beyond = "that leaves the years 1 to 9999";
    struct date_parts first = {.year = part(&args[0]), .month = 1, .day = 1};
    int64_t date;
    if (date_make(&first, &date) != 0) {
        return formula_blame(m, 0, FORMULA_NO_DATE, beyond);
    }
    if (date_add(date, whole(&args[1], INT32_MAX) - 1, DATE_MONTH, &date) != 0) {
        return formula_blame(m, 1, FORMULA_NO_DATE, beyond);
    }
    if (date_add(date, whole(&args[2], INT32_MAX) - 1, DATE_DAY, &date) != 0) {
        return formula_blame(m, 2, FORMULA_NO_DATE, beyond);
    }
    *out = formula_date(date);
    return FORMULA_FINE;
}

enum formula_error formula_datevalue(struct formula_machine *m, const struct formula_value *args, size_t count,
                                     struct formula_value *out)
{
    int64_t date;
    enum formula_error error;
    if (count < 2) {
        error = formula_as_date(&args[0], &date);
    } else if (args[0].type == FORMULA_DATE) {
        *out = args[0];
        return FORMULA_FINE;
    } else {
        struct text text = TEXT("");
        const char *fault = m->step->b ? NULL : formula_format_fault(args[1].text);
        if (fault) {
            return formula_blame(m, 1, FORMULA_RANGE, fault);
        }
        error = formula_as_text(m, &args[0], &text);
        int read = error ? 0 : date_parse_as(text, args[1].text, &date);
        int plain = read == ERR_SYNTAX ? date_parse(text, &date) : 0; /* zeros mean "no date" in any format */
        error = error                                             ? error
                : read == 0                                       ? FORMULA_FINE
                : read == ERR_NOT_FOUND || plain == ERR_NOT_FOUND ? FORMULA_IS_EMPTY
                                                                  : FORMULA_NO_DATE;
    }
    if (error == FORMULA_IS_EMPTY) {
        return FORMULA_FINE; /* empty */
    }
    if (error) {
        return formula_blame(m, 0, error, count < 2 ? FORMULA_NO_DATE_WORDS : "a date of this format is needed");
    }
    *out = formula_date(date);
    return FORMULA_FINE;
}

enum formula_error formula_dateadd(struct formula_machine *m, const struct formula_value *args, size_t count,
                                   struct formula_value *out)
{
    (void)count;
    int64_t date;
    if (date_add(args[0].date, whole(&args[1], INT64_MAX), (enum date_unit)part(&args[2]), &date) != 0) {
        return formula_blame(m, 1, FORMULA_RANGE, "that leaves the years 1 to 9999");
    }
    *out = formula_date(date);
    return FORMULA_FINE;
}

enum formula_error formula_datedif(struct formula_machine *m, const struct formula_value *args, size_t count,
                                   struct formula_value *out)
{
    (void)m;
    (void)count;
    *out = formula_number(decimal_of(date_between(args[0].date, args[1].date, (enum date_unit)part(&args[2]))));
    return FORMULA_FINE;
}

enum formula_error formula_year(struct formula_machine *m, const struct formula_value *args, size_t count,
                                struct formula_value *out)
{
    (void)m;
    (void)count;
    *out = formula_number(decimal_of(date_split(args[0].date).year));
    return FORMULA_FINE;
}

enum formula_error formula_month(struct formula_machine *m, const struct formula_value *args, size_t count,
                                 struct formula_value *out)
{
    (void)m;
    (void)count;
    *out = formula_number(decimal_of(date_split(args[0].date).month));
    return FORMULA_FINE;
}

enum formula_error formula_day(struct formula_machine *m, const struct formula_value *args, size_t count,
                               struct formula_value *out)
{
    (void)m;
    (void)count;
    *out = formula_number(decimal_of(date_split(args[0].date).day));
    return FORMULA_FINE;
}

enum formula_error formula_fromunix(struct formula_machine *m, const struct formula_value *args, size_t count,
                                    struct formula_value *out)
{
    static const int64_t thousands = INT64_C(100000000000); /* from here up a number means milliseconds */
    (void)count;
    int64_t n = whole(&args[0], INT64_MAX / 2), date;
    if (n >= thousands || n <= -thousands) {
        n = (n - (n < 0 ? 999 : 0)) / 1000;
    }
    if (date_add(DATE_ZONE, n, DATE_SECOND, &date) != 0) {
        return formula_blame(m, 0, FORMULA_RANGE, "that leaves the years 1 to 9999");
    }
    *out = formula_date(date);
    return FORMULA_FINE;
}

enum formula_error formula_tounix(struct formula_machine *m, const struct formula_value *args, size_t count,
                                  struct formula_value *out)
{
    (void)m;
    (void)count;
    *out = formula_number(decimal_of(args[0].date - DATE_ZONE));
    return FORMULA_FINE;
}

/* ---- TEXT ---- */

static bool is_place(char c)
{
    return c == '0' || c == '#';
}

static bool has(struct text t, const char *piece)
{
    return text_find(t, text_of(piece)) >= 0;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

struct letters {           /* of one letter in a format of dates */
    char letter, previous; /* of the letters of dates before it the last one; '\0' = none */
    char next;             /* … and the first one behind it */
    char behind;           /* the character behind it */
    size_t size;
};

/* Months are MM, minutes mm: beside hours or seconds they are minutes, all alone or beside a day somebody means months. */
static const char *run_fault(const struct letters *r)
{
    bool after_hours = r->previous == 'H' || r->previous == 'h';
    if (r->size > (r->letter == 'y' ? 4 : 2) && date_is_format((struct text){&r->letter, 1})) {
        return "a format has yyyy or yy, MM or M, dd or d, HH, mm and ss; names of months and days are not written";
    }
    if (r->letter == 'm' && !after_hours && r->next != 's') {
        return "in a format months are MM, in capitals; mm are minutes, beside HH or ss";
    }
    if (r->letter == 'M' && (after_hours || r->next == 's')) {
        return "in a format minutes are mm, in small letters; MM are months";
    }
    bool after_minutes = after_hours || r->previous == 'm' || r->previous == 's';
    if (r->letter == 'S' && (after_minutes || (r->previous == 'M' && r->size > 1)) && !is_word(r->behind)) {
        return "in a format seconds are ss, in small letters, and parts of a second are not written";
    }
    return NULL;
}

static const char *dates_fault(struct text format)
{
    static const char *const halves[] = {"AM/PM", "am/pm", "A/P", "a/p", "上午/下午"};
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
        if (has(format, halves[i])) {
            return "in a format HH is 00 to 23; AM and PM are not written";
        }
    }
    char previous = '\0';
    for (size_t i = 0; i < format.size;) {
        struct letters r = {.letter = format.data[i], .previous = previous};
        while (i + r.size < format.size && format.data[i + r.size] == r.letter) {
            r.size++;
        }
        i += r.size;
        size_t next = i;
        while (next < format.size && !date_is_format((struct text){format.data + next, 1})) {
            next++;
        }
        r.behind = i < format.size ? format.data[i] : '\0';
        r.next = next < format.size ? format.data[next] : '\0';
        const char *fault = run_fault(&r);
        if (fault) {
            return fault;
        }
        previous = date_is_format((struct text){&r.letter, 1}) ? r.letter : previous;
    }
    return NULL;
}

static bool is_dates(struct text format)
{
    bool places = memchr(format.data, '0', format.size) || memchr(format.data, '#', format.size);
    return date_is_format(format) && (!places || has(format, "yy") || has(format, "MM") || has(format, "dd") ||
                                      has(format, "HH") || has(format, "hh") || has(format, "mm:ss"));
}

const char *formula_format_fault(struct text format)
{
    if (format.size == 0) {
        return "the format is empty";
    }
    if (has(format, "YY") || has(format, "DD")) {
        return "in a format years are yyyy and days dd, in small letters";
    }
    if (memchr(format.data, '[', format.size) || memchr(format.data, '"', format.size)) {
        return "a format has no [ ] and no quotes: other characters stand as they are, or before and behind it by &";
    }
    if (is_dates(format)) {
        return dates_fault(format);
    }
    size_t at = 0;
    while (at < format.size && !is_place(format.data[at])) {
        at++;
    }
    if (at == format.size) {
        return "a format has 0 and # for a number, or yyyy, MM, dd, HH, mm, ss for a date";
    }
    while (at < format.size && (is_place(format.data[at]) || format.data[at] == ',' || format.data[at] == '.')) {
        at++;
    }
    for (; at < format.size; at++) {
        if (is_place(format.data[at]) || format.data[at] == ';') {
            return "a format has one number only, and no ; parts";
        }
    }
    return NULL;
}

struct picture {
    struct text before, behind;
    size_t whole;    /* least digits before the point */
    int least, most; /* digits behind it */
    bool commas, percent;
};

static struct picture picture_of(struct text format)
{
    struct picture p = {.least = 0};
    size_t at = 0;
    while (at < format.size && !is_place(format.data[at])) {
        at++;
    }
    p.before = (struct text){format.data, at};
    bool fraction = false;
    for (; at < format.size && (is_place(format.data[at]) || format.data[at] == ',' || format.data[at] == '.'); at++) {
        char c = format.data[at];
        fraction = fraction || c == '.';
        p.commas = p.commas || c == ',';
        if (is_place(c) && fraction) {
            p.most++;
            p.least = c == '0' ? p.most : p.least;
        } else if (c == '0') {
            p.whole++;
        }
    }
    p.behind = (struct text){format.data + at, format.size - at};
    p.percent = memchr(p.behind.data, '%', p.behind.size) != NULL;
    p.most = p.most > DECIMAL_PLACES ? DECIMAL_PLACES : p.most;
    p.least = p.least > DECIMAL_PLACES ? DECIMAL_PLACES : p.least;
    return p;
}

static void put_picture(struct buffer *out, const struct picture *p, const struct decimal *number)
{
    char room[DECIMAL_ROOM];
    struct text digits = decimal_print(number, room);
    if (number->negative) {
        buffer_add_char(out, '-');
        digits = (struct text){digits.data + 1, digits.size - 1};
    }
    const char *point = memchr(digits.data, '.', digits.size);
    size_t whole = point ? (size_t)(point - digits.data) : digits.size;
    size_t places = point ? digits.size - whole - 1 : 0;
    size_t shown = whole == 1 && digits.data[0] == '0' && p->whole == 0 ? 0 : whole;
    size_t width = shown > p->whole ? shown : p->whole;
    buffer_add_text(out, p->before);
    for (size_t i = 0; i < width; i++) {
        size_t left = width - i;
        if (i > 0 && p->commas && left % 3 == 0) {
            buffer_add_char(out, ',');
        }
        buffer_add_char(out, left > shown ? '0' : digits.data[whole - left]);
    }
    if (places > 0 || p->least > 0) {
        buffer_add_char(out, '.');
        buffer_add(out, digits.data + whole + 1, places);
        for (size_t i = places; i < (size_t)p->least; i++) {
            buffer_add_char(out, '0');
        }
    }
    buffer_add_text(out, p->behind);
}

static enum formula_error number_text(struct formula_machine *m, const struct formula_value *v, struct text format,
                                      struct buffer *out)
{
    struct decimal number;
    enum formula_error error = formula_as_number(v, &number);
    if (error) {
        return formula_blame(m, 0, error, "the format is one for numbers");
    }
    struct picture p = picture_of(format);
    if (p.percent) {
        struct decimal hundred = decimal_of(100);
        if (decimal_multiply(&number, &hundred, DECIMAL_PLACES, DECIMAL_HALF, &number) != 0) {
            return formula_blame(m, -1, FORMULA_OVERFLOW, NULL);
        }
    }
    if (decimal_round(&number, p.most, DECIMAL_HALF, &number) != 0) {
        return formula_blame(m, -1, FORMULA_OVERFLOW, NULL);
    }
    put_picture(out, &p, &number);
    return FORMULA_FINE;
}

enum formula_error formula_text_fn(struct formula_machine *m, const struct formula_value *args, size_t count,
                                   struct formula_value *out)
{
    (void)count;
    struct text format = args[1].text;
    if (formula_is_empty(&args[0])) {
        return FORMULA_FINE; /* nothing to show: empty */
    }
    const char *fault = m->step->b ? NULL : formula_format_fault(format);
    if (fault) {
        return formula_blame(m, 1, FORMULA_RANGE, fault);
    }
    enum { GROWTH = 4 /* M becomes 12, H 08: never more than that */ };
    struct buffer buffer = formula_buffer(m, format.size * GROWTH + (size_t)2 * DECIMAL_ROOM);
    enum formula_error error;
    if (is_dates(format)) {
        int64_t date;
        error = formula_as_date(&args[0], &date);
        if (error == FORMULA_IS_EMPTY) {
            return FORMULA_FINE;
        }
        if (error) {
            return formula_blame(
                m, 0, error,
                "the format is one for dates, as 2024-02-29; DATEVALUE(…, \"d.M.yyyy\") reads other forms");
        }
        date_put(&buffer, date, format);
    } else {
        error = number_text(m, &args[0], format, &buffer);
    }
    out->type = FORMULA_TEXT;
    return error ? error : formula_buffer_text(m, &buffer, &out->text);
}
