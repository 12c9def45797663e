/* A reader that is slower than a stream has it wait, one stream by its tag, down to the provider's socket. */
#include "test.h"

#define WAIT "\"timeouts\":{\"idle\":0.5,\"content\":0.5}"

typedef struct taken { int chunks, ends; gatelet_status status; } taken;

/* Takes events of one tag, until its END or nothing comes for `quiet_ms`. */
static void take(gatelet_queue *queue, uint64_t tag, int quiet_ms, taken *t) {
  for (double end = t_now() + PATIENCE; !t->ends && t_now() < end;) {
    gatelet_batch *batch = NULL;
    size_t n = 0;
    EXPECT(GATELET_OK, gatelet_queue_next(queue, 0, quiet_ms, &batch, NULL));
    if (!batch) return;
    const gatelet_event *first = gatelet_batch_events(batch, &n);
    for (size_t k = 0; k < n; k++) {
      const gatelet_event *event = gatelet_easy_event(first, k);
      if (event->tag != tag) continue;
      t->chunks += event->kind == GATELET_EVENT_CHUNK;
      if (event->kind == GATELET_EVENT_END) t->ends++, t->status = event->status;
    }
    gatelet_batch_free(batch);
  }
}

static void submit(gatelet_queue *queue, gatelet_client *client, uint64_t tag) {
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT_STREAM, REQUEST, NULL, tag, NULL));
}

/* With either driver: it stops for longer than the idle clocks, and then all of it comes. */
static void pauses_and_goes_on(void) {
  const char *drivers[] = {NULL, "{\"driver\":\"caller\"}"};
  gatelet_client *client = client_of("flood/20000", WAIT);
  for (int i = 0; i < 2; i++) {
    gatelet_queue *queue = new_queue(drivers[i]);
    taken t = {0};
    submit(queue, client, 1);
    EXPECT(GATELET_OK, gatelet_queue_pause(queue, 1, NULL));
    take(queue, 1, 300, &t);
    CHECK(t.chunks < 1500 && !t.ends);
    int before = t.chunks;
    take(queue, 1, 1500, &t);
    CHECK(t.chunks == before && !t.ends); /* nothing moves, and no clock runs out */
    EXPECT(GATELET_OK, gatelet_queue_resume(queue, 1, NULL));
    take(queue, 1, 20000, &t);
    CHECK(t.ends == 1 && t.status == GATELET_OK && t.chunks == 20001);
    gatelet_queue_free(queue);
  }
  gatelet_free(client);
}

/* Ten streams of 57 MB each whose readers have stopped: the provider keeps what it has not sent. */
static void many_hold_little(void) {
  enum { STREAMS = 10 };
  gatelet_client *client = client_of("flood/100000", WAIT);
  gatelet_queue *queue = new_queue(NULL);
  long before = resident_kb(), sent = server_stat("bytes");
  for (uint64_t i = 0; i < STREAMS; i++) {
    submit(queue, client, i);
    EXPECT(GATELET_OK, gatelet_queue_pause(queue, i, NULL));
  }
  for (int i = 0; i < 10; i++) {
    taken t = {0};
    take(queue, 99, 200, &t); /* everything is taken from the queue */
    EXPECT(0, t.ends);
  }
  if (!t_sanitized()) CHECK(resident_kb() - before < 20 << 10);
  CHECK(server_stat("bytes") - sent < 100L << 20); /* what sockets hold */
  gatelet_queue_free(queue);
  gatelet_free(client);
}

/* The others go on, and one of two streams with the same tag is paused with the other. */
static void by_tag(void) {
  gatelet_client *client = client_of("flood/3000", NULL);
  gatelet_queue *queue = new_queue(NULL);
  taken t = {0};
  submit(queue, client, 1);
  EXPECT(GATELET_OK, gatelet_queue_pause(queue, 1, NULL));
  submit(queue, client, 2);
  take(queue, 2, 20000, &t);
  CHECK(t.ends == 1 && t.chunks == 3001);
  EXPECT(GATELET_OK, gatelet_queue_pause(queue, 77, NULL)); /* nobody's; nothing is remembered */
  submit(queue, client, 77);
  t = (taken){0};
  take(queue, 77, 20000, &t);
  CHECK(t.ends == 1 && t.chunks == 3001);
  EXPECT(GATELET_OK, gatelet_queue_resume(queue, 1, NULL));
  EXPECT(GATELET_OK, gatelet_queue_resume(queue, 1, NULL));
  t = (taken){0};
  take(queue, 1, 20000, &t);
  CHECK(t.ends == 1 && t.status == GATELET_OK);
  gatelet_queue_free(queue);
  gatelet_free(client);
}

