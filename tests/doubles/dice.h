/* Chance from a seed: the same seed and calls give the same faults. */
#ifndef DOUBLES_DICE_H
#define DOUBLES_DICE_H

#include <stdbool.h>
#include <stdint.h>

void dice_seed(uint64_t seed);
bool dice_hit(double rate); /* true with probability `rate` */
uint64_t dice_below(uint64_t limit);
/* The same well-mixed number for the same input, whatever was drawn before. */
static inline uint64_t dice_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}
/* FNV-1a, mixed: for hash tables. */
static inline uint64_t dice_hash(const char *data, uint64_t length)
{
    uint64_t h = 0xcbf29ce484222325U;
    for (uint64_t i = 0; i < length; i++) {
        h = (h ^ (unsigned char)data[i]) * 0x100000001b3U;
    }
    return dice_mix(h);
}

#endif
