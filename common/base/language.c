#include "common/base/language.h"

#include <errno.h>
#include <fcntl.h>
#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/phrase.h"

enum { CATALOG_MAX = 8 << 20 /* bytes */, DEPTH = 6 /* texts in one another */, LINE_MAX_BYTES = 64 << 10 };
enum { WORDS_LEAST = 3 /* letters */, BEGINS_WITH_WORD = 1 << 16 };
#define DOMAIN "dianchen"
#define LOCALE "zh_CN"

const char *const language_names[] = {"en", "zh", NULL};

static struct {
    bool other;
    char *bytes; /* of the catalog; NULL = there is none */
    size_t size;
    struct format {
        const char *text;
        size_t weight;
    } * formats;
    size_t count;
} language;

/* ---- the catalog ---- */

static uint32_t word_at(const char *bytes, size_t at)
{
    uint32_t word;
    memcpy(&word, bytes + at, sizeof word);
    return word;
}

/* Where the texts of the catalog stand: table 0 has the English ones, in the order of strcmp, table 1 what they become. */
static size_t table_at(const char *bytes, size_t table)
{
    enum { TABLES_AT = 12, SIZE = 4 };
    return word_at(bytes, TABLES_AT + table * SIZE);
}

/* Text `i` of a table; NULL where none stands inside the `size` bytes. */
static const char *text_at(const char *bytes, size_t size, size_t table, size_t i)
{
    enum { ROW = 8, PLACE = 4 };
    size_t row = table_at(bytes, table) + i * ROW, length = word_at(bytes, row), at = word_at(bytes, row + PLACE);
    return at < size && length < size - at && bytes[at + length] == '\0' ? bytes + at : NULL;
}

/* What the catalog has for a text; NULL = nothing. */
static const char *catalog_text(const char *english)
{
    enum { COUNT_AT = 8 };
    size_t low = 0, high = language.bytes && *english ? word_at(language.bytes, COUNT_AT) : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(english, text_at(language.bytes, language.size, 0, middle));
        if (order == 0) {
            return text_at(language.bytes, language.size, 1, middle);
        }
        low = order > 0 ? middle + 1 : low;
        high = order < 0 ? middle : high;
    }
    return NULL;
}

/* The most words first: who fits first fits best. */
static int by_weight(const void *a, const void *b)
{
    const struct format *x = a, *y = b;
    size_t a_size = strlen(x->text), b_size = strlen(y->text); /* then the most marks */
    if (x->weight == y->weight && a_size == b_size) {
        return strcmp(x->text, y->text);
    }
    return x->weight < y->weight || (x->weight == y->weight && a_size < b_size) ? 1 : -1;
}

/* The texts of a catalog that are formats with enough words to be known by. */
static int formats_read(size_t size)
{
    enum { MAGIC_AT = 0, COUNT_AT = 8, HEAD = 28, ROW = 8, TABLES = 2 };
    const char *bytes = language.bytes;
    if (size < HEAD || word_at(bytes, MAGIC_AT) != 0x950412deU) {
        return ERR_SYNTAX;
    }
    size_t count = word_at(bytes, COUNT_AT);
    for (size_t t = 0; t < TABLES; t++) {
        size_t table = table_at(bytes, t);
        if (table > size || count > (size - table) / ROW) {
            return ERR_SYNTAX;
        }
    }
    language.formats = calloc(count + 1, sizeof *language.formats);
    for (size_t i = 0; language.formats && i < count; i++) {
        const char *english = text_at(bytes, size, 0, i);
        if (!english || !text_at(bytes, size, 1, i)) {
            return ERR_SYNTAX;
        }
        size_t weight = strchr(english, '%') ? phrase_weight(english) : 0;
        if (weight >= WORDS_LEAST) {
            /* What begins with a word is around what begins with an argument: "FAIL  source: %s", "%s: no such file". */
            weight += *english == '%' ? 0 : BEGINS_WITH_WORD;
            language.formats[language.count++] = (struct format){english, weight};
        }
    }
    if (language.formats) {
        qsort(language.formats, language.count, sizeof *language.formats, by_weight);
    }
    return language.formats ? 0 : ERR_MEMORY;
}

static void catalog_drop(void)
{
    free(language.formats);
    free(language.bytes);
    language.formats = NULL;
    language.bytes = NULL;
    language.size = language.count = 0;
    language.other = false;
}

