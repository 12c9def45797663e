#include "log.h"

#include "_cgo_export.h"

static void log_line(int32_t level, const char *message, void *user) { gateletGoLog(level, (char *)message, (uintptr_t)user); }
static void forget(void *user) { gateletGoForget((uintptr_t)user); }

gatelet_status gatelet_go_set_log(gatelet_client *client, uintptr_t handle, gatelet_error **error) {
  return gatelet_set_log(client, log_line, (void *)handle, forget, error);
}
