/* The log events: one row each, in the order of their ids. event.h makes `enum event_id` and `struct event_row` of them,
 * `make docs` the table of docs/events.md. An event keeps its id and its meaning for good.
 * EVENT(name, id, level, what it means, its own fields, what to do); the texts are for people, in Markdown. */
EVENT(ALERT_FAILED, "alert.failed", WARN, "a message to the group robot could not be sent", "`cause`",
      "`dianchen check --alert`")
EVENT(ALERT_SENT, "alert.sent", INFO, "a message was sent to the group robot", "`cause`", "–")
EVENT(BOOK_READ, "book.read", INFO, "what stands in the target is known to the ledger", "`records`", "–")
EVENT(BOOK_READS, "book.reads", INFO, "a loader reads what stands in the target, before the first create", "", "–")
EVENT(BOOK_UNLISTED, "book.unlisted", WARN,
      "the account has no call that lists what stands in the target: each number is looked up before it is created",
      "`call`", "subscribe to the call in the Kingdee open platform")
EVENT(BOOK_WAITS, "book.waits", INFO, "waits for the loader that reads what stands in the target", "", "–")
EVENT(CASSETTE_FAILED, "cassette.failed", ERROR, "a recorded call can't be written; nothing more is recorded",
      "`file`, `why`", "room, rights of the folder")
EVENT(CASSETTE_FULL, "cassette.full", WARN, "a process has written as many files as it may", "`files`", "–")
EVENT(CASSETTE_ON, "cassette.on", WARN, "every call is recorded (`--record`)", "`folder`",
      "look through the files before they leave this host ([cassettes.md](cassettes.md))")
EVENT(CONSOLE_JOB, "console.job", INFO, "a run that the console started has ended", "`scheme`, `code`", "–")
EVENT(CONSOLE_LISTENING, "console.listening", INFO, "the console is there", "`address`", "–")
EVENT(CONSOLE_REFUSED, "console.refused", WARN, "a call came with a token that is none", "",
      "who calls? `dianchen console token list`")
EVENT(DRAIN_LATE, "drain.late", WARN, "a transformer stops with pages in hand; others get them", "`pages`", "–")
EVENT(DRY_CHANGES, "dry.changes", WARN,
      "a change that a dry run would make could not be noted, so the list is not whole", "",
      "make room on the disk of TMPDIR")
EVENT(IDS_UNREAD, "ids.unread", WARN,
      "a list of the target can't be read whole, so an id of the scheme stays unchecked",
      "`id`, `field`, `what`, `why`, `error`", "subscribe to the call, or check the id by hand")
EVENT(LIMIT_PACE, "limit.pace", INFO, "an API refused calls; all workers keep this pace from now on", "",
      "if often: a lower `callsPerMinute` in the scheme")
EVENT(LIMIT_STORE, "limit.store", WARN, "an API's pace can't be kept in the store", "", "as `store.failing`")
EVENT(LIMIT_THROTTLED, "limit.throttled", WARN, "an API refuses calls; no worker calls it for a while", "",
      "nothing; see `limit.pace`")
EVENT(LINK_ADDRESSES, "link.addresses", WARN, "a name has more addresses than a link can hold", "",
      "fewer replicas behind one name")
EVENT(LINK_BUSY, "link.busy", WARN, "peers come and go too often to log each", "`left_out`",
      "`link.refused` lines before it; who reaches this port?")
EVENT(LINK_DOWN, "link.down", INFO, "an upstream is gone; its batches go back to it", "", "–")
EVENT(LINK_KEYS, "link.keys", WARN, "keys of the link: open to others, or unreadable", "", "the message has the cure")
EVENT(LINK_KEYS_CHANGED, "link.keys_changed", INFO, "the list of keys that are let in has changed", "", "–")
EVENT(LINK_NACK, "link.nack", DEBUG, "a worker gave a batch back", "", "–")
EVENT(LINK_OVERDUE, "link.overdue", WARN,
      "a worker neither moves nor gives back a page: others get it, and it is cut off", "page, `worker`",
      "what is that worker? its version, its log")
EVENT(LINK_PEER_GONE, "link.peer_gone", INFO, "a worker is gone; its batches go to others", "", "–")
EVENT(LINK_PEER_JOINED, "link.peer_joined", INFO, "a worker is linked", "", "–")
EVENT(LINK_POISON, "link.poison", WARN, "a page killed workers, each while it held nothing else", "page, `workers`",
      "see `page.poison`")
EVENT(LINK_REFUSED, "link.refused", WARN, "a peer runs another version, scheme or store, or is not let in",
      "`upstream`", "the message says which: start both alike")
EVENT(LINK_STRANGER, "link.stranger", DEBUG, "something that speaks no ZeroMQ, or took too much, was cut off", "", "–")
EVENT(LINK_STUCK, "link.stuck", ERROR, "a page has not moved for 10 minutes: the worker ends itself, another takes it",
      "page, `seconds`", "look at what the worker waited for")
