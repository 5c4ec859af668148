/* Prints the rows of a table of the code as a manual has them, in the language of the environment: `tables events` for
 * docs/events.md, `tables metrics` for docs/monitoring.md and docs/monitoring.zh-CN.md. `make docs` puts them there
 * (generate.sh). */
#include <stdio.h>
#include <string.h>

#include "common/base/language.h"
#include "common/log/event.h"
#include "common/observe/family.h"

static void print_events(void)
{
    puts("| event | level | means | fields | what to do |\n|---|---|---|---|---|");
    for (int i = 0; i < EVENT_COUNT; i++) {
        const struct event_row *row = event_row((enum event_id)i);
        printf("| `%s` | %s | %s | %s%s| %s |\n", row->id, log_level_name(row->level), row->means, row->fields,
               row->fields[0] ? " " : "", row->cure);
    }
}

static void print_metrics(void)
{
    printf("| %s | %s | %s |\n|---|---|---|\n", _("metric"), _("who"), _("tells"));
    for (int i = 0; i < FAMILY_COUNT; i++) {
        const struct family *row = family_row((enum metric_family)i);
        printf("| `%s%s%s%s` | %s | %s |\n", row->name, row->labels[0] ? "{" : "", row->labels,
               row->labels[0] ? "}" : "", strcmp(row->who, "all") == 0 ? _("all") : row->who, _(row->help));
    }
}

int main(int argc, char **argv)
{
    if (language_choose(NULL, NULL) != 0) {
        return 2;
    }
    if (argc == 2 && strcmp(argv[1], "events") == 0) {
        print_events();
    } else if (argc == 2 && strcmp(argv[1], "metrics") == 0) {
        print_metrics();
    } else {
        fputs("usage: tables events|metrics\n", stderr);
        return 2;
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
