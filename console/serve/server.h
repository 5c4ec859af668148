/* The console's HTTP server: serves the page's files, and the API by its table. Each connection has a thread of its own. */
#ifndef DIANCHEN_CONSOLE_SERVE_SERVER_H
#define DIANCHEN_CONSOLE_SERVE_SERVER_H

#include "console/console.h"

struct server;

/* Starts the server. `bind` is HOST:PORT (port 0 = any free one). The address must be a loopback one, unless `published`, or
 * unless the console has TLS and a password; sets console->open. `console` must outlive the server; the caller owns *out. ERR_INPUT with the cure; ERR_IO, ERR_MEMORY with the cause. */
int server_start(struct console *console, const char *bind, bool published, struct server **out,
                 struct cause *cause) WARN_UNUSED;
/* Stops and frees the server. Blocks until all connections have ended: streams within a second, calls when they are answered. */
void server_stop(struct server **stopping);
/* Returns HOST:PORT as bound; it lives as long as the server. */
const char *server_address(const struct server *server);

#endif
