/* The metrics: one row each, in the order in which they are listed. family.h makes `enum metric_family` and `struct family`
 * of them, `make docs` the tables of docs/monitoring.md and, by the catalog, docs/monitoring.zh-CN.md.
 * FAMILY(id, name, labels, kind, which stages have it, help); the help is one line for people. */
FAMILY(RECORDS, OURS("records_total"), "outcome", COUNTER, "all",
       "Records by outcome: extractor sent; transformer mapped, filtered, rejected; loader created, "
       "updated, unchanged, filtered, rejected. A page that is sent twice counts twice here, never in "
       "the report.")
FAMILY(STEPS, OURS("steps_total"), "step,result", COUNTER, "loader",
       "Follow-ups of saved records, such as their audit: done, or refused.")
FAMILY(BATCHES, OURS("batches_total"), "", COUNTER, "all", "Batches acknowledged.")
FAMILY(BATCH_SECONDS, OURS("batch_seconds"), "", HISTOGRAM, "transformer, loader",
       "Time from the arrival of a batch to its acknowledgement.")
FAMILY(IN_FLIGHT, OURS("in_flight_records"), "", GAUGE, "all", "Records taken on and not yet acknowledged.")
FAMILY(CREDIT, OURS("credit_records"), "", GAUGE, "all", "Records granted and not yet sent.")
FAMILY(OLDEST_BATCH, OURS("oldest_batch_seconds"), "", GAUGE, "all", "Age of the oldest batch in hand; 0 = none.")
FAMILY(BUSY, OURS("busy_seconds_total"), "", COUNTER, "all",
       "Time in which the one thread that does the work was at work.")
FAMILY(STALLED, OURS("stalled_seconds_total"), "", COUNTER, "all",
       "Time with work that the next stage, or the target, did not take yet.")
FAMILY(IDLE, OURS("idle_seconds_total"), "", COUNTER, "all",
       "Time with credit and no work: the stage before holds it up.")
FAMILY(REDELIVERED, OURS("redelivered_total"), "reason", COUNTER, "extractor, transformer",
       "Batches that were sent and came back: peer_gone, busy, failed, drain.")
FAMILY(PEERS, OURS("peers"), "", GAUGE, "all", "Live peerings, of both ends.")
FAMILY(IGNORED_FRAMES, OURS("ignored_frames_total"), "", COUNTER, "all",
       "Frames of strangers, and frames that are no message here.")
FAMILY(REFUSED_CONNECTIONS, OURS("refused_connections_total"), "", COUNTER, "extractor, transformer",
       "Connections that were not let in: no ZeroMQ, another key, another security.")
FAMILY(HTTP_REQUESTS, OURS("http_requests_total"), "api,class", COUNTER, "extractor, loader",
       "HTTP calls by class of the transport: done, retry, throttled, login, fatal. A refusal "
       "inside an answer of HTTP 200 is done.")
FAMILY(HTTP_SECONDS, OURS("http_request_seconds"), "api", HISTOGRAM, "extractor, loader",
       "Time from the start of an HTTP call to its end.")
FAMILY(HTTP_IN_FLIGHT, OURS("http_in_flight"), "api", GAUGE, "extractor, loader", "HTTP calls under way.")
FAMILY(CALLS_PERMITTED, OURS("calls_permitted"), "api", GAUGE, "extractor, loader",
       "Calls that this worker may have under way at once, now.")
FAMILY(LIMIT, OURS("limit_calls_per_minute"), "api", GAUGE, "extractor, loader",
       "Pace that all workers together keep now; 0 = no limit.")
FAMILY(LIMIT_WAIT, OURS("limit_wait_seconds_total"), "api,reason", COUNTER, "extractor, loader",
       "Time in which calls waited for their turn: for the pace, or because of refusals "
       "(throttled).")
FAMILY(THROTTLED, OURS("throttled_total"), "api", COUNTER, "extractor, loader",
       "Calls that the API refused as too many.")
FAMILY(LOGIN_ANSWERS, OURS("login_answers_total"), "class", COUNTER, "loader", "Answers of the target to logins.")
FAMILY(LOOKUPS, OURS("lookups_total"), "result", COUNTER, "loader",
       "Records with a LOOKUP, by the answer: found, absent, ambiguous. A page that is sent twice counts twice.")
FAMILY(RUNS, OURS("runs_total"), "result", COUNTER, "extractor",
       "Runs that this extractor ended: complete, incomplete, failed, or followed (the source moved, and "
       "another run reads again).")
FAMILY(RUN_PAGES, OURS("run_pages"), "state", GAUGE, "extractor",
       "Pages of the run, open and done. Every extractor shows the same: take the maximum.")
FAMILY(RUN_SOURCE_TOTAL, OURS("run_source_total"), "", UNTYPED, "extractor",
       "Records that the source says it has; -1 = it does not say. Take the maximum.")
FAMILY(REJECTS_OPEN, OURS("rejects_open"), "", GAUGE, "loader",
       "Records that stand rejected in the store, of all loaders together. Take the maximum.")
FAMILY(STORE_SECONDS, OURS("store_seconds"), "op", HISTOGRAM, "extractor, loader",
       "Time of a group commit of the store.")
FAMILY(CONSOLE_ANSWERS, OURS("console_answers_total"), "class", COUNTER, "console",
       "Answers of the console by class of their status: 2xx, 3xx, 4xx, 5xx.")
FAMILY(READY, OURS("ready"), "", GAUGE, "all", "1 = it can work; else /readyz says what is missing.")
FAMILY(BUILD_INFO, OURS("build_info"), "stage,version,scheme", GAUGE, "all", "Always 1; the labels say what runs here.")
FAMILY(PROCESS_CPU, "process_cpu_seconds_total", "", COUNTER, "all", "CPU time used, user and system.")
FAMILY(PROCESS_MEMORY, "process_resident_memory_bytes", "", GAUGE, "all", "Resident memory.")
FAMILY(PROCESS_VIRTUAL, "process_virtual_memory_bytes", "", GAUGE, "all", "Virtual memory.")
FAMILY(PROCESS_START, "process_start_time_seconds", "", GAUGE, "all", "Start, in seconds of Unix time.")
FAMILY(PROCESS_FDS, "process_open_fds", "", GAUGE, "all", "Open file descriptors.")
FAMILY(PROCESS_MAX_FDS, "process_max_fds", "", GAUGE, "all", "Most file descriptors that may be open.")
