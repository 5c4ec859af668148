#include "tests/integration/server.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <postgresql/libpq-fe.h>

/* The command, as its user, ending when the test does. */
static void words(const char *command, char out[1200])
{
    int size =
        snprintf(out, 1200,
                 "PATH=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1):/usr/sbin:$PATH exec "
                 "%s setpriv --pdeathsig KILL %s",
                 geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups" : "", command);
    assert_in_range(size, 1, 1199);
}

void server_folder(struct world *w, const char *name)
{
    world_shell(w, "chmod 711 '%s' && mkdir -m 700 '%s/%s'", w->rig.folder, w->rig.folder, name);
    if (geteuid() == 0) {
        world_shell(w, "chown postgres '%s/%s'", w->rig.folder, name);
    }
}

void server_run(struct world *w, const char *command)
{
    char text[1200];
    words(command, text);
    world_shell(w, "cd '%s' && %s", w->rig.folder, text);
}

struct rig_process *server_start(struct world *w, const char *command)
{
    char text[1200];
    words(command, text);
    char all[1600];
    (void)snprintf(all, sizeof all, "cd '%s' && %s", w->rig.folder, text);
    return rig_start(&w->rig, "/bin/sh", (const char *[]){"-c", all, NULL});
}

void server_crash(struct world *w, struct rig_process **server)
{
    if (*server) {
        rig_stop(&w->rig, *server, SIGQUIT);
        *server = NULL;
    }
}

void server_await(struct world *w, const char *folder)
{
    char url[SERVER_URL];
    (void)snprintf(url, sizeof url, "postgresql://postgres@/postgres?host=%s/%s", w->rig.folder, folder);
    for (int i = 0; i < 1200 && PQping(url) != PQPING_OK; i++) {
        rig_pause(50);
    }
    assert_int_equal(PQping(url), PQPING_OK);
}
