#include "ctl/show/view.h"

#include <stdio.h>

#include "common/base/print.h"
#include "common/log/log.h"

int view_open(struct view *view, int *exit_code)
{
    struct cause cause;
    buffer_init(&view->text, VIEW_TEXT_MAX);
    int error = store_open_reader(view->url, &view->store, &cause);
    if (error == ERR_NOT_FOUND) {
        cause_set(&cause, error, "%.*s: no store there yet: nothing has run; start with dianchen run",
                  TEXT_ARG(store_shown(view->url)));
    }
    if (error != 0) {
        *exit_code = log_fatal(&cause, EXIT_USAGE);
        return error;
    }
    error = store_begin(view->store, false);
    if (error != 0) {
        print_line(stderr, "dianchen: store %s", store_why(view->store));
        *exit_code = EXIT_REFUSED;
        store_close(&view->store);
    }
    return error;
}

int view_close(struct view *view, int error, const char *missing, int exit_code)
{
    if (error == ERR_NOT_FOUND) {
        print_line(stderr, "dianchen: %s", missing);
        exit_code = EXIT_USAGE;
    } else if (error == ERR_LIMIT && view->text.failed) {
        print_line(stderr, "dianchen: that is more than %d MiB of text: ask for less, with --limit or one by one",
                   VIEW_TEXT_MAX >> 20);
        exit_code = EXIT_REFUSED;
    } else if (error != 0) {
        print_line(stderr, "dianchen: store %s", store_why(view->store));
        exit_code = EXIT_REFUSED;
    }
    if (store_end(view->store, 0) != 0 && exit_code == EXIT_COMPLETE) {
        exit_code = EXIT_REFUSED;
    }
    buffer_fini(&view->text);
    store_close(&view->store);
    return exit_code;
}

int view_print(const struct view *view)
{
    if (view->text.failed) {
        return ERR_LIMIT;
    }
    print_json(buffer_text(&view->text));
    return 0;
}
