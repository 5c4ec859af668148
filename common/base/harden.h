/* Protects the memory of a process that will hold secrets. */
#ifndef DIANCHEN_COMMON_BASE_HARDEN_H
#define DIANCHEN_COMMON_BASE_HARDEN_H

/* Switches core dumps off, and stops other processes of the same user from reading this one's memory, environment and
 * descriptors (ptrace, /proc). Call it first in main. Under AddressSanitizer, whose leak check needs ptrace, it only
 * switches core dumps off. */
void harden(void);

#endif
