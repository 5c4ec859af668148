/* Strangers at a port of ours: what they say is no ZeroMQ, or no message, or never ends. */
#ifndef DIANCHEN_TESTS_STRANGER_H
#define DIANCHEN_TESTS_STRANGER_H

#include <stdbool.h>
#include <stdint.h>

uint32_t stranger_dice(void);
/* The port of tcp://HOST:PORT. */
int stranger_port(const char *address);
/* A socket connected to a port of this host, or not: what listened there may have ended. The caller closes it. */
int stranger_connect(int port);
/* Garbage, broken greetings and handshakes, half frames, HTTP: one of 8 kinds. */
void stranger_throw(int port, uint32_t kind);
/* A ZeroMQ socket of the right kind that says nothing right. */
void stranger_frames(void *socket);
/* A message of many parts that does not end: as much of it as is taken at once. `fd` is new, or was given before. */
void stranger_part(int fd, bool first);
/* One frame of CURVE's handshake that is said to have 16 MiB: as much of it as is taken at once. */
void stranger_handshake(int fd, bool first);
/* Half of a request for a page. */
void stranger_request(int fd, bool first);

#endif
