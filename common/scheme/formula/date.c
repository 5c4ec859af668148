#include "common/scheme/formula/date.h"

enum { PUT_MOST = 4 /* digits of a part */ };
enum { YEAR_MAX = 9999, DAY_SECONDS = 86400, HOUR_SECONDS = 3600, MINUTE_SECONDS = 60, ERA_DAYS = 146097 };

const char *const date_unit_words[DATE_UNITS] = {"year", "month", "day", "hour", "minute", "second"};

/* ---- the calendar ---- */

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Days since 1970-01-01. Years begin in March here, so that the leap day is the last of one; 400 of them are an era. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = y / 400, year_of_era = y - era * 400; /* y >= 0 */
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - 719468;
}

static void day_split(int64_t days, struct date_parts *out)
{
    int64_t shifted = days + 719468; /* >= 0 from the year 0 on */
    int64_t era = shifted / ERA_DAYS, day_of_era = shifted % ERA_DAYS;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    out->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    out->month = (int)(month < 10 ? month + 3 : month - 9);
    out->year = (int)(year_of_era + era * 400 + (out->month <= 2));
}

int date_make(const struct date_parts *p, int64_t *out)
{
    if (p->year < 1 || p->year > YEAR_MAX || p->month < 1 || p->month > 12 || p->day < 1 ||
        p->day > month_days(p->year, p->month) || p->hour < 0 || p->hour > 23 || p->minute < 0 || p->minute > 59 ||
        p->second < 0 || p->second > 59) {
        return ERR_SYNTAX;
    }
    int64_t minutes = (int64_t)p->hour * 60 + p->minute;
    *out = days_of(p->year, p->month, p->day) * DAY_SECONDS + minutes * MINUTE_SECONDS + p->second;
    return 0;
}

struct date_parts date_split(int64_t date)
{
    struct date_parts p;
    int64_t days = date / DAY_SECONDS, rest = date % DAY_SECONDS;
    if (rest < 0) {
        rest += DAY_SECONDS;
        days--;
    }
    day_split(days, &p);
    p.hour = (int)(rest / HOUR_SECONDS);
    p.minute = (int)(rest % HOUR_SECONDS / MINUTE_SECONDS);
    p.second = (int)(rest % MINUTE_SECONDS);
    return p;
}

static bool in_years(int64_t date)
{
    static const int64_t first = INT64_C(-62135596800), last = INT64_C(253402300799); /* 0001-01-01, 9999-12-31 */
    return date >= first && date <= last;
}

/* 0 for months and years, which differ in length. */
static int64_t unit_seconds(enum date_unit unit)
{
    switch (unit) {
    case DATE_DAY:
        return DAY_SECONDS;
    case DATE_HOUR:
        return HOUR_SECONDS;
    case DATE_MINUTE:
        return MINUTE_SECONDS;
    case DATE_SECOND:
        return 1;
    default:
        return 0;
    }
}

int date_add(int64_t date, int64_t count, enum date_unit unit, int64_t *out)
{
    int64_t added, seconds = unit_seconds(unit);
    if (seconds > 0) {
        if (__builtin_mul_overflow(count, seconds, &added) || __builtin_add_overflow(date, added, &added) ||
            !in_years(added)) {
            return ERR_LIMIT;
        }
        *out = added;
        return 0;
    }
    static const int64_t most = 200000; /* months: more than there are */
    int64_t months = count > most ? most : count < -most ? -most : count;
    struct date_parts p = date_split(date);
    months = (int64_t)p.year * 12 + p.month - 1 + (unit == DATE_YEAR ? months * 12 : months);
    if (months < 12 || months > YEAR_MAX * INT64_C(12) + 11) {
        return ERR_LIMIT;
    }
    p.year = (int)(months / 12);
    p.month = (int)(months % 12) + 1;
    int last = month_days(p.year, p.month);
    p.day = p.day > last ? last : p.day;
    return date_make(&p, out);
}

int64_t date_between(int64_t from, int64_t to, enum date_unit unit)
{
    int64_t seconds = unit_seconds(unit);
    if (seconds > 0) {
        return (to - from) / seconds;
    }
    if (to < from) {
        return -date_between(to, from, unit);
    }
    struct date_parts a = date_split(from), b = date_split(to);
    int64_t months = (int64_t)(b.year - a.year) * 12 + b.month - a.month;
    int64_t reached;
    if (date_add(from, months, DATE_MONTH, &reached) != 0 || reached > to) {
        months--; /* the last one is not whole */
    }
    return unit == DATE_YEAR ? months / 12 : months;
}

