/* The console's HTTP server: the page's files and the API, by its table. A thread for each connection. */
#ifndef DIANCHEN_CONSOLE_SERVE_SERVER_H
#define DIANCHEN_CONSOLE_SERVE_SERVER_H

#include "console/console.h"

struct server;

/* `bind` is HOST:PORT of a loopback address (port 0 = any), or with `published` of any. ERR_INPUT with the cure. */
int server_start(struct console *console, const char *bind, bool published, struct server **out,
                 struct cause *cause) WARN_UNUSED;
/* Ends all connections: streams within a second, calls when they are answered. */
void server_stop(struct server **stopping);
/* HOST:PORT as bound. */
const char *server_address(const struct server *server);

#endif
