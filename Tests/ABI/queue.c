/* The completion queue: order, bounds and back-pressure, descriptor, cancelling, interruption, both drivers. */
#include "test.h"

#include <poll.h>

static gatelet_client *dev;

static bool readable(gatelet_queue *queue, int timeout_ms) {
  struct pollfd p = {.fd = gatelet_queue_fd(queue), .events = POLLIN};
  return poll(&p, 1, timeout_ms) == 1;
}

/* ---- events of one request */

static void answer_then_end(void) {
  gatelet_queue *queue = new_queue(NULL);
  const struct { gatelet_operation op; const char *request, *object; } rows[] = {
      {GATELET_OP_CHAT, REQUEST, "chat.completion"},
      {GATELET_OP_COMPLETION, "{\"model\":\"m\",\"prompt\":\"hi\"}", "text_completion"},
      {GATELET_OP_EMBEDDINGS, "{\"model\":\"m\",\"input\":\"hi\"}", "list"},
      {GATELET_OP_LIST_MODELS, NULL, "list"},
      {GATELET_OP_LIST_MODELS, "{}", "list"},
  };
  for (uint64_t i = 0; i < 5; i++) {
    gatelet_batch *batch = NULL;
    size_t n = 0, seen = 0;
    int kinds[2] = {0};
    EXPECT(GATELET_OK, gatelet_queue_submit(queue, dev, rows[i].op, rows[i].request, NULL, 1000 + i, NULL));
    for (double end = t_now() + PATIENCE; seen < 2 && t_now() < end;) {
      EXPECT(GATELET_OK, gatelet_queue_next(queue, 0, 1000, &batch, NULL));
      const gatelet_event *first = gatelet_batch_events(batch, &n);
      for (size_t k = 0; k < n && seen < 2; k++) {
        const gatelet_event *event = gatelet_easy_event(first, k);
        CHECK(event->tag == 1000 + i && event->status == GATELET_OK);
        kinds[seen++] = event->kind;
        if (event->kind == GATELET_EVENT_ANSWER) CHECK(strcmp(member(event->json, "object"), rows[i].object) == 0);
        if (event->kind == GATELET_EVENT_END) CHECK(strcmp(member(event->json, "end"), "finished") == 0);
      }
      gatelet_batch_free(batch);
    }
    CHECK(kinds[0] == GATELET_EVENT_ANSWER && kinds[1] == GATELET_EVENT_END);
  }
  CHECK(!readable(queue, 50));
  gatelet_queue_free(queue);
}

/* Many streams: each one's chunks in order, one END, nothing after it. */
static void streams_keep_order(void) {
  enum { STREAMS = 50, CHUNKS = 20 };
  int next[STREAMS] = {0}, ended[STREAMS] = {0}, total = 0;
  gatelet_client *client = client_of("flood/20", NULL);
  gatelet_queue *queue = new_queue(NULL);
  for (uint64_t i = 0; i < STREAMS; i++)
    EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT_STREAM, REQUEST, NULL, i, NULL));
  for (double limit = t_now() + PATIENCE; total < STREAMS && t_now() < limit;) {
    gatelet_batch *batch = NULL;
    size_t n = 0;
    EXPECT(GATELET_OK, gatelet_queue_next(queue, 7, 1000, &batch, NULL));
    const gatelet_event *first = gatelet_batch_events(batch, &n);
    CHECK(n <= 7);
    CHECK(!gatelet_batch_event(batch, n) && !gatelet_batch_event(batch, (size_t)PTRDIFF_MAX) && !gatelet_batch_event(batch, SIZE_MAX));
    for (size_t k = 0; k < n; k++) CHECK(gatelet_batch_event(batch, k) == gatelet_easy_event(first, k));
    for (size_t k = 0; k < n; k++) {
      const gatelet_event *event = gatelet_easy_event(first, k);
      CHECK(event->tag < STREAMS && !ended[event->tag]);
      if (event->tag >= STREAMS) continue;
      if (event->kind == GATELET_EVENT_END) ended[event->tag] = 1, total++;
      else if (event->text_len) CHECK(atoi(event->text) == next[event->tag]++);
    }
    gatelet_batch_free(batch);
  }
  CHECK(total == STREAMS);
  for (int i = 0; i < STREAMS; i++) CHECK(next[i] == CHUNKS);
  gatelet_queue_free(queue);
  gatelet_free(client);
}

/* ---- waiting */

