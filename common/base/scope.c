#include "common/base/scope.h"

_Thread_local struct scope *scope_now;
