/* count BASE: how many documents jansson parses while Gatelet chats and streams. Runs with parse_counter preloaded.
 * The server at BASE sends streams of as many text chunks as the model's name says. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <gatelet.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long (*parses)(void);
static gatelet_client *client;
static int failed;

static void check(int ok, const char *what) {
  printf("%s %s\n", ok ? "ok  " : "FAIL", what);
  failed += !ok;
}

static int good(gatelet_status status, gatelet_error **error, const char *what) {
  if (status != GATELET_OK) printf("     %s: %d %s\n", what, status, gatelet_error_json(*error));
  gatelet_error_free(*error);
  return status == GATELET_OK;
}

static const char *request_for(int chunks) {
  static char request[128];
  snprintf(request, sizeof request, "{\"model\":\"n%d\",\"messages\":[{\"role\":\"user\",\"content\":\"count\"}]}", chunks);
  return request;
}

static void note(const gatelet_event *event, int *texts) {
  if (event->kind == GATELET_EVENT_CHUNK && event->text_len) (*texts)++;
}

static int on_event(const gatelet_event *event, void *user) {
  note(event, user);
  return 0;
}

static int by_callback(int chunks, int assemble) {
  int texts = 0;
  char *answer = NULL;
  gatelet_error *error = NULL;
  gatelet_status s = gatelet_stream(client, request_for(chunks), on_event, &texts, assemble ? &answer : NULL, &error);
  if (good(s, &error, "gatelet_stream") && assemble && !answer) texts = -1;
  gatelet_string_free(answer);
  return texts;
}

static int text_only(int chunks) { return by_callback(chunks, 0); }
static int with_answer(int chunks) { return by_callback(chunks, 1); }

/* Takes one batch; whether the END was in it. */
static int take(gatelet_queue *queue, int *texts) {
  gatelet_batch *batch = NULL;
  size_t count = 0;
  int ended = 0;
  if (gatelet_queue_next(queue, 0, 10000, &batch, NULL) != GATELET_OK || !batch) return 1;
  const char *at = (const char *)gatelet_batch_events(batch, &count);
  for (size_t i = 0; i < count; i++) {
    const gatelet_event *event = (const gatelet_event *)at;
    note(event, texts);
    if (event->kind == GATELET_EVENT_END) ended = 1;
    at += event->struct_size;
  }
  gatelet_batch_free(batch);
  return ended;
}

static gatelet_queue *queue;

static int queued(int chunks) {
  int texts = 0;
  gatelet_error *error = NULL;
  if (!good(gatelet_queue_submit(queue, client, GATELET_OP_CHAT_STREAM, request_for(chunks), NULL, 1, &error), &error, "submit")) return 0;
  while (!take(queue, &texts)) continue;
  return texts;
}

/* The first call may set things up; from then on the length of a stream must not show in the count. */
static void check_stream(const char *what, int (*stream)(int)) {
  char line[200];
  stream(10);
  unsigned long before = parses();
  int short_texts = stream(10);
  unsigned long between = parses();
  int long_texts = stream(1000);
  unsigned long of_short = between - before, of_long = parses() - between;
  snprintf(line, sizeof line, "%s: all chunks arrive (%d of 10, %d of 1000)", what, short_texts, long_texts);
  check(short_texts == 10 && long_texts == 1000, line);
  snprintf(line, sizeof line, "%s: no parse per chunk (%lu for 10 chunks, %lu for 1000)", what, of_short, of_long);
  check(of_short == of_long, line);
}

static void check_queue(const char *driver) {
  char options[64], what[64];
  snprintf(options, sizeof options, "{\"driver\":\"%s\"}", driver);
  snprintf(what, sizeof what, "queue, driver %s", driver);
  if (gatelet_queue_new(options, &queue, NULL) != GATELET_OK) return check(0, "gatelet_queue_new");
  check_stream(what, queued);
  gatelet_queue_free(queue);
}

static void check_counter(void) {
  unsigned long before = parses();
  json_decref(json_loads("{}", 0, NULL));
  json_decref(json_loadb("[]", 2, 0, NULL));
  check(parses() - before == 2, "the counter counts");
}

static void check_chat(void) {
  char line[100];
  unsigned long before = parses();
  int fine = 1;
  for (int i = 0; i < 3; i++) {
    char *answer = NULL;
    gatelet_error *error = NULL;
    fine &= good(gatelet_chat(client, request_for(1), &answer, &error), &error, "gatelet_chat") && strstr(answer, "Paris");
    gatelet_string_free(answer);
  }
  check(fine, "gatelet_chat answers");
  snprintf(line, sizeof line, "gatelet_chat: no parse after init (%lu in 3 calls)", parses() - before);
  check(parses() == before, line);
}

int main(int argc, char **argv) {
  char config[512];
  gatelet_error *error = NULL;
  *(void **)&parses = dlsym(RTLD_DEFAULT, "parse_counter_read");
  if (argc < 2 || !parses) return fputs("needs BASE and parse_counter preloaded\n", stderr), 2;
  snprintf(config, sizeof config,
           "{\"environment\":false,\"default_provider\":\"local\",\"providers\":{\"local\":{\"base_url\":\"%s/v1\",\"api_key\":\"k\"}}}",
           argv[1]);
  check_counter();
  if (!good(gatelet_init(config, &client, &error), &error, "gatelet_init")) return 1;
  check_chat();
  check_stream("gatelet_stream", text_only);
  check_stream("gatelet_stream with answer_json", with_answer);
  check_queue("thread");
  check_queue("caller");
  gatelet_free(client);
  return failed != 0;
}
