#define _GNU_SOURCE
#include "our_side.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A figure under the name of another build is worse than none: the loaded library must be the one that was asked for. */
void our_check_library(void) {
  const char *wanted = getenv("BENCH_LIBRARY");
  char want[PATH_MAX], have[PATH_MAX];
  Dl_info info;
  if (!wanted) fail("BENCH_LIBRARY does not say which library is to be measured");
  if (!dladdr((void *)gatelet_version, &info) || !realpath(info.dli_fname, have)) fail("cannot tell which library is loaded");
  if (!realpath(wanted, want) || strcmp(want, have)) fail("loaded %s instead of %s", have, wanted);
}

gatelet_client *our_client(const char *base) {
  char config[1024];
  gatelet_client *client = NULL;
  gatelet_error *error = NULL;
  our_check_library();
  snprintf(config, sizeof config,
           "{\"environment\":false,\"default_provider\":\"bench\",\"providers\":{\"bench\":{\"base_url\":\"%s/v1\","
           "\"api_key\":\"sk-bench-0123456789abcdef\"}}}",
           base);
  our_check(gatelet_init(config, &client, &error), &error, "gatelet_init");
  return client;
}

void our_check(gatelet_status status, gatelet_error **error, const char *what) {
  if (status != GATELET_OK) fail("%s: %d %s", what, status, gatelet_error_json(*error));
}

gatelet_queue *our_queue(const char *driver) {
  char options[64];
  gatelet_queue *queue = NULL;
  gatelet_error *error = NULL;
  snprintf(options, sizeof options, "{\"driver\":\"%s\"}", driver);
  our_check(gatelet_queue_new(options, &queue, &error), &error, "gatelet_queue_new");
  return queue;
}

void our_submit(gatelet_queue *queue, gatelet_client *client, gatelet_operation operation, const char *request,
                uint64_t tag) {
  gatelet_error *error = NULL;
  our_check(gatelet_queue_submit(queue, client, operation, request, NULL, tag, &error), &error, "gatelet_queue_submit");
}

void our_turn(gatelet_queue *queue, void (*each)(const gatelet_event *, void *), void *user) {
  gatelet_error *error = NULL;
  gatelet_batch *batch = NULL;
  size_t count = 0;
  our_check(gatelet_queue_next(queue, 0, 50, &batch, &error), &error, "gatelet_queue_next");
  if (!batch) return;
  const char *at = (const char *)gatelet_batch_events(batch, &count);
  for (size_t i = 0; i < count; i++) {
    const gatelet_event *event = (const gatelet_event *)at;
    each(event, user);
    at += event->struct_size;
  }
  gatelet_batch_free(batch);
}

void our_check_end(const gatelet_event *event) {
  if (event->status != GATELET_OK) fail("ended with %d: %.*s", event->status, (int)event->json_len, event->json);
}
