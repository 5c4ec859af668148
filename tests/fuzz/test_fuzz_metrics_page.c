/* What a worker, or whoever stands at its address, answers to `dianchen top`. */
#include <math.h>
#include <string.h>

#include "ctl/top/scrape.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sample sample = {0};
    if (sample_read((struct text){(const char *)data, size}, &sample)) {
        MUST(sample.stage <= STAGE_UNKNOWN);
        MUST(memchr(sample.scheme, '\0', sizeof sample.scheme) != NULL);
        MUST(memchr(sample.api, '\0', sizeof sample.api) != NULL);
        MUST(memchr(sample.why, '\0', sizeof sample.why) != NULL);
        MUST(!isnan(sample.records) && !isnan(sample.in_flight));
    }
    return 0;
}
