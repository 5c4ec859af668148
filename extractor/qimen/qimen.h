/* The driver of 企业奇门, the Taobao gateway in front of 旺店通 (TOP document 101617). Its parts: settings.c (what a person
 * sets), call.c (the signed form), sign.c, reply.c (what a reply means), driver.c (the table). */
#ifndef DIANCHEN_EXTRACTOR_QIMEN_QIMEN_H
#define DIANCHEN_EXTRACTOR_QIMEN_QIMEN_H

#include "extractor/driver.h"

extern const struct source_driver qimen_driver;

#endif