static void time_outs(void) {
  gatelet_queue *queue = new_queue(NULL);
  gatelet_batch *batch = (gatelet_batch *)1;
  EXPECT(GATELET_OK, gatelet_queue_next(queue, 0, 0, &batch, NULL));
  CHECK(batch == NULL);
  double start = t_now();
  EXPECT(GATELET_OK, gatelet_queue_next(queue, 0, 200, &batch, NULL));
  CHECK(batch == NULL && t_now() - start > 0.19 && t_now() - start < 2.6);
  CHECK(!readable(queue, 0));
  gatelet_queue_free(queue);
}

static void descriptor_tells(void) {
  gatelet_queue *queue = new_queue(NULL);
  CHECK(!readable(queue, 0));
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, dev, GATELET_OP_CHAT, REQUEST, NULL, 1, NULL));
  CHECK(readable(queue, 10000));
  CHECK(drain(queue, 1, PATIENCE, NULL, NULL) == 1);
  CHECK(!readable(queue, 50));
  /* a batch cut short leaves it readable */
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, dev, GATELET_OP_CHAT, REQUEST, NULL, 2, NULL));
  t_sleep(0.3);
  gatelet_batch *batch = NULL;
  EXPECT(GATELET_OK, gatelet_queue_next(queue, 1, 5000, &batch, NULL));
  CHECK(readable(queue, 1000));
  gatelet_batch_free(batch);
  CHECK(drain(queue, 1, PATIENCE, NULL, NULL) == 1);
  gatelet_queue_free(queue);
}

static void on_signal(int signal) { (void)signal; }
static void *interrupt(void *thread) {
  t_sleep(0.3);
  pthread_kill(*(pthread_t *)thread, SIGUSR1);
  return NULL;
}
static void signal_interrupts_next(void) {
  struct sigaction action = {.sa_handler = on_signal}, old;
  sigaction(SIGUSR1, &action, &old);
  gatelet_queue *queue = new_queue(NULL);
  gatelet_batch *batch = (gatelet_batch *)1;
  pthread_t self = pthread_self(), other;
  pthread_create(&other, NULL, interrupt, &self);
  double start = t_now();
  EXPECT(GATELET_OK, gatelet_queue_next(queue, 0, 20000, &batch, NULL));
  CHECK(batch == NULL && t_now() - start < 10);
  pthread_join(other, NULL);
  gatelet_queue_free(queue);
  sigaction(SIGUSR1, &old, NULL);
}

static void *free_later(void *queue) {
  t_sleep(0.3);
  gatelet_queue_free(queue);
  return NULL;
}
static void free_wakes_next(void) {
  gatelet_queue *queue = new_queue(NULL);
  gatelet_batch *batch = (gatelet_batch *)1;
  pthread_t other;
  pthread_create(&other, NULL, free_later, queue);
  EXPECT(GATELET_ERR_CLOSED, gatelet_queue_next(queue, 0, -1, &batch, NULL));
  CHECK(batch == NULL);
  pthread_join(other, NULL);
}

/* ---- cancelling */

static void *cancel_later(void *queue) {
  t_sleep(0.3);
  EXPECT(GATELET_OK, gatelet_queue_cancel(queue, 7, NULL));
  return NULL;
}
static void cancel_by_tag(void) {
  gatelet_client *client = client_of("stall/comments", NULL);
  gatelet_queue *queue = new_queue(NULL);
  pthread_t other;
  long open = server_stat("open");
  for (int i = 0; i < 5; i++) /* three of tag 7, two others */
    EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, i % 2 ? GATELET_OP_CHAT : GATELET_OP_CHAT_STREAM, REQUEST, NULL, i < 3 ? 7 : 8, NULL));
  pthread_create(&other, NULL, cancel_later, queue);
  int cancelled = 0;
  for (double end = t_now() + PATIENCE; cancelled < 3 && t_now() < end;) {
    gatelet_batch *batch = NULL;
    size_t n = 0;
    EXPECT(GATELET_OK, gatelet_queue_next(queue, 0, 500, &batch, NULL));
    const gatelet_event *first = gatelet_batch_events(batch, &n);
    for (size_t k = 0; k < n; k++) {
      const gatelet_event *event = gatelet_easy_event(first, k);
      if (event->kind != GATELET_EVENT_END) continue;
      CHECK(event->tag == 7 && event->status == GATELET_ERR_CANCELLED);
      CHECK(strcmp(member(event->json, "end"), "cancelled") == 0);
      cancelled++;
    }
    gatelet_batch_free(batch);
  }
  CHECK(cancelled == 3);
  pthread_join(other, NULL);
  for (double end = t_now() + PATIENCE; server_stat("open") > open + 2 && t_now() < end;) t_sleep(0.05);
  CHECK(server_stat("open") <= open + 2); /* cancelled upstream, not only here */
  CHECK(drain(queue, 1, 0.3, NULL, NULL) == 0);
  EXPECT(GATELET_OK, gatelet_queue_cancel(queue, 8, NULL));
  CHECK(drain(queue, 2, PATIENCE, NULL, NULL) == 2);
  EXPECT(GATELET_OK, gatelet_queue_cancel(queue, 8, NULL)); /* nothing left: fine */
  gatelet_queue_free(queue);
  gatelet_free(client);
}