static int phrases_read(const char *folder)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/" LOCALE "/LC_MESSAGES/" DOMAIN ".mo", folder);
    int file = n > 0 && (size_t)n < sizeof path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) {
        return ERR_NOT_FOUND;
    }
    struct stat st;
    size_t size = 0;
    int error = fstat(file, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= CATALOG_MAX ? 0 : ERR_LIMIT;
    language.bytes = error ? NULL : malloc((size_t)st.st_size + 1);
    while (language.bytes && size < (size_t)st.st_size) {
        ssize_t got = read(file, language.bytes + size, (size_t)st.st_size - size);
        if (got <= 0 && errno != EINTR) {
            break;
        }
        size += got > 0 ? (size_t)got : 0;
    }
    (void)close(file);
    language.size = size;
    error = error ? error : language.bytes ? formats_read(size) : ERR_MEMORY;
    if (error) {
        catalog_drop();
    }
    return error;
}

/* gettext follows LANGUAGE in every locale but C: one that is always there is enough, and none need be installed. Numbers
 * and order stay those of C: only messages change. */
static int gettext_open(const char *folder)
{
    static const char *const locales[] = {"C.UTF-8", "zh_CN.UTF-8", "en_US.UTF-8"};
    bool found = false;
    for (size_t i = 0; i < sizeof locales / sizeof *locales && !found; i++) {
        found = setlocale(LC_MESSAGES, locales[i]) != NULL;
    }
    bool open = found && setenv("LANGUAGE", LOCALE, 1) == 0 && bindtextdomain(DOMAIN, folder) != NULL &&
                bind_textdomain_codeset(DOMAIN, "UTF-8") != NULL;
    (void)bind_textdomain_codeset("libc",
                                  "UTF-8"); /* of strerror, which else says "????" where its catalog is installed */
    return open ? 0 : ERR_NOT_FOUND;
}

/* ---- the choice ---- */

static bool is_chinese(const char *name)
{
    return strncmp(name, "zh", 2) == 0 && (name[2] == '\0' || strchr("_.-@", name[2]) != NULL);
}

static const char *by_environment(void)
{
    static const char *const names[] = {LANGUAGE_VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value) {
            return value;
        }
    }
    return "en";
}

