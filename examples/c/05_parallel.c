/* 05: many requests at once over one queue: no thread per request, answers as they come.
 * cc 05_parallel.c $(pkg-config --cflags --libs gatelet) -o parallel
 * Usage: ./parallel [model [how many]], with a key in the environment or DEV_MODE=true */
#include <gatelet_easy.h>

static int failures;

/* A request that does not stream gives two events: its ANSWER, then its END. The tag says which request it is. */
static int handle(const gatelet_event *event) {
  if (event->kind == GATELET_EVENT_ANSWER) {
    char *text = gatelet_easy_text(event->json);
    printf("%3llu: %.60s\n", (unsigned long long)event->tag, text ? text : "(no text)");
    free(text);
  }
  if (event->kind != GATELET_EVENT_END) return 0;
  if (event->status != GATELET_OK) failures++, printf("%3llu: %s\n", (unsigned long long)event->tag, event->json);
  return 1;
}

int main(int argc, char **argv) {
  const char *model = argc > 1 ? argv[1] : "openai/gpt-4o-mini";
  int count = argc > 2 ? atoi(argv[2]) : 20, open = 0;
  gatelet_client *client;
  gatelet_queue *queue;
  gatelet_error *error;
  gatelet_status status = gatelet_init(NULL, &client, &error);
  if (status == GATELET_OK) status = gatelet_queue_new(NULL, &queue, &error);

  for (int i = 0; i < count && status == GATELET_OK; i++) {
    char prompt[64];
    snprintf(prompt, sizeof prompt, "What is %d times %d? One number.", i, i);
    char *request = gatelet_easy_request(model, prompt);
    status = gatelet_queue_submit(queue, client, GATELET_OP_CHAT, request, NULL, (uint64_t)i, &error);
    free(request);
    if (status == GATELET_OK) open++;
  }
  while (open > 0 && status == GATELET_OK) {
    gatelet_batch *batch;
    status = gatelet_queue_next(queue, 0, -1, &batch, &error);
    size_t events = 0;
    const gatelet_event *first = status == GATELET_OK ? gatelet_batch_events(batch, &events) : NULL;
    for (size_t i = 0; i < events; i++) open -= handle(gatelet_easy_event(first, i));
    if (status == GATELET_OK) gatelet_batch_free(batch);
  }
  if (status != GATELET_OK) return gatelet_easy_fail(status, error);
  printf("%d requests, %d failed\n", count, failures);
  gatelet_queue_free(queue);
  gatelet_free(client);
  return failures > 0;
}
