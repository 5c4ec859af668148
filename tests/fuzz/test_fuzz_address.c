/* A link's address, to bind and to connect: what is taken is bounded, and read again it is the same. */
#include "common/link/address.h"
#include "tests/fuzz/fuzz.h"

static void read_one(struct text source, bool bind)
{
    struct link_address address, again;
    struct cause cause = {""};
    if (link_address_read(source, bind, &address, &cause)) {
        MUST(cause.text[0] != '\0');
        return;
    }
    struct text endpoint = text_of(address.endpoint);
    MUST(endpoint.size > 0 && endpoint.size < sizeof address.endpoint);
    MUST(address.kind != ADDRESS_LOCAL || (address.private && address.host[0] == '\0'));
    MUST(link_address_read(endpoint, bind, &again, &cause) == 0);
    MUST(again.kind == address.kind && again.private == address.private);
    MUST(text_equal(text_of(again.endpoint), endpoint));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text source = {(const char *)data, size};
    read_one(source, true);
    read_one(source, false);
    return 0;
}
