/* backtrace() passes through the library: from a callback up to main, and from a hook on the library's own thread up to its start.
 * Linked with -rdynamic, so that our functions have names. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <execinfo.h>
#include <gatelet.h>
#include <stdio.h>
#include <string.h>

static int ours, reached_main, reached_start;

static void look(void) {
  void *frames[200];
  int n = backtrace(frames, 200);
  ours = reached_main = reached_start = 0;
  for (int i = 0; i < n; i++) {
    Dl_info info;
    if (!dladdr((char *)frames[i] - 1, &info)) continue;
    if (strstr(info.dli_fname, "libgatelet")) ours++;
    if (ours && info.dli_sname && strcmp(info.dli_sname, "main") == 0) reached_main = 1;
    if (ours && i == n - 1 && strstr(info.dli_fname, "libc.so")) reached_start = 1;
  }
  printf("%d frames, %d of the library\n", n, ours);
}

static int on_event(const gatelet_event *event, void *user) {
  (void)event, (void)user;
  look();
  return 0;
}

static int on_hook(const char *event_json, void *user) {
  if (strstr(event_json, "\"attempt_end\"")) {
    look();
    *(int *)user = ours;
  }
  return 0;
}

int main(void) {
  gatelet_client *client;
  gatelet_queue *queue;
  gatelet_batch *batch = NULL;
  int seen = 0, failed = 0;
  const char *request = "{\"model\":\"dev/echo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}";
  if (gatelet_init("{\"dev_mode\":true}", &client, NULL) != GATELET_OK) return 2;

  if (gatelet_stream(client, request, on_event, NULL, NULL, NULL) != GATELET_OK || ours < 3 || !reached_main) failed = printf("FAIL: from a callback\n");

  if (gatelet_queue_new(NULL, &queue, NULL) != GATELET_OK || gatelet_set_hook(client, on_hook, &seen, NULL, NULL, NULL) != GATELET_OK) return 2;
  if (gatelet_queue_submit(queue, client, GATELET_OP_CHAT, request, NULL, 1, NULL) != GATELET_OK) return 2;
  while (!seen) {
    if (gatelet_queue_next(queue, 0, 1000, &batch, NULL) != GATELET_OK) return 2;
    gatelet_batch_free(batch);
  }
  if (seen < 3 || !reached_start) failed = printf("FAIL: from the library's thread\n");
  gatelet_queue_free(queue);
  gatelet_free(client);
  return failed != 0;
}
