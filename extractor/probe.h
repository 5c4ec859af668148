/* Calls that change nothing, outside of any run: --check, --sample and --read. */
#ifndef DIANCHEN_EXTRACTOR_PROBE_H
#define DIANCHEN_EXTRACTOR_PROBE_H

#include "extractor/settings.h"

/* Makes the call, or fetches until `settings->sample` records or the page are there, prints on stdout, returns the exit code. With
 * --check every outcome is a line on stdout; otherwise EXIT_COMPLETE, or a code with `cause` set. */
int probe_run(const struct settings *settings, struct cause *cause);

#endif
