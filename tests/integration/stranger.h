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
/* A ZeroMQ socket of the right kind that says nothing right: how many frames it took. */
int stranger_frames(void *socket);
/* The rest are said bit by bit, for as long as the other end hears them: false when it has ended the connection. `*sent` is 0 at
 * a new `fd`, and counts the bytes.
 *
 * A message of many parts that does not end, each of a size that may be: as much of it as is taken at once, at most 256 KiB. */
bool stranger_part(int fd, int64_t *sent);
/* One command of CURVE's handshake that comes bit by bit; some are said to have 16 MiB. */
bool stranger_handshake(int fd, int64_t *sent);
/* Half of a request for a page, a byte each time. */
bool stranger_request(int fd, int64_t *sent);

#endif
