/* Taking events: by a loop that never waits (games, event loops), and by many threads a few at a time. */
#include "test.h"

/* One frame of a loop: what is there, without waiting. */
static int frame(gatelet_queue *queue, size_t most, int *chunks, int *ok, gatelet_status *last) {
  gatelet_batch *batch = NULL;
  size_t n = 0;
  int ends = 0;
  EXPECT(GATELET_OK, gatelet_queue_next(queue, most, 0, &batch, NULL));
  const gatelet_event *first = gatelet_batch_events(batch, &n);
  CHECK(!most || n <= most || (n == 2 && first->kind == GATELET_EVENT_ANSWER)); /* a list comes with its END */
  for (size_t i = 0; i < n; i++) {
    const gatelet_event *event = gatelet_easy_event(first, i);
    if (event->kind == GATELET_EVENT_CHUNK) ++*chunks;
    if (event->kind != GATELET_EVENT_END) continue;
    ends++;
    *last = event->status;
    *ok += event->status == GATELET_OK;
  }
  gatelet_batch_free(batch);
  return ends;
}

static int frames(gatelet_queue *queue, size_t most, int wanted, int *chunks, int *ok) {
  int ends = 0;
  gatelet_status last;
  for (double limit = t_now() + PATIENCE; ends < wanted && t_now() < limit; t_sleep(0.001)) ends += frame(queue, most, chunks, ok, &last);
  return ends;
}

/* Answers and lists that wait together are each taken whole. */
static void lists_among_answers(void) {
  gatelet_client *client = dev_client_with("\"providers\":{\"dev\":{\"token_delay\":0}}");
  gatelet_queue *queue = new_queue("{\"driver\":\"caller\"}"), *filled = new_queue(NULL);
  for (int round = 0; round < 20; round++) {
    gatelet_queue *q = round % 2 ? queue : filled;
    int answers = 0, ends = 0;
    for (uint64_t tag = 0; tag < 6; tag++)
      EXPECT(GATELET_OK, gatelet_queue_submit(q, client, tag % 2 ? GATELET_OP_LIST_MODELS : GATELET_OP_CHAT, tag % 2 ? "{\"fresh\":true}" : REQUEST, NULL, tag, NULL));
    if (q == filled) t_sleep(0.02); /* they lie in one arena */
    for (double limit = t_now() + PATIENCE; ends < 6 && t_now() < limit;) {
      gatelet_batch *batch = NULL;
      size_t n = 0;
      EXPECT(GATELET_OK, gatelet_queue_next(q, 0, 100, &batch, NULL));
      const gatelet_event *first = gatelet_batch_events(batch, &n);
      for (size_t i = 0; i < n; i++) {
        const gatelet_event *event = gatelet_easy_event(first, i);
        if (event->kind == GATELET_EVENT_ANSWER) answers++, CHECK(event->json_len > 2);
        if (event->kind == GATELET_EVENT_END) ends++, EXPECT(GATELET_OK, event->status);
      }
      gatelet_batch_free(batch);
    }
    CHECK(ends == 6 && answers == 6);
  }
  gatelet_queue_free(queue);
  gatelet_queue_free(filled);
  gatelet_free(client);
}

static void a_loop_makes_progress(void) {
  static const size_t most[] = {0, 1};
  for (int i = 0; i < 2; i++) {
    gatelet_client *dev = dev_client(), *far = server_port() ? client_of("paced/2/10", NULL) : dev_client();
    gatelet_queue *queue = new_queue("{\"driver\":\"caller\"}");
    int chunks = 0, ok = 0;
    for (uint64_t tag = 0; tag < 10; tag++)
      EXPECT(GATELET_OK, gatelet_queue_submit(queue, tag % 2 ? dev : far, tag == 9 ? GATELET_OP_LIST_MODELS : GATELET_OP_CHAT_STREAM, tag == 9 ? NULL : REQUEST, NULL, tag, NULL));
    CHECK(frames(queue, most[i], 10, &chunks, &ok) == 10);
    CHECK(ok == 10 && chunks > 50);
    gatelet_queue_free(queue);
    gatelet_free(dev);
    gatelet_free(far);
  }
}

/* Each call turns the engine: a request that needs no time is done after a few of them. */
static void every_call_counts(void) {
  gatelet_client *client = dev_client_with("\"providers\":{\"dev\":{\"token_delay\":0}}");
  gatelet_queue *queue = new_queue("{\"driver\":\"caller\"}");
  for (int round = 0; round < 20; round++) {
    int calls = 0, chunks = 0, ok = 0;
    gatelet_status last;
    EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT, REQUEST, NULL, 1, NULL));
    while (calls < 1000 && !frame(queue, 0, &chunks, &ok, &last)) calls++;
    if (calls > 3) t_fail(__FILE__, __LINE__, "%d calls until the END", calls);
  }
  gatelet_queue_free(queue);
  gatelet_free(client);
}

