/* `dianchen explain`: everything known of one record. */
#include <stdio.h>

#include "common/base/print.h"
#include "common/ledger/ledger.h"
#include "common/log/log.h"
#include "ctl/command/table.h"
#include "ctl/report/story.h"
#include "ctl/show/view.h"

static struct view view;
static const struct config_option options[] = {VIEW_OPTIONS(view)};
static const char *const operands[] = {"KEY", NULL};
const struct config_program explain_program = COMMAND_PROGRAM(
    "explain KEY [--json]",
    "Everything the ledger knows of one record, by its key in the source: where it came from, what became of it,\n"
    "and what is to be done.",
    options, .operands = operands, .operand_most = 1);

int explain_serve(char **words, size_t count)
{
    int exit_code = EXIT_COMPLETE;
    if (count == 0) {
        print_line(stderr, "dianchen: explain: which key? usage: %s", explain_program.synopsis);
        return EXIT_USAGE;
    }
    if (view_open(&view, &exit_code) != 0) {
        return exit_code;
    }
    int error = ledger_explain(view.store, text_of(words[0]), &view.text);
    error = error == 0 && view.text.failed ? ERR_LIMIT : error;
    if (error == 0 && view.json) {
        error = view_print(&view);
    } else if (error == 0) {
        story_print(buffer_text(&view.text));
    }
    return view_close(
        &view, error,
        "no record of this key or number was ever seen; dianchen runs shows what was read into this store", exit_code);
}