EVENT(LINK_UNREACHABLE, "link.unreachable", WARN, "an upstream can't be reached; tried until it answers", "",
      "is it running? address, firewall")
EVENT(LINK_UNRESOLVED, "link.unresolved", WARN, "a name can't be resolved; asked again", "", "DNS, `--upstream`")
EVENT(LINK_UP, "link.up", INFO, "an upstream is linked", "", "–")
EVENT(LOADER_CUT, "loader.cut", WARN, "a loader stops with calls under way; their records are settled later", "", "–")
EVENT(LOADER_DRAINS, "loader.drains", INFO, "a loader takes no more and completes the calls under way", "", "–")
EVENT(LOADER_LOGIN, "loader.login", INFO, "logged in to the target", "`account`", "–")
EVENT(LOADER_READY, "loader.ready", INFO, "a loader takes records", "", "–")
EVENT(LOOKUP_IDS, "lookup.ids", INFO, "ids of another scheme's records were asked for", "`api`, `asked`, `found`", "–")
EVENT(LOOKUP_LIST, "lookup.list", INFO, "a list for look-ups was read", "`lookup`, `entries`", "–")
EVENT(LOOKUP_LIST_UNREAD, "lookup.list_unread", WARN,
      "numbers were looked up in the target's list, which can't be read whole", "`what`, `why`",
      "if it stays: the target's support")
EVENT(LOOKUP_SEARCH, "lookup.search", WARN,
      "the target's list does not find numbers: a lost reply is settled by reading the list whole", "`api`",
      "nothing, while it is fast enough; the parameter `/list/search` of the API file")
EVENT(LOOKUP_SMALLER, "lookup.smaller", WARN,
      "a page of the target's list is too large: the list is read anew in smaller pages", "`api`, `records`", "–")
EVENT(LOOKUP_UNCLEAR, "lookup.unclear", WARN, "the target does not say whether it has a number; asked again",
      "page, `number`, `status`, `why`", "if it stays: the target's support")
EVENT(LOOKUP_UNSUBSCRIBED, "lookup.unsubscribed", WARN,
      "the account has no such call: the next form of look-up is used", "`api`",
      "subscribe the app to it: settling is faster with it")
EVENT(LOOP_POLL, "loop.poll", ERROR, "waiting for the link failed", "", "report it")
EVENT(LOOP_WATCH, "loop.watch", ERROR, "a descriptor can't be watched", "", "limits of open files")
EVENT(METRICS_LISTENING, "metrics.listening", INFO, "where `/metrics` is", "`address`", "–")
EVENT(PAGE_MALFORMED, "page.malformed", ERROR, "a page can't be read", "page", "the same version of all stages; memory")
EVENT(PAGE_POISON, "page.poison", WARN, "a page ended its workers again and again; its records go out one by one",
      "page", "read the workers' logs")
EVENT(PAGE_UNSENT, "page.unsent", ERROR, "a page could not be queued for the loaders; it is asked for again", "page",
      "memory")
EVENT(PAGE_UNSETTLED, "page.unsettled", ERROR,
      "a page was acknowledged, but the ledger lacks outcomes of its records; it is read again", "page",
      "a worker that does not write into this store acknowledges pages: find it")
EVENT(POST_UNKNOWN, "post.unknown", WARN, "a batch was sent and its fate is unknown; the target is asked",
      "page (of its first record), `records`, `status`, `why`", "nothing; if often: a longer `TARGET_TIMEOUT`")
EVENT(RECORD_POISON, "record.poison", ERROR, "a record ended every worker that it was given to; it becomes a reject",
      "page, `key`", "`dianchen rejects show`; report it")
EVENT(RECORD_REPAIRED, "record.repaired", WARN,
      "a text of a record held half a character or a NUL: U+FFFD stands in its place", "`key`",
      "mend the record at the source")
EVENT(RECORD_TRIMMED, "record.trimmed", INFO,
      "a number had blanks at its ends, or control characters: it goes out without them", "`key`, `number`",
      "mend it in the source, or `\"trim\": false`")
EVENT(RECORD_UNREADABLE, "record.unreadable", WARN, "a record can't be read, even alone: it becomes a reject",
      "`place`, `why`", "`dianchen rejects list`; mend it in the source")
EVENT(REJECT_GONE, "reject.gone", INFO, "the source no longer returns a refused record; its reject is closed",
      "page, `key`", "–")
EVENT(REPLY_AROUND, "reply.around", WARN,
      "something stands around the JSON of an API's replies (a warning, a call of a script, marks); it is left out",
      "`api`", "who answers there? a box between, a broken plugin of the server")
EVENT(RUN_FINISHED, "run.finished", INFO, "the summary of a run",
      "`run`, `state`, `seen`, `created`, `updated`, `unchanged`, `filtered`, `rejected`, `repeated`, `milliseconds`, "
      "`records_per_second`",
      "`dianchen report`")
EVENT(RUN_FOLLOWS, "run.follows", WARN, "the source moved while it was read: another run follows", "`run`", "–")
EVENT(RUN_HELD, "run.held", WARN, "a person stopped the scheme: no page is read until it is started again", "",
      "`dianchen start`, or the console")
