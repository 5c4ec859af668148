/* What a PostgreSQL server says of itself: is it still the same, and does it keep what it has confirmed? */
#include "common/store/postgres_life.h"

#include <stdio.h>
#include <string.h>

#include "common/base/language.h"
#include "common/store/postgres_call.h"

/* The one text that `text` finds, cut to the room. */
static int text_ask(struct postgres *sql, const char *text, char *out, size_t room)
{
    struct sql_rows rows;
    int error = pg_find(sql, &(struct sql_call){.text = text, .rows = 1});
    while (!error && (error = pg_next(sql, &rows)) > 0) {
        snprintf(out, room, "%.*s", TEXT_ARG(rows.columns[0].text));
        error = 0;
    }
    return error;
}

/* A part of it that a hosted server may not let us see is left out. */
static int life_part(struct postgres *sql, const char *text, char *out, size_t room)
{
    int error = pg_run(sql, "savepoint life");
    out[0] = '\0';
    error = error ? error : text_ask(sql, text, out, room);
    if (error == ERR_IO && sql->conn) {
        return pg_run(sql, "rollback to savepoint life");
    }
    return error ? error : pg_run(sql, "release savepoint life");
}

/* The cluster; the database and the table, which are others where a dump was put back; and the timeline, which is another
 * after a failover and after a recovery to a point in time. Behind them, which transaction wrote the row that keeps this: another
 * one where rows were put back into the tables that are there. */
int pg_life(struct sql *of, bool anew, char out[static SQL_LIFE_MAX])
{
    struct postgres *sql = postgres_of(of);
    char cluster[30], table[40], timeline[20], writer[20];
    int error = life_part(sql, "select system_identifier::text from pg_control_system()", cluster, sizeof cluster);
    error = error ? error
                  : life_part(sql,
                              "select d.oid::text || '.' || to_regclass('meta')::oid::text from pg_database d "
                              "where d.datname = current_database()",
                              table, sizeof table);
    error =
        error ? error
              : life_part(sql, "select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)", timeline, sizeof timeline);
    error = error ? error
                  : life_part(sql,
                              anew ? "select (txid_current() % 4294967296)::text"
                                   : "select xmin::text from meta where name = 'life'",
                              writer, sizeof writer);
    if (!error) {
        snprintf(out, SQL_LIFE_MAX, "%s %s %s/%s", cluster, table, timeline, writer);
    }
    return error;
}

/* A user without the right to read the standbys' rows still sees that there are some. */
int pg_risk(struct sql *of, char out[static SQL_RISK_MAX])
{
    static const char text[] =
        "select case when current_setting('fsync') = 'off' then 'fsync' "
        "when current_setting('synchronous_standby_names') = '' and exists (select 1 from pg_stat_replication where "
        "coalesce(application_name, '') not in ('pg_basebackup', 'pg_receivewal')) then 'standby' else '' end";
    char found[20] = "";
    int error = text_ask((struct postgres *)of, text, found, sizeof found);
    const char *risk = strcmp(found, "fsync") == 0
                           ? N_("fsync is off, so a crash of the server loses what it has confirmed: set fsync = on")
                       : strcmp(found, "standby") == 0
                           ? N_("a standby follows asynchronously, and lacks the last commits when it takes over: set "
                                "synchronous_standby_names at the server")
                           : "";
    (void)snprintf(out, SQL_RISK_MAX, "%s", risk);
    return error;
}
