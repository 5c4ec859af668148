#include "console/work/faults.h"

#include "common/scheme/api_lint.h"
#include "common/scheme/scheme.h"

struct gather {
    const struct draft *draft;
    struct arena *arena;
    struct draft_fault *list;
    size_t count;
    bool memory;
};

static bool word_take(struct text *rest, struct text word)
{
    bool there = text_starts(*rest, word);
    *rest = there ? (struct text){rest->data + word.size, rest->size - word.size} : *rest;
    return there;
}

/* A number that ends with `end`, taken off `rest`; 0 = none stands there. */
static int64_t number_take(struct text *rest, struct text end)
{
    ptrdiff_t size = text_find(*rest, end);
    int64_t number = 0;
    if (size <= 0 || text_integer((struct text){rest->data, (size_t)size}, &number) != 0 || number <= 0) {
        return 0;
    }
    size += (ptrdiff_t)end.size;
    *rest = (struct text){rest->data + size, rest->size - (size_t)size};
    return number;
}

/* "warning: PATH:12: /target/request/name: column 7: no such field" */
static struct draft_fault fault_read(const struct draft *draft, struct text line)
{
    struct draft_fault fault = {.warning = word_take(&line, TEXT("warning: "))};
    struct text place = line, separator = TEXT(": ");
    if (word_take(&place, text_of(draft->path)) && word_take(&place, TEXT(":"))) {
        line = place;
        fault.line = number_take(&line, separator);
        line = text_trim(line);
        ptrdiff_t end = line.size > 0 && line.data[0] == '/' ? text_find(line, separator) : -1;
        if (end > 0) {
            fault.path = (struct text){line.data, (size_t)end};
            line = (struct text){line.data + end + 2, line.size - (size_t)end - 2};
        }
        struct text column = line;
        if (word_take(&column, TEXT("column ")) && (fault.column = number_take(&column, separator)) > 0) {
            line = column;
        }
    } else if (word_take(&line, text_of(draft->folder))) { /* of a file beside it */
        (void)word_take(&line, TEXT("/"));
    }
    fault.message = line;
    return fault;
}

static void fault_add(void *user, const char *line)
{
    struct gather *gather = user;
    struct text kept = gather->count < FAULTS_MOST ? arena_text(gather->arena, text_of(line)) : TEXT("");
    if (!kept.data) {
        gather->memory = true;
    } else if (kept.size > 0) {
        gather->list[gather->count++] = fault_read(gather->draft, kept);
    }
}

int faults_find(const struct draft *draft, struct arena *arena, struct draft_fault list[FAULTS_MOST], size_t *count)
{
    struct gather gather = {.draft = draft, .arena = arena, .list = list};
    int faults = scheme_is_api_file(draft->path) ? scheme_lint_api(draft->path, fault_add, &gather)
                                                 : scheme_lint(draft->path, fault_add, &gather);
    *count = gather.count;
    return gather.memory ? ERR_MEMORY : faults;
}
