/* load LIBRARY [init]: how long this library takes to load in a fresh process, and with "init" also a client's life.
 * Opens it with dlopen, so that this program itself is not linked to what it measures. */
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

#include "measure.h"

typedef int32_t (*init_fn)(const char *, void **, void **);
typedef void (*free_fn)(void *);
typedef int (*global_fn)(long);

static void use_gatelet(void *library) {
  init_fn init = (init_fn)dlsym(library, "gatelet_init");
  free_fn end = (free_fn)dlsym(library, "gatelet_free");
  void *client = NULL;
  if (!init || !end) fail("not gatelet");
  if (init("{\"environment\":false,\"dev_mode\":true}", &client, NULL)) fail("gatelet_init failed");
  end(client);
}

static void use_curl(void *library) {
  global_fn global = (global_fn)dlsym(library, "curl_global_init");
  if (!global || global(3)) fail("curl_global_init failed");
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  usage start = usage_now();
  void *library = dlopen(argv[1], RTLD_NOW);
  if (!library) fail("%s", dlerror());
  if (argc > 2 && !strcmp(argv[2], "init")) use_gatelet(library);
  if (argc > 2 && !strcmp(argv[2], "global")) use_curl(library);
  result_begin(usage_since(start), 1);
  result_end();
  return 0;
}
