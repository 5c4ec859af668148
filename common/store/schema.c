/* The schema in SQLite's words, which postgres.c translates. Times are unix ms where a person reads them (started, ended, first, last) and store
 * clock ms where they are deadlines (until, ban, token_until, owner_until); api.next is store clock µs. */
#include "common/store/schema.h"

const char *const store_schema_steps[STORE_SCHEMA] = {
    /* Which accounts and which scheme: what the ledger's keys are unique within. */
    "create table pair (id integer primary key, source text not null, target text not null, scheme text not null,"
    " unique (source, target, scheme));"

    /* state: enum run_state. target and pair are bound by the first batch that a loader begins. */
    "create table run (id integer primary key, scheme text not null, scheme_hash text not null, source text not null,"
    " target text, pair integer, state integer not null, max_rows integer not null default 0,"
    " source_total integer not null default -1, follow_up integer not null default 0, slices integer not null,"
    " started integer not null, ended integer, report text, cause text);"
    "create unique index run_open on run (scheme, source) where state in (1, 4);"

    /* state: enum page_state. owner is null unless a lease was given and neither used up nor given back;
     * total is what the source told with a slice's first page. */
    "create table page (run integer not null, slice integer not null, no integer not null, state integer not null,"
    " owner text, fence integer not null default 0, until integer not null default 0, rows integer not null default 0,"
    " digest blob, total integer not null default -1, primary key (run, slice, no)) without rowid;"
    "create index page_open on page (run, no, slice) where state = 1;"
    "create index page_owner on page (run, owner) where owner is not null;"
    "create index page_digest on page (run, slice, digest) where digest is not null;"

    /* What the target holds, and the one POST that may be under way (ledger.h). number is null where it equals key. */
    "create table record (id integer primary key, pair integer not null, key text not null, number text,"
    " target_id text, held integer not null default 0, hash blob, run integer not null default 0,"
    " outcome integer not null default 0, claim integer default 0, op integer default 0, pend blob,"
    " until integer default 0, adopted integer default 0);"
    "create unique index record_key on record (pair, key);"
    "create unique index record_number on record (pair, number) where number is not null;"
    /* A record is written twice a run: the second finds room beside the first. */
    "/*! alter table record set (fillfactor = 50); !*/"

    "create table reject (record integer primary key, run integer not null, class text not null, code text not null,"
    " message text not null, source blob, payload text, attempts integer not null default 1, first integer not null,"
    " last integer not null);"
    "create index reject_run on reject (run);"

    /* Pace and login that all workers of an API and account share. */
    "create table api (name text primary key, next integer not null default 0, interval integer not null default 0,"
    " ban integer not null default 0, sealed blob, token_until integer not null default 0,"
    " version integer not null default 0, owner text, owner_until integer not null default 0) without rowid;"

    /* What stood in a target account before the first create. */
    "create table book (account text not null, number text not null, target_id text not null,"
    " primary key (account, number)) without rowid;"
    "create table book_state (account text primary key, state integer not null default 0, owner text,"
    " until integer not null default 0) without rowid;",

    /* What the API's refusals have taught (pace.h). */
    "alter table api add column cut integer not null default 0;"
    "alter table api add column well integer not null default 0;"
    "alter table api add column scale integer not null default 0;"
    "alter table api add column minute_at integer not null default 0;"
    "alter table api add column minute integer not null default 0;"
    "alter table api add column minute_before integer not null default 0;",

    /* kind: enum run_kind. A replay's slices are keys. refused, streak: what the error budget is spent by (budget.h). */
    "alter table run add column kind integer not null default 0;"
    "alter table run add column refused integer not null default 0;"
    "alter table run add column streak integer not null default 0;"
    "create index run_ended on run (ended) where state in (2, 3);"
    "create table run_key (run integer not null, slice integer not null, key text not null,"
    " primary key (run, slice)) without rowid;"
    "create unique index run_key_once on run_key (run, key);",

    /* Where a page's time went (page_times.h); null = not told. The page that a record was last seen on. */
    "alter table page add column ended integer;"
    "alter table page add column fetch_us integer;"
    "alter table page add column queue_us integer;"
    "alter table page add column map_us integer;"
    "alter table page add column wait_us integer;"
    "alter table page add column write_us integer;"
    "alter table page add column commit_us integer;"
    "alter table page add column calls integer;"
    "alter table record add column slice integer;"
    "alter table record add column page integer;",

    /* Which trouble a person was told of: not again before `until`; held = how often it was left untold since. */
    ("create table alert (cause text primary key, until integer not null, held integer not null default 0) without "
     "rowid;"),

    /* What stands in a target account is read once for each scheme that writes into it, so all of them read it now.
     * since = when the reading became due because the store had lost its last commits (transaction.h). */
    "alter table book rename to existing;"
    "create table existing_reading (account text not null, scheme text not null, state integer not null default 0,"
    " owner text, until integer not null default 0, since integer not null default 0,"
    " primary key (account, scheme)) without rowid;"
    "drop table book_state;",

    /* The fence under which a loader had an outcome for each row of the page; 0 = never yet. */
    "alter table page add column settled integer not null default 0;"
    /* Who closed it: so that one whose commit was done, but whose reply was lost, knows that it was him. */
    "alter table run add column closer text;",

    /* ranges = 1: pages of the slice are counted by the size that was asked for. 2: the page was cut at a place that was
     * guessed. 3: it was cut at a place that is certain. 4: the page is empty, and by the slice's total it is full. */
    "alter table page add column ranges integer not null default 0;"
    "create index page_ranges on page (run, slice) where ranges = 1;"
    /* notes: enum mapped_note, as of the record's last run that had any. */
    "create table note (record integer primary key, run integer not null, notes integer not null);"
    "create index note_run on note (run);",

    /* The console. Who may call its API: the hash of each token, never the token; role: enum console_role. What people did
     * there, as it was and as it is. And what it looks for among many rejects. */
    "create table token (name text primary key, hash text not null, role integer not null, created integer not null)"
    " without rowid;"
    "create table audit (id integer primary key, at integer not null, who text not null, did text not null,"
    " subject text not null, before text, after text);"
    "create index reject_last on reject (last, record);"
    "create index reject_reason on reject (class, code, last, record);"
    /* What a person stopped: no run of the scheme begins or goes on until somebody starts it again. */
    "create table hold (scheme text primary key, since integer not null, who text not null) without rowid;",

    /* Each text of a scheme file that was saved on the console; who is null where it was changed elsewhere. */
    "create table scheme_version (id integer primary key, file text not null, at integer not null, who text,"
    " content text not null, added integer not null, removed integer not null);"
    "create index scheme_version_file on scheme_version (file, id);",

    /* The span of time that a run reads, and the length of its windows; 0 = it reads no windows. request names what it asks
     * for, where the run moves the cursor; null = it moves none. */
    "alter table run add column window_from integer not null default 0;"
    "alter table run add column window_to integer not null default 0;"
    "alter table run add column window_step integer not null default 0;"
    "alter table run add column request text;"
    /* Records of the source that a page came with, where each is split into several; null = rows. */
    "alter table page add column came integer;"
    /* How far a scheme has read its source; when the past was read again last. Unix ms. */
    "create table window_cursor (scheme text not null, source text not null, request text not null,"
    " read_to integer not null default 0, reread integer not null default 0,"
    " primary key (scheme, source, request)) without rowid;",

    /* What the look-ups of a record were answered when it was sent last: JSON, [["unit","the key","the id"],…]. */
    "create table answer (record integer primary key, answers text not null);",

    /* Runs that start by the clock: the expression with its zone (null = they don't), and when the next is due, unix ms. */
    "alter table api add column at text;"
    "alter table api add column due integer not null default 0;",

    /* How the pace of an API moved: µs between calls from `at` (unix ms) on, 0 = no limit. */
    ("create table pace_step (api text not null, at integer not null, us integer not null, primary key (api, at))"
     " without rowid;"),

    /* The API that the run reads: several may share an account. */
    "alter table run add column api text;",

    /* A person has allowed the run to disable what the source has lost, however many records these are. */
    "alter table run add column vanish_all integer not null default 0;",

    /* How far the follow-ups of a record came (step/step.h): state: enum step_state; hash: of the contents that it was sent for;
     * run: that brought it there. */
    "create table step (record integer not null, name text not null, state integer not null, hash blob,"
    " run integer not null, primary key (record, name)) without rowid;"
    "create index step_run on step (run);",

    /* What others have brought, and no run has finished yet (run/inbox.h): kind: enum inbox_kind; record: JSON, or null;
     * since: unix ms; call: that brought it, where it must stay apart, else 0; run: that has taken it, under this place. */
    "create table inbox (id integer primary key, scheme text not null, kind integer not null, key text not null,"
    " record text, since integer not null, call integer not null, run integer, place integer);"
    "create unique index inbox_key on inbox (scheme, kind, key) where run is null;"
    "create index inbox_run on inbox (run, place) where run is not null;"
    /* What another system is to be told, and was told: body is null where it has it. subject: a run; at, next: unix ms. */
    "create table outbox (id integer primary key, event text not null, subject integer not null, at integer not null,"
    " body text, next integer not null, tries integer not null default 0);"
    "create unique index outbox_event on outbox (event, subject);"
    "create index outbox_next on outbox (next) where body is not null;",

    /* What the page before told of this one, where pages are asked for by a cursor: empty = there is none, null = not so. */
    "alter table page add column cursor text;",

    /* When a person closed a reject (ledger/reject.h), unix ms; null: it is open. */
    "alter table reject add column closed integer;"
    "drop index reject_last;"
    "drop index reject_reason;"
    "create index reject_last on reject (last, record) where closed is null;"
    "create index reject_reason on reject (class, code, last, record) where closed is null;"
    "create index run_key_key on run_key (key);"
    "create index reject_closed on reject (last, record) where closed is not null;",
};