/* Also while events always wait to be taken, clocks and other transfers go on. */
static void a_busy_loop_starves_nobody(void) {
  if (!server_port()) return;
  gatelet_client *flood = client_of("flood/100000", NULL), *silent = client_of("hang", "\"timeouts\":{\"first_byte\":0.3}"), *quick = client_of("ok/5", NULL);
  gatelet_queue *queue = new_queue("{\"driver\":\"caller\",\"events\":10}");
  int chunks = 0, ok = 0, ends = 0, late = 0;
  gatelet_status last = GATELET_OK;
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, flood, GATELET_OP_CHAT_STREAM, REQUEST, NULL, 1, NULL));
  for (double limit = t_now() + PATIENCE; chunks == 0 && t_now() < limit;) frame(queue, 1, &chunks, &ok, &last);
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, silent, GATELET_OP_CHAT, REQUEST, NULL, 2, NULL));
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, quick, GATELET_OP_CHAT_STREAM, REQUEST, NULL, 3, NULL));
  for (double limit = t_now() + PATIENCE; ends < 2 && t_now() < limit;) {
    int now = frame(queue, 1, &chunks, &ok, &last);
    late += now && last == GATELET_ERR_TIMEOUT_FIRST_BYTE;
    ends += now;
  }
  CHECK(ends == 2 && ok == 1 && late == 1); /* the flood is far from its end */
  gatelet_queue_free(queue);
  gatelet_free(flood);
  gatelet_free(silent);
  gatelet_free(quick);
}

static gatelet_client *planner;
static void *submit_later(void *queue) {
  t_sleep(0.3);
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, planner, GATELET_OP_CHAT,
      "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"gatelet\":{\"dry_run\":true}}", NULL, 1, NULL));
  return NULL;
}
/* What another thread puts in wakes the one that drives. */
static void a_driver_is_woken(void) {
  planner = dev_client_with("\"request_extensions\":\"all\"");
  gatelet_queue *queue = new_queue("{\"driver\":\"caller\"}");
  gatelet_batch *batch = NULL;
  pthread_t other;
  double start = t_now();
  pthread_create(&other, NULL, submit_later, queue);
  EXPECT(GATELET_OK, gatelet_queue_next(queue, 0, 30000, &batch, NULL));
  CHECK(batch && t_now() - start < 10);
  gatelet_batch_free(batch);
  pthread_join(other, NULL);
  gatelet_queue_free(queue);
  gatelet_free(planner);
}

/* ---- many takers */

enum { STREAMS = 3000 };
static gatelet_queue *shared;
static int ended[STREAMS], total;
static size_t at_most;

static void *take_a_few(void *unused) {
  double limit = t_now() + PATIENCE;
  while (__atomic_load_n(&total, __ATOMIC_ACQUIRE) < t_scaled(STREAMS, 200) && t_now() < limit) {
    gatelet_batch *batch = NULL;
    size_t n = 0;
    EXPECT(GATELET_OK, gatelet_queue_next(shared, at_most, 20, &batch, NULL));
    const gatelet_event *first = gatelet_batch_events(batch, &n);
    for (size_t i = 0; i < n; i++) {
      const gatelet_event *event = gatelet_easy_event(first, i);
      CHECK(event->tag < STREAMS && event->kind >= GATELET_EVENT_CHUNK && event->kind <= GATELET_EVENT_ANSWER);
      CHECK(strlen(event->json) == event->json_len && strlen(event->text) == event->text_len);
      if (event->kind != GATELET_EVENT_END) continue;
      CHECK(__atomic_add_fetch(&ended[event->tag], 1, __ATOMIC_RELAXED) == 1);
      __atomic_add_fetch(&total, 1, __ATOMIC_ACQ_REL);
    }
    gatelet_batch_free(batch);
  }
  return unused;
}

static void several_takers(void) {
  static const size_t bounds[] = {1, 3, 0};
  gatelet_client *client = dev_client_with("\"providers\":{\"dev\":{\"token_delay\":0}}");
  shared = new_queue(NULL);
  for (int round = 0; round < 3; round++) {
    pthread_t threads[4];
    memset(ended, 0, sizeof ended);
    total = 0;
    at_most = bounds[round];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, take_a_few, NULL);
    for (uint64_t tag = 0; tag < (uint64_t)t_scaled(STREAMS, 200); tag++)
      EXPECT(GATELET_OK, gatelet_queue_submit(shared, client, tag % 50 == 9 ? GATELET_OP_LIST_MODELS : GATELET_OP_CHAT_STREAM, tag % 50 == 9 ? NULL : REQUEST, NULL, tag, NULL));
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    CHECK(total == t_scaled(STREAMS, 200));
  }
  gatelet_queue_free(shared);
  gatelet_free(client);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  RUN(lists_among_answers);
  RUN(a_loop_makes_progress);
  RUN(every_call_counts);
  RUN(a_busy_loop_starves_nobody);
  RUN(a_driver_is_woken);
  RUN(several_takers);
  return t_end();
}