/* Quickly on and off, from another thread: nothing is lost and nothing stands still. */
typedef struct toggled { gatelet_queue *queue; bool stop; } toggled;
static void *toggle(void *user) {
  toggled *t = user;
  while (!__atomic_load_n(&t->stop, __ATOMIC_RELAXED)) {
    EXPECT(GATELET_OK, gatelet_queue_pause(t->queue, 1, NULL));
    t_sleep(0.001);
    EXPECT(GATELET_OK, gatelet_queue_resume(t->queue, 1, NULL));
    t_sleep(0.0005);
  }
  return NULL;
}
static void on_and_off(void) {
  int count = t_scaled(20000, 2000);
  char scenario[64];
  snprintf(scenario, sizeof scenario, "flood/%d", count);
  gatelet_client *client = client_of(scenario, NULL);
  toggled user = {new_queue("{\"events\":50}"), false};
  taken t = {0};
  pthread_t other;
  submit(user.queue, client, 1);
  pthread_create(&other, NULL, toggle, &user);
  take(user.queue, 1, 20000, &t);
  CHECK(t.ends == 1 && t.status == GATELET_OK && t.chunks == count + 1);
  __atomic_store_n(&user.stop, true, __ATOMIC_RELAXED);
  pthread_join(other, NULL);
  gatelet_queue_free(user.queue);
  gatelet_free(client);
}

/* ---- it ends while it is paused */

static gatelet_queue *paused(gatelet_client *client, taken *t) {
  gatelet_queue *queue = new_queue(NULL);
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT_STREAM, REQUEST, "{\"cancel_id\":\"c\"}", 1, NULL));
  EXPECT(GATELET_OK, gatelet_queue_pause(queue, 1, NULL));
  take(queue, 1, 300, t);
  return queue;
}

static void closes(long open) {
  for (double end = t_now() + PATIENCE; server_stat("open") > open && t_now() < end;) t_sleep(0.05);
  CHECK(server_stat("open") <= open);
}

static void cancels(void) {
  gatelet_client *client = client_of("flood/100000", NULL);
  for (int by_id = 0; by_id < 2; by_id++) {
    long open = server_stat("open");
    taken t = {0};
    gatelet_queue *queue = paused(client, &t);
    EXPECT(GATELET_OK, by_id ? gatelet_cancel(client, "c", NULL) : gatelet_queue_cancel(queue, 1, NULL));
    take(queue, 1, 20000, &t);
    CHECK(t.ends == 1 && t.status == GATELET_ERR_CANCELLED);
    closes(open);
    gatelet_queue_free(queue);
  }
  gatelet_free(client);
}

static void frees(void) {
  long open = server_stat("open");
  taken t = {0};
  gatelet_client *client = client_of("flood/100000", NULL);
  gatelet_queue *queue = paused(client, &t);
  gatelet_queue_free(queue);
  closes(open);
  t = (taken){0};
  queue = paused(client, &t);
  gatelet_free(client);
  take(queue, 1, 20000, &t);
  CHECK(t.ends == 1 && t.status == GATELET_ERR_CLOSED);
  gatelet_queue_free(queue);
  closes(open);
}

/* The request's whole time goes on. */
static void total_goes_on(void) {
  gatelet_client *client = client_of("flood/100000", "\"timeouts\":{\"total\":1}");
  taken t = {0};
  gatelet_queue *queue = paused(client, &t);
  take(queue, 1, 20000, &t);
  CHECK(t.ends == 1 && t.status == GATELET_ERR_TIMEOUT_TOTAL);
  gatelet_queue_free(queue);
  gatelet_free(client);
}

static void bad_handles(void) {
  gatelet_client *client = dev_client();
  EXPECT(GATELET_ERR_HANDLE, gatelet_queue_pause(NULL, 1, NULL));
  EXPECT(GATELET_ERR_HANDLE, gatelet_queue_resume(NULL, 1, NULL));
  EXPECT(GATELET_ERR_HANDLE, gatelet_queue_pause((gatelet_queue *)client, 1, NULL));
  EXPECT(GATELET_ERR_HANDLE, gatelet_queue_resume((gatelet_queue *)client, 1, NULL));
  gatelet_queue *queue = new_queue(NULL);
  gatelet_queue_free(queue);
  EXPECT(GATELET_ERR_HANDLE, gatelet_queue_pause(queue, 1, NULL));
  gatelet_free(client);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  RUN(pauses_and_goes_on);
  RUN(many_hold_little);
  RUN(by_tag);
  RUN(on_and_off);
  RUN(cancels);
  RUN(frees);
  RUN(total_goes_on);
  RUN(bad_handles);
  return t_end();
}