EVENT(RUN_NEXT, "run.next", INFO, "a service that has just started waits for its schedule", "`seconds`",
      "`dianchen start` begins the run at once")
EVENT(RUN_PAUSED, "run.paused", ERROR, "a run can't continue now; it is tried again later", "",
      "the message has cause and cure")
EVENT(RUN_REFUSED, "run.refused", WARN, "another run of the scheme is being read; the new one must wait", "",
      "the message has cause and cure")
EVENT(RUN_RESUMED, "run.resumed", INFO, "an unfinished run continues", "`run`, `follow_up`, `limit`, `slices`", "–")
EVENT(RUN_STARTED, "run.started", INFO, "a run begins", "`run`, `follow_up`, `limit`, `slices`", "–")
EVENT(RUN_VANISHED, "run.vanished", INFO,
      "records are not at the source any more: a run follows that updates them in the target", "`run`",
      "`dianchen report`")
EVENT(RUN_WAITS, "run.waits", INFO, "the next run waits for that of a scheme that comes before it", "`first`",
      "if it waits for good: does a service run that scheme? `dianchen status`")
EVENT(RUNS_FORGOTTEN, "runs.forgotten", INFO, "old runs were deleted from the store", "`runs`", "–")
EVENT(SOURCE_BACK, "source.back", INFO, "the source answers again", "", "–")
EVENT(SOURCE_DIVIDED, "source.divided", WARN,
      "a page of the source is too large: it is asked for in parts, and so are the pages after it",
      "`slice`, `page`, `records`", "lower `source.pagination.pageSize` to that many records")
EVENT(SOURCE_DOWN, "source.down", WARN, "the source fails; calls are repeated", "", "network, `WDT_URL`, `HTTPS_PROXY`")
EVENT(SOURCE_ENDLESS, "source.endless", WARN, "a slice has more pages than the cap; the rest is not read", "page",
      "cut it with `source.slices`")
EVENT(SOURCE_NO_NEXT, "source.no_next", WARN, "by a cursor: the first page is full and names no next one", "page",
      "if there are more records: `next` of the API file")
EVENT(SOURCE_REPEATS, "source.repeats", WARN, "two pages hold the same records", "page, `twin`",
      "if it stays: order and filters of the source's API")
EVENT(SOURCE_TORN, "source.torn", WARN, "a page of the source can't be read: it is asked for in parts",
      "`slice`, `page`, `records`", "`record.unreadable` names the record")
EVENT(SOURCE_TOTAL, "source.total", WARN,
      "the source tells another total than it has records, in two runs; all pages were read up to an empty one",
      "`total`, `seen`", "–")
EVENT(STAGE_GAVE_UP, "stage.gave_up", ERROR,
      "one of several schemes of a stage gave up: the stage ends in a minute, to be started again", "–",
      "mend what the line before tells")
EVENT(STAGE_STARTED, "stage.started", INFO, "a stage is ready and waits for others", "`address`", "–")
EVENT(STORE_BACK, "store.back", INFO, "the store takes commits again", "", "–")
EVENT(STORE_CLOCK, "store.clock", WARN, "the store's clock was set; all claims get their full time again", "", "–")
EVENT(STORE_FAILING, "store.failing", WARN, "the store takes no commit; tried again", "", "disk full? permissions?")
EVENT(STORE_FOUND, "store.found", INFO, "connected to the database again", "", "–")
EVENT(STORE_LOST, "store.lost", WARN, "the connection to the database is lost; connecting again", "", "is it running?")
EVENT(STORE_RESTORED, "store.restored", WARN,
      "the store was put back to an earlier state, or its file was moved: what stands in the target is read anew "
      "before anything is created",
      "", "–")
EVENT(STORE_UNVERIFIED, "store.unverified", WARN, "a database on another host is not verified", "",
      "`sslmode=verify-full` in `DIANCHEN_STORE`, where the network is not private")
EVENT(TARGET_DOWN, "target.down", WARN, "the target fails; calls are repeated", "`status`, `why`",
      "network, the target's state")
EVENT(TARGET_UP, "target.up", INFO, "the target answers again", "", "–")
EVENT(TARGET_WORDS, "target.words", WARN,
      "the target refuses in words that its API file does not list; each text is quoted once", "`text`, `file`",
      "if they tell of a dead login, of a limit or the like, add them to `/words` of the file")
EVENT(WEBHOOK_BACK, "webhook.back", INFO, "WEBHOOK_URL takes messages again", "", "–")
EVENT(WEBHOOK_FAILED, "webhook.failed", WARN, "WEBHOOK_URL takes no messages: they are kept for 24 h", "`what`, `why`",
      "look after the program that is told; what was kept comes by itself")
EVENT(WINDOW_HELD, "window.held", WARN, "records wait for a look-up: the next run reads its span of time again",
      "`run`", "`dianchen rejects list`: what do they wait for?")
