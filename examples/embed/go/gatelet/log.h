// A handle of Go's is a number, and `user` a pointer: the two meet here, where vet and the garbage collector need not look.
#include <gatelet.h>
#include <stdint.h>

gatelet_status gatelet_go_set_log(gatelet_client *client, uintptr_t handle, gatelet_error **error);