/* ---- as text ---- */

struct text date_print(int64_t date, char room[DATE_ROOM])
{
    struct date_parts p = date_split(date);
    const int numbers[] = {p.year / 100, p.year % 100, p.month, p.day, p.hour, p.minute, p.second};
    static const char marks[] = "\0--" /* behind year, month */ " ::\0";
    size_t size = 0;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        room[size++] = (char)('0' + numbers[i] / 10 % 10);
        room[size++] = (char)('0' + numbers[i] % 10);
        if (marks[i]) {
            room[size++] = marks[i];
        }
    }
    return (struct text){room, size};
}

static inline bool is_letter(char c)
{
    return c == 'y' || c == 'M' || c == 'd' || c == 'H' || c == 'h' || c == 'm' || c == 's';
}

/* A run of one letter of a date; 0 where the format goes on with something else. */
static size_t letter_run(struct text format, size_t at)
{
    char letter = format.data[at];
    size_t end = at;
    if (is_letter(letter)) {
        while (end < format.size && format.data[end] == letter) {
            end++;
        }
    }
    return end - at;
}

bool date_is_format(struct text format)
{
    size_t at = 0;
    while (at < format.size && !is_letter(format.data[at])) {
        at++;
    }
    return at < format.size;
}

static int *part_of(struct date_parts *p, char letter)
{
    switch (letter) {
    case 'y':
        return &p->year;
    case 'M':
        return &p->month;
    case 'd':
        return &p->day;
    case 'm':
        return &p->minute;
    case 's':
        return &p->second;
    default:
        return &p->hour;
    }
}

void date_put(struct buffer *out, int64_t date, struct text format)
{
    struct date_parts p = date_split(date);
    for (size_t at = 0; at < format.size;) {
        size_t run = letter_run(format, at);
        char *to = buffer_reserve(out, PUT_MOST);
        if (!to) {
            return;
        }
        if (run == 0) {
            *to = format.data[at++];
            out->size++;
            continue;
        }
        int number = *part_of(&p, format.data[at]);
        number = format.data[at] == 'y' && run == 2 ? number % 100 : number;
        size_t least = run > PUT_MOST ? PUT_MOST : run;
        size_t size = number >= 1000 ? 4 : number >= 100 ? 3 : number >= 10 ? 2 : 1;
        size = size < least ? least : size;
        for (size_t i = size; i-- > 0; number /= 10) {
            to[i] = (char)('0' + number % 10);
        }
        out->size += size;
        at += run;
    }
}

/* ---- from text ---- */

/* Takes `least` to `most` digits off the front. */
static bool take_number(struct text *t, size_t least, size_t most, int *out)
{
    size_t size = 0;
    int number = 0;
    while (size < t->size && size < most && t->data[size] >= '0' && t->data[size] <= '9') {
        number = number * 10 + (t->data[size++] - '0');
    }
    if (size < least) {
        return false;
    }
    *t = (struct text){t->data + size, t->size - size};
    *out = number;
    return true;
}

static bool take_char(struct text *t, char c)
{
    if (t->size == 0 || *t->data != c) {
        return false;
    }
    *t = (struct text){t->data + 1, t->size - 1};
    return true;
}

static bool take_text(struct text *t, struct text what)
{
    if (!text_starts(*t, what)) {
        return false;
    }
    *t = (struct text){t->data + what.size, t->size - what.size};
    return true;
}

static bool take_day(struct text *t, struct date_parts *p)
{
    if (!take_number(t, 4, 4, &p->year)) {
        return false;
    }
    if (text_starts(*t, TEXT("年"))) {
        return take_text(t, TEXT("年")) && take_number(t, 1, 2, &p->month) && take_text(t, TEXT("月")) &&
               take_number(t, 1, 2, &p->day) && (take_text(t, TEXT("日")) || take_text(t, TEXT("号")));
    }
    char mark = t->size > 0 ? *t->data : '\0';
    if (mark == '-' || mark == '/') {
        return take_char(t, mark) && take_number(t, 1, 2, &p->month) && take_char(t, mark) &&
               take_number(t, 1, 2, &p->day);
    }
    return take_number(t, 2, 2, &p->month) && take_number(t, 2, 2, &p->day);
}

