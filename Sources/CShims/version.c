/* The one C source that reads the public header: the version stands there, and nowhere else. */
#include "../../include/gatelet.h"
#include "shims.h"

const char *gl_version(void) { return GATELET_VERSION; }
