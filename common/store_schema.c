/* The schema in SQLite's words, which postgres.c translates. Times are unix ms where a person reads them (started, ended, first, last) and store
 * clock ms where they are deadlines (until, ban, token_until, owner_until); api.next is store clock µs. */
#include "common/store_schema.h"

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
};
