#include "common/base/language.h"
#include "console/api/calls.h"
#include "console/api/operation.h"

#define CURSOR(help_)                                                                                                  \
    {                                                                                                                  \
        .name = "cursor", .kind = PARAM_NUMBER, .most = INT64_MAX, .help = (help_)                                     \
    }
#define LIMIT(otherwise_)                                                                                              \
    {                                                                                                                  \
        .name = "limit", .kind = PARAM_NUMBER, .least = 1, .most = 1000, .otherwise = (otherwise_),                    \
        .help = N_("at most so many")                                                                                  \
    }
#define RUN_ID                                                                                                         \
    {                                                                                                                  \
        .name = "run", .kind = PARAM_NUMBER, .in_path = true, .least = 1, .most = INT64_MAX,                           \
        .help = N_("number of the run")                                                                                \
    }
#define SCHEME_FILE                                                                                                    \
    {                                                                                                                  \
        .name = "scheme", .kind = PARAM_TEXT, .in_path = true, .most = 120,                                            \
        .help = N_("file of the scheme, without .json")                                                                \
    }
#define TABLE_NAME                                                                                                     \
    {                                                                                                                  \
        .name = "table", .kind = PARAM_TEXT, .in_path = true, .most = 200,                                             \
        .help = N_("name of the table in the scheme")                                                                  \
    }
#define API_NAME                                                                                                       \
    {                                                                                                                  \
        .name = "api", .kind = PARAM_TEXT, .in_path = true, .most = 110, .help = N_("name of the API")                 \
    }
#define VERSION_PARAMS                                                                                                 \
    {.name = "version", .kind = PARAM_NUMBER, .in_path = true, .least = 1, .most = INT64_MAX, .help = N_("its id")},   \
    {                                                                                                                  \
        .name = "against", .kind = PARAM_CHOICE, .choices = "before|saved", .help = N_("compared with; before")        \
    }
#define REJECT_CHOICE                                                                                                  \
    {.name = "run", .kind = PARAM_NUMBER, .least = 1, .most = INT64_MAX, .help = N_("refused in this run")},           \
        {.name = "class", .kind = PARAM_TEXT, .most = 200, .help = N_("of this class, together with code")},           \
        {.name = "code", .kind = PARAM_TEXT, .most = 200, .help = N_("of this code, together with class")},            \
        {.name = "closed",                                                                                             \
         .kind = PARAM_CHOICE,                                                                                         \
         .choices = "yes|no",                                                                                          \
         .help = N_("yes: those that a person closed; no")},                                                           \
    {                                                                                                                  \
        .name = "q", .kind = PARAM_TEXT, .most = 1000,                                                                 \
        .help = N_("of this key or number; other parameters don't count then")                                         \
    }

