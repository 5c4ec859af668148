/* Output for people and scripts. Text from outside (names of shops, messages of servers, file names) may hold terminal
 * escapes, line ends and direction marks. They are shown escaped, so that no text can clear a screen, fake a line or
 * change the reading order. Every command prints through these functions only. */
#ifndef DIANCHEN_COMMON_BASE_PRINT_H
#define DIANCHEN_COMMON_BASE_PRINT_H

#include <stdio.h>

#include "common/base/buffer.h"

/* Appends `t` as a person may see it: control characters (C0, DEL, C1), bidi marks, line separators and other invisible
 * format characters as \n, \r, \t, \x1b, \u202e; bytes that are no UTF-8 as \xff. All else stays as it is. */
void print_put_shown(struct buffer *out, struct text t);
/* Appends a JSON text with these characters written as \u….: the same value, harmless on a terminal. Line ends between
 * tokens stay. Bytes that are no UTF-8 become U+FFFD. */
void print_put_json(struct buffer *out, struct text json);

/* Formats one line, translates it into the person's language, escapes it as print_put_shown does, and ends it. The
 * format is English and holds no line end; where it has no words of its own ("%s"), the value is not translated. */
void print_line(FILE *out, const char *format, ...) PRINTF_LIKE(2, 3);
/* The same for a finished English line that was made elsewhere: a fault of a scheme, what a stage printed. */
void print_sentence(FILE *out, struct text english);
/* A JSON text and a line end, onto stdout. */
void print_json(struct text json);
/* Bytes unchanged, onto stdout: for output that is not for a terminal, such as HTML. */
void print_bytes(struct text t);

/* Flushes stdout at the end of a program. If that fails, prints the reason on stderr and returns EXIT_REFUSED, unless
 * `exit_code` is a failure already; otherwise returns `exit_code`. A closed reader (`| head`) is no failure. */
int print_end(const char *program, int exit_code);

#endif