/* 8:05 · 08:05:09 · 08:05:09.123 · 080509 */
static bool take_time(struct text *t, struct date_parts *p)
{
    int ignored;
    if (t->size >= 6 && t->data[1] != ':' && t->data[2] != ':') {
        return take_number(t, 2, 2, &p->hour) && take_number(t, 2, 2, &p->minute) && take_number(t, 2, 2, &p->second);
    }
    if (!take_number(t, 1, 2, &p->hour) || !take_char(t, ':') || !take_number(t, 2, 2, &p->minute)) {
        return false;
    }
    if (take_char(t, ':')) {
        if (!take_number(t, 2, 2, &p->second)) {
            return false;
        }
        return !take_char(t, '.') || take_number(t, 1, 9, &ignored);
    }
    return true;
}

/* Seconds east of Greenwich. */
static bool take_zone(struct text *t, int64_t *east)
{
    int hours, minutes = 0;
    if (take_char(t, 'Z')) {
        *east = 0;
        return true;
    }
    bool west = t->size > 0 && *t->data == '-';
    if (!take_char(t, west ? '-' : '+') || !take_number(t, 2, 2, &hours)) {
        return false;
    }
    bool colon = take_char(t, ':');
    if ((colon || t->size > 0) && !take_number(t, 2, 2, &minutes)) {
        return false;
    }
    *east = ((int64_t)hours * 60 + minutes) * (west ? -MINUTE_SECONDS : MINUTE_SECONDS);
    return hours <= 14 && minutes <= 59;
}

/* Two digits; anything else is far above 99. */
static inline int two_digits(const char *at)
{
    unsigned int tens = (unsigned int)(unsigned char)at[0] - '0', ones = (unsigned int)(unsigned char)at[1] - '0';
    return tens > 9 || ones > 9 ? 10000 : (int)(tens * 10 + ones);
}

/* 2024-02-29 and 2024-02-29 08:05:09, as nearly all are written. False: read it in full. */
static bool parse_usual(struct text t, struct date_parts *p)
{
    const char *at = t.data;
    if ((t.size != 10 && t.size != 19) || at[4] != '-' || at[7] != '-') {
        return false;
    }
    *p = (struct date_parts){
        .year = two_digits(at) * 100 + two_digits(at + 2), .month = two_digits(at + 5), .day = two_digits(at + 8)};
    if (t.size == 19) {
        if (at[10] != ' ' || at[13] != ':' || at[16] != ':') {
            return false;
        }
        p->hour = two_digits(at + 11);
        p->minute = two_digits(at + 14);
        p->second = two_digits(at + 17);
    }
    return true;
}

int date_parse(struct text t, int64_t *out)
{
    struct date_parts p = {0};
    if (parse_usual(t, &p) && date_make(&p, out) == 0) {
        return 0;
    }
    p = (struct date_parts){0};
    t = text_trim(t);
    if (t.size == 0) {
        return ERR_NOT_FOUND;
    }
    if (!take_day(&t, &p)) {
        return ERR_SYNTAX;
    }
    int64_t east = DATE_ZONE;
    if (t.size > 0) {
        bool joined = *t.data >= '0' && *t.data <= '9'; /* 20240229080509 */
        if ((!joined && !take_char(&t, ' ') && !take_char(&t, 'T')) || !take_time(&t, &p) ||
            (t.size > 0 && !take_zone(&t, &east)) || t.size > 0) {
            return ERR_SYNTAX;
        }
    }
    if (p.year == 0 && p.month == 0 && p.day == 0) {
        return ERR_NOT_FOUND;
    }
    int64_t date;
    int error = date_make(&p, &date);
    if (!error && !in_years(date + DATE_ZONE - east)) {
        error = ERR_SYNTAX;
    }
    if (!error) {
        *out = date + DATE_ZONE - east;
    }
    return error;
}

int date_parse_as(struct text t, struct text format, int64_t *out)
{
    struct date_parts p = {.year = 1970, .month = 1, .day = 1};
    if (t.size == 0) {
        return ERR_NOT_FOUND;
    }
    for (size_t at = 0; at < format.size;) {
        size_t run = letter_run(format, at);
        if (run == 0) {
            if (!take_char(&t, format.data[at++])) {
                return ERR_SYNTAX;
            }
            continue;
        }
        char letter = format.data[at];
        size_t most = letter == 'y' ? (run == 2 ? 2 : 4) : 2;
        int *part = part_of(&p, letter);
        if (!take_number(&t, run >= most ? most : 1, most, part)) {
            return ERR_SYNTAX;
        }
        if (letter == 'y' && most == 2) {
            *part += 2000;
        }
        at += run;
    }
    if (t.size > 0) {
        return ERR_SYNTAX;
    }
    return p.year == 0 && p.month == 0 && p.day == 0 ? ERR_NOT_FOUND : date_make(&p, out);
}
