/* Any API of JSON over HTTP as a target driver: its API file says how it is called and read. */
#ifndef DIANCHEN_LOADER_REST_REST_H
#define DIANCHEN_LOADER_REST_REST_H

#include "loader/driver.h"

extern const struct target_driver rest_target_driver;

#endif
