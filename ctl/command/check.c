/* `dianchen check`: what a person tries before the first run. The stage programs make the calls, each with its own
 * credentials, so that a check on one host is a check of that host. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/print.h"
#include "common/log/log.h"
#include "common/run/order.h"
#include "common/scheme/fixed.h"
#include "common/scheme/place.h"
#include "common/scheme/scheme.h"
#include "common/store/store.h"
#include "ctl/check/alert.h"
#include "ctl/check/lines.h"
#include "ctl/children/call.h"
#include "ctl/children/child.h"
#include "ctl/command/table.h"
#include "ctl/target/ids.h"

static struct {
    const char *scheme, *store;
    struct alert_options alert;
    struct record_options record;
    bool trial, json;
} order;
static const struct config_option options[] = {
    OPT_SETTING(SCHEME, order.scheme),
    OPT_SETTING(STORE, order.store),
    ALERT_OPTIONS(order.alert),
    HTTP_NETWORK_OPTIONS(order.alert.network),
    RECORD_OPTIONS(order.record),
    OPT_SWITCH("--json", order.json, "one JSON object: {\"ok\",\"checks\":[{\"ok\",\"part\",\"text\"}]}, in English"),
    OPT_SWITCH("--alert", order.trial, "send a trial message to the robot of ALERT_URL, and end"),
};
const struct config_program check_program = COMMAND_PROGRAM(
    "check [--alert] [--json] [OPTION...]",
    "Tries scheme, store, source and target with real calls that change nothing: one line each, with the cure\n"
    "where it fails; of a folder, every scheme. Without XINGCHEN_ACCOUNT_ID it lists the accounts that the login\n"
    "sees. With --alert it tries the group robot alone, with a message that everyone in the group will see.",
    options);

/* 2 (set up wrongly) outweighs what another part says. */
static int heavier(int a, int b)
{
    return a == EXIT_COMPLETE || b == EXIT_USAGE ? (b == EXIT_COMPLETE ? a : b) : a;
}

/* Can the file of a store be made, and its folder where that is missing? (store_open makes no more than one folder.) */
static int check_place(const char *path, struct cause *cause)
{
    char folder[PATH_MAX], above[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    const char *place = dirname(folder);
    if (access(place, F_OK) != 0) {
        snprintf(above, sizeof above, "%s", place);
        place = dirname(above);
    }
    return access(place, W_OK | X_OK) == 0
               ? 0
               : cause_set(cause, ERR_INPUT,
                           "%s: cannot be made: %s: %s; make that folder, let this user write there, or choose another "
                           "place with --store",
                           path, place, strerror(errno));
}

/* Does the database keep what it has confirmed? The line is printed where it does not. */
static int check_risk(struct store *store)
{
    char risk[STORE_RISK_MAX] = "";
    int error = store_begin(store, false);
    error = error ? error : store_end(store, store_risk(store, risk));
    if (error != 0 || risk[0] != '\0') {
        print_line(stdout, "FAIL  store: %.*s: %s", TEXT_ARG(store_shown(order.store)),
                   error != 0 ? store_why(store) : risk);
        return EXIT_REFUSED;
    }
    return EXIT_COMPLETE;
}

/* Looks, and leaves all as it is: no file, no folder, no newer schema. */
static int check_store(void)
{
    static const char file[] = "sqlite:";
    struct cause cause;
    struct store *store = NULL;
    const char *note = "";
    int error = store_open_reader(order.store, &store, &cause);
    int risky = error == 0 ? check_risk(store) : EXIT_COMPLETE;
    store_close(&store);
    if (risky != EXIT_COMPLETE) {
        return risky;
    }
    if (error == ERR_NOT_FOUND) {
        note = ": not there yet, the first run makes it";
        error =
            strncmp(order.store, file, sizeof file - 1) == 0 ? check_place(order.store + sizeof file - 1, &cause) : 0;
    } else if (error == ERR_STALE) {
        note = ": made by an older dianchen, the next run brings it up to date";
        error = 0;
    }
    if (error != 0) {
        print_line(stdout, "FAIL  store: %s", cause.text);
        return EXIT_USAGE;
    }
    print_line(stdout, "ok    store: %.*s%s", TEXT_ARG(store_shown(order.store)), note);
    return EXIT_COMPLETE;
}

/* Ids that the scheme or a variable names once for all records. */
static int check_ids(const struct order_scheme *one)
{
    const struct scheme *scheme = one->scheme;
    struct ids ids = {0};
    int exit_code = EXIT_COMPLETE;
    ids_ask(&ids, scheme, one->path);
    struct text told = TEXT("");
    for (size_t i = 0; i < scheme->target.field_count; i++) {
        const struct scheme_assignment *field = &scheme->target.fields[i];
        struct text id, from;
        if (scheme_fixed_id(field, &id, &from) && !ids_hold(&ids, field, id) && !text_equal(from, told)) {
            print_line(stdout,
                       "FAIL  %.*s: %.*s is '%.*s', which the target does not have; dianchen lookup %.*s lists them",
                       TEXT_ARG(field->lookup), TEXT_ARG(from), TEXT_ARG(id), TEXT_ARG(field->lookup));
            told = from; /* one variable stands in several fields */
            exit_code = EXIT_USAGE;
        }
    }
    ids_fini(&ids);
    return exit_code;
}

static int check_scheme(const struct order_scheme *one)
{
    struct cause cause;
    int worst = EXIT_COMPLETE;
    static const char *const stages[] = {"transformer", "extractor", "loader"};
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        const char *args[] = {"--check", "--scheme", one->path, NULL};
        int code = child_show(stages[i], args, &cause);
        if (code < 0) {
            print_line(stdout, "FAIL  %s: %s", stages[i], cause.text);
            code = EXIT_REFUSED;
        }
        worst = heavier(worst, code);
    }
    return worst == EXIT_COMPLETE ? check_ids(one) : worst;
}

/* The scheme, or those of the folder. A fault in one is told once: each stage would say the same. */
static int check_schemes(void)
{
    struct cause cause = {""};
    size_t count = 0;
    struct order_scheme *schemes = calloc(ORDER_MOST, sizeof *schemes);
    int worst = EXIT_COMPLETE, error = 0;
    if (!schemes) {
        error = cause_set(&cause, ERR_MEMORY, "out of memory");
    } else if (scheme_is_folder(order.scheme)) {
        error = order_read(order.scheme, schemes, &count, &cause);
    } else {
        (void)snprintf(schemes->path, sizeof schemes->path, "%s", order.scheme);
        error = scheme_load(order.scheme, &schemes->scheme, &cause);
        count = 1;
    }
    if (error) {
        print_line(stdout, "FAIL  scheme: %s", cause.text);
        worst = EXIT_USAGE;
    }
    for (size_t i = 0; i < count && !error; i++) {
        worst = heavier(worst, check_scheme(&schemes[i]));
    }
    order_free(schemes, count);
    free(schemes);
    return worst;
}

static int check_all(void)
{
    struct cause cause;
    if (order.trial) {
        return alert_trial(&order.alert);
    }
    if (child_record(&order.record, &cause) != 0) {
        return log_fatal(&cause, EXIT_REFUSED);
    }
    int worst = check_store();
    return heavier(worst, check_schemes());
}

int check_serve(char **words, size_t count)
{
    (void)words;
    (void)count;
    return order.json ? check_lines_json(check_all) : check_all();
}
