/* 金蝶云星辰V1 as a target driver. */
#ifndef DIANCHEN_LOADER_XINGCHEN_XINGCHEN_H
#define DIANCHEN_LOADER_XINGCHEN_XINGCHEN_H

#include "loader/driver.h"

extern const struct target_driver xingchen_driver;

#endif
