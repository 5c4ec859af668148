/* `dianchen check --alert`: a trial message to the group robot. */
#ifndef DIANCHEN_CTL_CHECK_ALERT_H
#define DIANCHEN_CTL_CHECK_ALERT_H

#include "common/alert/alert.h"

/* Sends, waits, prints how it went as a line of the check; the exit code. */
int alert_trial(const struct alert_options *options);

#endif