/* share/locale beside the folder of the program. */
static bool own_folder(char *out, size_t room)
{
    char self[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (size <= 0) {
        return false;
    }
    self[size] = '\0';
    char *slash = strrchr(self, '/');
    int n = slash ? snprintf(out, room, "%.*s/../share/locale", (int)(slash - self), self) : -1;
    return n > 0 && (size_t)n < room;
}

int language_choose(const char *wanted, const char *folder)
{
    bool told = wanted && *wanted;
    if (told && !is_chinese(wanted) && strncmp(wanted, "en", 2) != 0) {
        return ERR_INPUT;
    }
    char own[PATH_MAX];
    const char *place = folder ? folder : own_folder(own, sizeof own) ? own : NULL;
    catalog_drop();
    if (place && is_chinese(told ? wanted : by_environment()) && phrases_read(place) == 0 && gettext_open(place) == 0) {
        language.other = true;
    } else {
        catalog_drop();
    }
    /* Programs that this one starts speak as it does. */
    return !told || setenv(LANGUAGE_VARIABLE, is_chinese(wanted) ? "zh" : "en", 1) == 0 ? 0 : ERR_MEMORY;
}

int language_load(const char *folder)
{
    char own[PATH_MAX];
    const char *place = folder ? folder : own_folder(own, sizeof own) ? own : NULL;
    return language.bytes ? 0 : place ? phrases_read(place) : ERR_NOT_FOUND;
}

bool language_other(void)
{
    return language.other;
}

const char *language_name(void)
{
    return language_names[language.other ? 1 : 0];
}

/* ---- what is said ---- */

const char *language_of(const char *english)
{
    return language.other && *english ? dgettext(DOMAIN, english) : english;
}

static bool say(struct buffer *out, struct text english, int depth);

static bool say_whole(struct buffer *out, struct text english)
{
    char key[PHRASE_TEXT_MAX + 1];
    memcpy(key, english.data, english.size);
    key[english.size] = '\0';
    const char *said = catalog_text(key);
    if (!said || strlen(key) != english.size) {
        return false;
    }
    buffer_add_text(out, text_of(said));
    return true;
}

/* What a slot holds: a sentence of ours is said, a name stays. Its blanks at both ends stay, too. */
static void put_slot(void *user, struct buffer *out, const struct phrase_slot *slot)
{
    const int *depth = user;
    struct text inner = text_trim(slot->text);
    size_t front = inner.size > 0 ? (size_t)(inner.data - slot->text.data) : 0;
    bool sentence = slot->words && !slot->quoted && text_has(inner, ' ');
    if (sentence && inner.size < slot->text.size && say(out, slot->text, *depth - 1)) {
        return; /* a part that begins with its blank */
    }
    buffer_add(out, slot->text.data, front);
    if (!(sentence && say(out, inner, *depth - 1))) {
        buffer_add_text(out, inner);
    }
    if (inner.size > 0) {
        buffer_add(out, inner.data + inner.size, slot->text.size - front - inner.size);
    } else {
        buffer_add_text(out, slot->text);
    }
}

/* What stands behind a place, "a/FILE.json:3: " or "/target/name: ". Empty: no place stands in front. */
static struct text behind_place(struct text english)
{
    ptrdiff_t at = text_find(english, TEXT(": "));
    struct text front = {english.data, at > 0 ? (size_t)at : 0};
    bool place = !text_has(front, ' ') && (text_has(front, '/') || text_has(front, '.'));
    return place ? (struct text){english.data + at + 2, english.size - (size_t)at - 2} : (struct text){NULL, 0};
}

static bool say_format(struct buffer *out, struct text english, int depth)
{
    struct phrase_match match;
    for (size_t i = 0; i < language.count; i++) {
        if (phrase_read(language.formats[i].text, english, &match)) {
            phrase_write(out, catalog_text(language.formats[i].text), &match, put_slot, &depth);
            return true;
        }
    }
    return false;
}

/* A place, and a text that is known whole. */
static bool say_placed(struct buffer *out, struct text english)
{
    struct text tail = behind_place(english);
    for (; tail.size > 0; tail = behind_place(tail)) {
        size_t before = out->size;
        buffer_add(out, english.data, (size_t)(tail.data - english.data));
        if (say_whole(out, tail)) {
            return true;
        }
        out->size = before;
    }
    return false;
}

/* "FILE:3: no such key", "a; b": the parts by themselves, where one of them is known. */
static bool say_parts(struct buffer *out, struct text english, int depth)
{
    static const struct {
        struct text english, said;
    } marks[] = {{{": ", 2}, {"：", 3}}, {{"; ", 2}, {"；", 3}}};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        ptrdiff_t at = text_find(english, marks[i].english);
        if (at <= 0) {
            continue;
        }
        struct text left = {english.data, (size_t)at};
        struct text right = {english.data + at + 2, english.size - (size_t)at - 2};
        struct buffer said;
        buffer_init(&said, LINE_MAX_BYTES);
        bool words = text_has(left, ' ') && say(&said, left, depth - 1);
        if (!words) {
            buffer_add_text(&said, left);
        }
        /* A part may be known with the mark that it begins with. */
        struct text tail = {english.data + at, english.size - (size_t)at};
        bool known = say_whole(&said, tail) || say_format(&said, tail, depth - 1);
        if (!known) {
            buffer_add_text(&said, words ? marks[i].said : marks[i].english);
            known = right.size > 0 && say(&said, right, depth - 1);
            if (!known) {
                buffer_add_text(&said, right);
            }
        }
        known = known || words;
        if (known) {
            buffer_add_text(out, buffer_text(&said));
        }
        buffer_fini(&said);
        if (known) {
            return true;
        }
    }
    return false;
}

static bool say(struct buffer *out, struct text english, int depth)
{
    if (depth == 0 || english.size == 0 || english.size > PHRASE_TEXT_MAX) {
        return false;
    }
    return say_whole(out, english) || say_placed(out, english) || say_format(out, english, depth) ||
           say_parts(out, english, depth);
}

void language_put(struct buffer *out, struct text english)
{
    language_put_in(out, english, language.other);
}

void language_put_in(struct buffer *out, struct text english, bool other)
{
    struct text inner = text_trim(english);
    size_t front = inner.size > 0 ? (size_t)(inner.data - english.data) : 0;
    if (!other || !language.bytes || inner.size == 0) {
        buffer_add_text(out, english);
        return;
    }
    if (say(out, english, DEPTH)) { /* formats that begin with blanks */
        return;
    }
    buffer_add(out, english.data, front);
    if (front == 0 || !say(out, inner, DEPTH)) {
        buffer_add_text(out, inner);
    }
    buffer_add(out, inner.data + inner.size, english.size - front - inner.size);
}

char *language_line(struct text english, char *out, size_t room)
{
    struct buffer line;
    buffer_init(&line, LINE_MAX_BYTES);
    language_put(&line, english);
    size_t size = text_cut(buffer_text(&line), room - 1);
    if (size > 0) {
        memcpy(out, line.data, size);
    }
    out[size] = '\0';
    buffer_fini(&line);
    return out;
}
