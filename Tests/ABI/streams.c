/* Streams: two thousand at once, cancelling from the callback, the assembled answer, the four ends. */
#include "test.h"

#include <sys/resource.h>

static void raise_file_limit(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/* Per stream: chunks seen, ENDs seen, status. Anything behind an END is counted as wrong. */
typedef struct { int chunks, ends; gatelet_status status; } seen;

static int take(gatelet_queue *queue, seen *streams, size_t count, int *threads) {
  gatelet_batch *batch = NULL;
  size_t n = 0;
  int ends = 0;
  EXPECT(GATELET_OK, gatelet_queue_next(queue, 0, 500, &batch, NULL));
  const gatelet_event *first = gatelet_batch_events(batch, &n);
  for (size_t i = 0; i < n; i++) {
    const gatelet_event *event = gatelet_easy_event(first, i);
    CHECK(event->tag < count && streams[event->tag].ends == 0);
    if (event->tag >= count) continue;
    if (event->kind == GATELET_EVENT_END) streams[event->tag].ends++, streams[event->tag].status = event->status, ends++;
    else streams[event->tag].chunks++;
  }
  gatelet_batch_free(batch);
  int now = thread_count();
  if (now > *threads) *threads = now;
  return ends;
}

static void two_thousand_at_once(void) {
  size_t count = (size_t)t_scaled(2000, 60);
  int chunks = 4, before = thread_count(), threads = before, ended = 0;
  seen *streams = calloc(count, sizeof *streams);
  raise_file_limit();
  gatelet_client *client = client_of("paced/1500/4", "\"timeouts\":{\"connect\":30}");
  gatelet_queue *queue = new_queue(NULL);
  long failures = 0;
  for (size_t i = 0; i < count; i++)
    EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT_STREAM, REQUEST, NULL, i, NULL));
  for (double end = t_now() + PATIENCE; ended < (int)count && t_now() < end;) ended += take(queue, streams, count, &threads);
  for (size_t i = 0; i < count; i++) failures += streams[i].ends != 1 || streams[i].status != 0 || streams[i].chunks != chunks + 1;
  if (failures) t_fail(__FILE__, __LINE__, "%ld of %zu streams; ended %d", failures, count, ended);
  if (!t_sanitized()) CHECK(threads <= before + 3);
  CHECK(server_stat("peak") >= (long)count); /* they were open together */
  gatelet_queue_free(queue);
  gatelet_free(client);
  free(streams);
}

/* ---- cancelling from the callback */

static void cancel_with(const char *scenario, int after, int value) {
  gatelet_client *client = scenario ? client_of(scenario, NULL) : dev_client();
  outcome o = stream_cancel(client, REQUEST, after, value);
  EXPECT(GATELET_ERR_CANCELLED, o.status);
  CHECK(o.chunks == after && o.ends == 0);
  CHECK(atoi(member(o.error_json, "callback_result")) == value);
  CHECK(o.answer != NULL && strcmp(member(o.answer, "choices.0.finish_reason"), "null") == 0);
  CHECK(strcmp(member(o.answer, "choices.0.message.content"), o.text) == 0);
  end_outcome(&o);
  gatelet_free(client);
}

static void callback_cancels(void) {
  cancel_with(NULL, 1, 7);
  cancel_with(NULL, 2, -5);
  cancel_with("stall/silent", 1, 1);
  cancel_with("stall/content/0.01", 5, INT32_MAX);
  cancel_with("stall/content/0.01", 3, INT32_MIN);
}

static void cancel_closes_upstream(void) {
  gatelet_client *client = client_of("stall/content/0.01", NULL);
  long open = server_stat("open");
  outcome o = stream_cancel(client, REQUEST, 2, 1);
  end_outcome(&o);
  for (double end = t_now() + PATIENCE; server_stat("open") > open && t_now() < end;) t_sleep(0.05);
  CHECK(server_stat("open") <= open);
  o = stream_cancel(client, REQUEST, 2, 1); /* and the client works on */
  end_outcome(&o);
  gatelet_free(client);
}

static int refuse_end(const gatelet_event *event, void *user) { return ++*(int *)user, event->kind == GATELET_EVENT_END; }
static void result_of_the_end_event(void) {
  gatelet_client *client = dev_client();
  int calls = 0;
  gatelet_status status = gatelet_stream(client, REQUEST, refuse_end, &calls, NULL, NULL);
  CHECK(status == GATELET_OK || status == GATELET_ERR_CANCELLED); /* too late to cancel anything */
  CHECK(calls > 1);
  gatelet_free(client);
}

