#include "dice.h"

static uint64_t state = 1;

void dice_seed(uint64_t seed)
{
    state = seed;
}

static uint64_t draw(void)
{
    return dice_mix(state++);
}

bool dice_hit(double rate)
{
    return rate > 0 && (double)(draw() >> 11) * 0x1.0p-53 < rate;
}

uint64_t dice_below(uint64_t limit)
{
    return limit > 0 ? draw() % limit : 0;
}