const struct operation operations[] = {
    {.id = "getHealth",
     .method = "GET",
     .path = "health",
     .tag = "console",
     .summary = N_("The console is there. Anybody may ask."),
     .answer = "{status:(ok) version:text}",
     .serve = health_show},
    {.id = "getDocument",
     .method = "GET",
     .path = "openapi.json",
     .tag = "console",
     .summary = N_("This document. Anybody may ask."),
     .media = "application/json",
     .serve = document_show},
    {.id = "openSession",
     .method = "POST",
     .path = "session",
     .tag = "console",
     .summary = N_("Logs a browser in: with the token of the link that the console prints at its start, an API token, "
                   "or the console's password."),
     .body = "{token:text}",
     .answer = "{name:text role:(admin|read-only) key:text}",
     .serve = session_open},
    {.id = "getSession",
     .method = "GET",
     .path = "session",
     .tag = "console",
     .summary = N_("Who calls."),
     .role = ROLE_READER,
     .answer = "Visitor",
     .serve = session_show},
    {.id = "closeSession",
     .method = "DELETE",
     .path = "session",
     .tag = "console",
     .summary = N_("Logs the browser out."),
     .role = ROLE_READER,
     .answer = "any",
     .serve = session_close},
    {.id = "listAudit",
     .method = "GET",
     .path = "audit",
     .tag = "console",
     .summary = N_("Who did what here, newest first."),
     .role = ROLE_ADMIN,
     .store = STORE_READ,
     .paged = true,
     .params = {CURSOR(N_("`next` of the answer before")), LIMIT(100)},
     .answer = "[{id:int at:time who:text did:text subject:text before:text after:text}]",
     .serve = audit_list},
    {.id = "getStatus",
     .method = "GET",
     .path = "status",
     .tag = "runs",
     .summary = N_("Each scheme with its newest run, when services begin the next one, how much that other systems "
                   "sent waits for a "
                   "run; and how many records stand rejected."),
     .role = ROLE_READER,
     .store = STORE_READ,
     .answer = "Status",
     .serve = status_show},
    {.id = "streamEvents",
     .method = "GET",
     .path = "events",
     .tag = "runs",
     .summary = N_("Server-sent events. `status`: what getStatus tells, whenever it changes. `live`: what flows "
                   "through the stages, as `dianchen top --json` tells it, every 2 s; null where no stage answers."),
     .role = ROLE_READER,
     .media = "text/event-stream"},
    {.id = "listJobs",
     .method = "GET",
     .path = "jobs",
     .tag = "runs",
     .summary = N_("What was started from here on this host since the console's start, newest first."),
     .role = ROLE_READER,
     .answer = "[Job]",
     .serve = jobs_list},
#include "console/api/table_apis.h"
#include "console/api/table_schemes.h"
    {.id = "listConnections",
     .method = "GET",
     .path = "connections",
     .tag = "connections",
     .summary = N_("Which settings of the store, the source, the target and the robot stand where this console runs, "
                   "never what they say; and what the last check said."),
     .role = ROLE_READER,
     .answer = "{parts:[{part:(store|source|target|alert) settings:[{name:text help:text secret:flag required:flag "
               "state:(set|default|unset) writable:flag}]}] last:Check~}",
     .serve = connections_list},
    {.id = "checkConnections",
     .method = "POST",
     .path = "connections/check",
     .tag = "connections",
     .summary = N_("Tries the store, a scheme, its source and its target with real calls that change nothing. A fault "
                   "comes with its cure."),
     .role = ROLE_ADMIN,
     .body = "{scheme:text}",
     .answer = "Check",
     .serve = connections_check},
    {.id = "setConnection",
     .method = "PUT",
     .path = "connections/{setting}",
     .tag = "connections",
     .summary =
         N_("Writes a setting of the source, the target or the robot into the env file of this console (0600); empty "
            "takes it out. Nobody can read it here. Services take it when they start the next time; 409 where it "
            "stands in the environment."),
     .role = ROLE_ADMIN,
     .store = STORE_WRITE,
     .params =
         {{.name = "setting", .kind = PARAM_TEXT, .in_path = true, .most = 60, .help = N_("name of the setting")}},
     .body = "{value:text}",
     .answer = "{name:text state:(set|default|unset)}",
     .serve = connections_set},
    {.id = "listFunctions",
     .method = "GET",
     .path = "formulas/functions",
     .tag = "schemes",
     .summary = N_("The functions of formulas, with an example of each."),
     .role = ROLE_READER,
     .answer = "[{name:text kind:text arguments:text en:text zh:text example:text result:text}]",
     .serve = functions_list},
    {.id = "evalFormula",
     .method = "POST",
     .path = "formulas/eval",
     .tag = "schemes",
     .summary = N_("What a formula makes of a record, with the names of a scheme where one is given."),
     .role = ROLE_ADMIN,
     .body = "{formula:text scheme?:text record?:object}",
     .answer = "{ok:flag type?:text value?:text error?:text message?:text column?:int "
               "warnings:[{column:int message:text}]}",
     .serve = formulas_eval},
    {.id = "listRuns",
     .method = "GET",
     .path = "runs",
     .tag = "runs",
     .summary = N_("Runs, newest first."),
     .role = ROLE_READER,
     .store = STORE_READ,
     .paged = true,
     .params = {{.name = "scheme", .kind = PARAM_TEXT, .most = 200, .help = N_("of this scheme, by its name")},
                {.name = "state",
                 .kind = PARAM_CHOICE,
                 .choices = "open|finished|abandoned|failed",
                 .help = N_("in this state")},
                CURSOR(N_("`next` of the answer before")),
                LIMIT(50)},
     .answer = "[Run]",
     .serve = runs_list},
    {.id = "startRun",
     .method = "POST",
     .path = "runs",
     .tag = "runs",
     .summary = N_("Starts a run. `here`: on this host, by stages of its own. `service`: by the extractors that run as "
                   "services, wherever they are; theirs begins at once, whatever the schedule says. A run that is no "
                   "dry one releases a stopped scheme."),
     .role = ROLE_ADMIN,
     .store = STORE_WRITE,
     .success = 202,
     .body = "{scheme:text kind:(run|dry) where:(here|service) limit?:int}",
     .answer = "{job:int~}",
     .serve = runs_start},
    {.id = "getRun",
     .method = "GET",
     .path = "runs/{run}",
     .tag = "runs",
     .summary = N_("A run: its report, what it refused, its slowest pages."),
     .role = ROLE_READER,
     .store = STORE_READ,
     .params = {RUN_ID},
     .answer = "{run:Run progress:Progress reasons:[{class:text code:text message:text count:int}] "
               "slowest:[{slice:int page:int rows:int claims:int ended:int milliseconds:int}]}",
     .serve = runs_show},
    {.id = "getRunPage",
     .method = "GET",
     .path = "runs/{run}/report.html",
     .tag = "runs",
     .summary = N_("The report as a page that stands by itself."),
     .role = ROLE_READER,
     .params = {RUN_ID, {.name = "lang", .kind = PARAM_CHOICE, .choices = "en|zh", .help = N_("its language; en")}},
     .media = "text/html; charset=utf-8",
     .serve = runs_page},
    {.id = "stopRun",
     .method = "POST",
     .path = "runs/{run}/stop",
     .tag = "runs",
     .summary = N_("Stops a run, wherever it is worked on: what is on the wire is finished. The scheme is held until "
                   "it is started or resumed."),
     .role = ROLE_ADMIN,
     .store = STORE_WRITE,
     .success = 202,
     .params = {RUN_ID},
     .answer = "Run",
     .serve = runs_stop},
    {.id = "resumeRun",
     .method = "POST",
     .path = "runs/{run}/resume",
     .tag = "runs",
     .summary = N_("Takes a run up again: by the services, or here by stages of its own."),
     .role = ROLE_ADMIN,
     .store = STORE_WRITE,
     .success = 202,
     .params = {RUN_ID},
     .body = "{where:(here|service)}",
     .answer = "Run",
     .serve = runs_resume},
    {.id = "abandonRun",
     .method = "POST",
     .path = "runs/{run}/abandon",
     .tag = "runs",
     .summary = N_("Ends an unfinished run for good. What it wrote stays; the next run begins anew."),
     .role = ROLE_ADMIN,
     .store = STORE_WRITE,
     .params = {RUN_ID},
     .answer = "Run",
     .serve = runs_abandon},
    {.id = "tellChanges",
     .method = "POST",
     .path = "hooks/{scheme}",
     .tag = "records",
     .summary = N_("These records have changed, another system says: a service of the scheme fetches them anew from "
                   "the source at once, or dianchen fetch does. Nothing but their keys is believed."),
     .role = ROLE_ADMIN,
     .store = STORE_WRITE,
     .success = 202,
     .params =
         {{.name = "scheme", .kind = PARAM_TEXT, .in_path = true, .most = 200, .help = N_("its name, or its file's")}},
     .body = "{keys:[any]}",
     .answer = "Taken",
     .serve = hooks_take},
    {.id = "pushRecords",
     .method = "POST",
     .path = "schemes/{scheme}/records",
     .tag = "records",
     .summary =
         N_("Records as the source has them, brought by another system: same mapping, ledger and guarantee. They are "
            "durable before they are answered, and wait for a service of the scheme, or for dianchen fetch."),
     .role = ROLE_ADMIN,
     .store = STORE_WRITE,
     .success = 202,
     .params =
         {{.name = "scheme", .kind = PARAM_TEXT, .in_path = true, .most = 200, .help = N_("its name, or its file's")}},
     .body = "{records:[object]}",
     .answer = "Taken",
     .serve = records_push},
    {.id = "listRecords",
     .method = "GET",
     .path = "records",
     .tag = "records",
     .summary = N_("What the ledger knows of records, in the order in which they were first seen."),
     .role = ROLE_READER,
     .store = STORE_READ,
     .paged = true,
     .params = {{.name = "scheme", .kind = PARAM_TEXT, .most = 200, .help = N_("of this scheme, by its name")},
                {.name = "outcome",
                 .kind = PARAM_CHOICE,
                 .choices = "pending|created|updated|unchanged|filtered|rejected",
                 .help = N_("with this outcome in the run that saw it last")},
                {.name = "q",
                 .kind = PARAM_TEXT,
                 .most = 1000,
                 .help =
                     N_("exactly this key, number or id in the target; other parameters but limit don't count then")},
                CURSOR(N_("`next` of the answer before")),
                LIMIT(100)},
     .answer = "[Record]",
     .serve = records_list},
    {.id = "getRecord",
     .method = "GET",
     .path = "records/{key}",
     .tag = "records",
     .summary = N_("Everything known of one record, by its key in the source: for each pair of accounts that has it."),
     .role = ROLE_READER,
     .store = STORE_READ,
     .params = {{.name = "key", .kind = PARAM_TEXT, .in_path = true, .most = 1000, .help = N_("key in the source")}},
     .answer = "{key:text records:[Known] replays?:[{run:int state:text started:time returned:flag}]}",
     .serve = records_show},
    {.id = "listRejects",
     .method = "GET",
     .path = "rejects",
     .tag = "rejects",
     .summary = N_("What stands refused, the latest first."),
     .role = ROLE_READER,
     .store = STORE_READ,
     .paged = true,
     .params = {REJECT_CHOICE,
                {.name = "cursor", .kind = PARAM_TEXT, .most = 60, .help = N_("`next` of the answer before")},
                LIMIT(50)},
     .answer = "[Reject]",
     .serve = rejects_list},
    {.id = "listReasons",
     .method = "GET",
     .path = "rejects/reasons",
     .tag = "rejects",
     .summary =
         N_("What stands refused, grouped by class and code, with the message of the latest; the largest group first."),
     .role = ROLE_READER,
     .store = STORE_READ,
     .answer = "[{class:text code:text message:text count:int last:time}]",
     .serve = rejects_reasons},
    {.id = "getRejectsTable",
     .method = "GET",
     .path = "rejects/table.csv",
     .tag = "rejects",
     .summary = N_("The same as a table, at most 100000 rows."),
     .role = ROLE_READER,
     .store = STORE_READ,
     .params = {REJECT_CHOICE},
     .media = "text/csv; charset=utf-8",
     .serve = rejects_csv},
    {.id = "replayRejects",
     .method = "POST",
     .path = "rejects/replay",
     .tag = "rejects",
     .summary =
         N_("Fetches refused records anew, maps them and sends them again: these keys, a class or code, or all."),
     .role = ROLE_ADMIN,
     .store = STORE_WRITE,
     .success = 202,
     .body = "{scheme:text keys?:[text] class?:text code?:text all?:flag}",
     .answer = "{job:int}",
     .serve = rejects_replay},
    {.id = "closeRejects",
     .method = "POST",
     .path = "rejects/close",
     .tag = "rejects",
     .summary = N_(
         "Takes refused records out of the list, where nothing is to be done about them: these ids, a class or code, "
         "or all; of one scheme or of any. They are not written. One that is refused anew is listed again."),
     .role = ROLE_ADMIN,
     .store = STORE_WRITE,
     .body = "{scheme?:text ids?:[int] class?:text code?:text all?:flag}",
     .answer = "{closed:int}",
     .serve = rejects_close},
    {.id = "getReject",
     .method = "GET",
     .path = "rejects/{id}",
     .tag = "rejects",
     .summary = N_("One refusal, with the record of the source and the payload."),
     .role = ROLE_READER,
     .store = STORE_READ,
     .params = {{.name = "id",
                 .kind = PARAM_NUMBER,
                 .in_path = true,
                 .least = 1,
                 .most = INT64_MAX,
                 .help = N_("id of the refusal")}},
     .answer =
         "{id:int run:int scheme:text key:text number:text class:text code:text message:text attempts:int first:time "
         "last:time closed?:time source:any payload:any}",
     .serve = rejects_show},
    {.id = NULL},
};
