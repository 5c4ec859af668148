/* A fuzz target: bytes from outside, read as the programs read them. libFuzzer calls it with bytes of its own (make fuzz),
 * replay.c with those of tests/fuzz/corpus (make test). A crash, a leak, undefined behaviour or a broken invariant fails. */
#ifndef DIANCHEN_TESTS_FUZZ_H
#define DIANCHEN_TESTS_FUZZ_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Also where NDEBUG would take an assert out. */
#define MUST(condition) ((condition) ? (void)0 : __builtin_trap())

#endif
