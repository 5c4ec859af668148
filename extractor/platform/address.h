/* The address of a source. */
#ifndef DIANCHEN_EXTRACTOR_PLATFORM_ADDRESS_H
#define DIANCHEN_EXTRACTOR_PLATFORM_ADDRESS_H

#include "common/base/text.h"

/* The host of an address, with its port; points into `url`. */
struct text address_host(const char *url);

#endif
