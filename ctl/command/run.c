/* `dianchen run`: one run on this machine. */
#include "common/log/log.h"
#include "ctl/command/table.h"
#include "ctl/run/all.h"

static struct local_run run = LOCAL_RUN_NEW;
static bool all;
static const struct config_option options[] = {
    LOCAL_RUN_OPTIONS(run),
    OPT_COUNT("--extractors", run.workers[0], 1, LOCAL_WORKERS_MAX, "workers of this stage", .fallback = "1"),
    OPT_COUNT("--transformers", run.workers[1], 1, LOCAL_WORKERS_MAX, "workers of this stage", .fallback = "1"),
    OPT_COUNT("--loaders", run.workers[2], 1, LOCAL_WORKERS_MAX, "workers of this stage", .fallback = "1"),
    OPT_COUNT("--limit", run.limit, 1, 1000000000, "only the first N records: for a careful first day"),
    OPT_TEXT("--from", run.from, "read this span of time again: \"2026-01-31 08:00\"; the cursor stays where it is"),
    OPT_TEXT("--to", run.to, "its end; default: now"),
    OPT_SWITCH("--all", all, "every scheme of the folder, in their order (\"after\"), one after the other"),
    OPT_SWITCH("--dry-run", run.dry_run, "count what it would create, update, reject; write nothing"),
    OPT_SWITCH("--vanished", run.vanished, "disable what the source has lost, however many records these are"),
    OPT_SWITCH("--new", run.begin_new, "abandon an unfinished run instead of finishing it"),
};
const struct config_program run_program = COMMAND_PROGRAM(
    "run [OPTION...]",
    "One run on this machine: starts extractors, transformers and loaders, shows progress on stderr, prints the\n"
    "report on stdout. Ctrl-C drains; the next run goes on where this one stopped. What stands unfinished is told\n"
    "in the first line: a replay or a part (--limit) is finished first, then comes the run that you asked for. Where\n"
    "the source is read by windows of time, a run reads on where the last complete one ended.",
    options);

int run_serve(char **words, size_t count)
{
    (void)words;
    (void)count;
    return all ? all_run(&run) : local_run(&run);
}
