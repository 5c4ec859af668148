/* PostgreSQL's programs that a case starts for itself. They are not on the path, and refuse to run as root. */
#ifndef DIANCHEN_TESTS_SERVER_H
#define DIANCHEN_TESTS_SERVER_H

#include "tests/integration/world.h"

enum { SERVER_URL = 700 };

/* A folder of this name in the world's folder, which those programs may write. */
void server_folder(struct world *w, const char *name);
/* Runs one to its end; it must succeed. It stands in the world's folder. */
void server_run(struct world *w, const char *command);
/* Starts one that stays. */
struct rig_process *server_start(struct world *w, const char *command);
/* Ends it as a crash would. */
void server_crash(struct world *w, struct rig_process **server);
/* Waits until the server behind the socket in that folder answers. */
void server_await(struct world *w, const char *folder);

#endif