/* ---- the assembled answer */

static void assembled_answer(void) {
  gatelet_client *client = client_of("ok/5", NULL);
  outcome o = stream(client, REQUEST);
  EXPECT(GATELET_OK, o.status);
  CHECK(strcmp(o.text, "w0 w1 w2 w3 w4 ") == 0);
  CHECK(strcmp(member(o.answer, "object"), "chat.completion") == 0);
  CHECK(strcmp(member(o.answer, "choices.0.message.role"), "assistant") == 0);
  CHECK(strcmp(member(o.answer, "choices.0.message.content"), o.text) == 0);
  CHECK(strcmp(member(o.answer, "choices.0.finish_reason"), "stop") == 0);
  CHECK(strcmp(member(o.answer, "gatelet.provider"), "fault") == 0);
  end_outcome(&o);
  gatelet_free(client);
}

static void text_completions_stream(void) {
  gatelet_client *client = dev_client();
  outcome o = {0};
  EXPECT(GATELET_OK, gatelet_completion_stream(client, "{\"model\":\"m\",\"prompt\":\"hi\"}", on_event, &o, &o.answer, NULL));
  CHECK(o.chunks > 1 && o.text_length > 0 && strcmp(member(o.answer, "choices.0.text"), o.text) == 0);
  end_outcome(&o);
  gatelet_free(client);
}

static void report_of_the_end(void) {
  gatelet_client *client = client_of("ok/5", NULL);
  outcome o = stream(client, REQUEST);
  json_t *end = json_loads(o.end_json ? o.end_json : "", 0, NULL);
  CHECK(json_object_get(end, "end") && json_object_get(end, "usage") && json_object_get(end, "error") && json_object_get(end, "gatelet"));
  CHECK(strcmp(member(o.end_json, "end"), "finished") == 0 && strcmp(member(o.end_json, "error"), "null") == 0);
  CHECK(strlen(member(o.end_json, "gatelet.request_id")) > 0);
  CHECK(strcmp(member(o.end_json, "gatelet.provider"), "fault") == 0);
  json_decref(end);
  end_outcome(&o);
  gatelet_free(client);
}

/* An event in several data lines: the chunk has line breaks between its tokens, and blanks in their place leave the same JSON. */
static int take_lines(const gatelet_event *event, void *user) {
  int *chunks = user;
  if (event->kind == GATELET_EVENT_END) {
    CHECK(!memchr(event->json, '\n', event->json_len));
    return 0;
  }
  int breaks = 0;
  char *one_line = strdup(event->json);
  for (char *p = one_line; *p; p++) if (*p == '\n') *p = ' ', breaks++;
  CHECK(breaks == 2 && strcmp(event->text, "a b\n") == 0);
  CHECK(strcmp(member(one_line, "choices.0.delta.content"), "a b\n") == 0);
  free(one_line);
  ++*chunks;
  return 0;
}

static void chunk_in_lines(void) {
  gatelet_client *client = client_of("events/lines", NULL);
  int chunks = 0;
  EXPECT(GATELET_OK, gatelet_stream(client, REQUEST, take_lines, &chunks, NULL, NULL));
  CHECK(chunks == 1);
  gatelet_free(client);
}

/* Connections are kept: ten requests, one connection. */
static void connection_is_reused(void) {
  gatelet_client *client = client_of("ok/5", NULL);
  for (int i = 0; i < 10; i++) {
    outcome o = i % 2 ? chat(client, REQUEST) : stream(client, REQUEST);
    EXPECT(GATELET_OK, o.status);
    CHECK(strcmp(member(i % 2 ? o.answer : o.end_json, "gatelet.timings.connection_reused"), i ? "true" : "false") == 0);
    end_outcome(&o);
  }
  gatelet_free(client);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  RUN(callback_cancels);
  RUN(cancel_closes_upstream);
  RUN(result_of_the_end_event);
  RUN(assembled_answer);
  RUN(text_completions_stream);
  RUN(report_of_the_end);
  RUN(chunk_in_lines);
  RUN(connection_is_reused);
  RUN(two_thousand_at_once);
  return t_end();
}
