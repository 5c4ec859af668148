#include "extractor/platform/address.h"

#include <string.h>

struct text address_host(const char *url)
{
    const char *start = strstr(url, "://");
    start = start ? start + 3 : url;
    size_t size = strcspn(start, "/?#");
    const char *at = memrchr(start, '@', size);
    return at ? (struct text){at + 1, size - (size_t)(at + 1 - start)} : (struct text){start, size};
}