static void cancel_at_once(void) {
  gatelet_queue *queue = new_queue(NULL);
  int rounds = t_scaled(300, 30), ends = 0;
  for (int i = 0; i < rounds; i++) {
    EXPECT(GATELET_OK, gatelet_queue_submit(queue, dev, GATELET_OP_CHAT_STREAM, REQUEST, NULL, (uint64_t)i, NULL));
    EXPECT(GATELET_OK, gatelet_queue_cancel(queue, (uint64_t)i, NULL));
  }
  ends = drain(queue, rounds, PATIENCE, NULL, NULL);
  CHECK(ends == rounds);
  CHECK(drain(queue, 1, 0.2, NULL, NULL) == 0);
  gatelet_queue_free(queue);
}

/* ---- bounds */

static void back_pressure(void) {
  int count = t_scaled(30000, 3000);
  char scenario[64];
  snprintf(scenario, sizeof scenario, "flood/%d", count); /* about 570 bytes each: 17 MB */
  gatelet_client *client = client_of(scenario, "\"timeouts\":{\"idle\":0.5,\"content\":0.5}");
  gatelet_queue *queue = new_queue("{\"events\":100,\"bytes\":65536}");
  long before = resident_kb(), sent = server_stat("bytes");
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT_STREAM, REQUEST, NULL, 1, NULL));
  t_sleep(t_sanitized() ? 3 : 1.5); /* longer than the idle clocks: they stop while nobody takes events */
  long held = server_stat("bytes") - sent;
  if (!t_sanitized()) CHECK(resident_kb() - before < 4096);
  if (!t_sanitized()) CHECK(held < 14L << 20); /* the rest waits in the server */
  int chunks = 0, ok = 0;
  CHECK(drain(queue, 1, PATIENCE, &chunks, &ok) == 1);
  CHECK(ok == 1);
  CHECK(chunks == count + 1); /* the last one has the finish reason */
  gatelet_queue_free(queue);
  gatelet_free(client);
}

static void one_slow_reader_does_not_stop_others(void) {
  gatelet_client *client = client_of("flood/5000", NULL);
  gatelet_queue *slow = new_queue("{\"events\":10}"), *quick = new_queue(NULL);
  int ok = 0;
  EXPECT(GATELET_OK, gatelet_queue_submit(slow, client, GATELET_OP_CHAT_STREAM, REQUEST, NULL, 1, NULL));
  t_sleep(0.2);
  EXPECT(GATELET_OK, gatelet_queue_submit(quick, client, GATELET_OP_CHAT_STREAM, REQUEST, NULL, 2, NULL));
  CHECK(drain(quick, 1, PATIENCE, NULL, &ok) == 1 && ok == 1);
  CHECK(drain(slow, 1, PATIENCE, NULL, &ok) == 1 && ok == 2);
  gatelet_queue_free(slow);
  gatelet_queue_free(quick);
  gatelet_free(client);
}

/* ---- the caller drives */

static void caller_drives(void) {
  gatelet_client *client = client_of("ok/20", NULL);
  gatelet_queue *queue = new_queue("{\"driver\":\"caller\"}");
  int threads = thread_count(), chunks = 0, ok = 0;
  for (uint64_t i = 0; i < 20; i++)
    EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, i % 2 ? GATELET_OP_CHAT : GATELET_OP_CHAT_STREAM, REQUEST, NULL, i, NULL));
  CHECK(drain(queue, 20, PATIENCE, &chunks, &ok) == 20);
  CHECK(ok == 20 && chunks == 10 * 21);
  CHECK(thread_count() <= threads);
  CHECK(gatelet_queue_fd(queue) == -1); /* nothing happens between calls that a descriptor could show */
  gatelet_queue_free(queue);
  gatelet_free(client);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  dev = dev_client_with("\"providers\":{\"dev\":{\"token_delay\":0.001}}");
  RUN(answer_then_end);
  RUN(streams_keep_order);
  RUN(time_outs);
  RUN(descriptor_tells);
  RUN(signal_interrupts_next);
  RUN(free_wakes_next);
  RUN(cancel_by_tag);
  RUN(cancel_at_once);
  RUN(back_pressure);
  RUN(one_slow_reader_does_not_stop_others);
  RUN(caller_drives);
  gatelet_free(dev);
  return t_end();
}
