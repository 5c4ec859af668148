/* `dianchen check --alert`: sends a trial message to the group robot. */
#ifndef DIANCHEN_CTL_CHECK_ALERT_H
#define DIANCHEN_CTL_CHECK_ALERT_H

#include "common/alert/alert.h"

/* Sends the message, waits for the answer (blocks), and prints one line of the check. Returns the exit code. */
int alert_trial(const struct alert_options *options);

#endif
