/* Ending a request by every means while it waits for something of its routing. */
#include "test.h"

#define CONTINUE "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}],\"gatelet\":{\"continue\":true}}"

typedef struct {
  const char *name, *first, *second, *more, *request;
  int chunks;     /* delivered before it waits */
  bool blocker;   /* another request of this client holds the limit */
  int idle;       /* connections with a whole answer behind them, kept for the next request */
} place;

static const place places[] = {
    {"backoff", "code/503", "code/503", "\"retry\":{\"attempts\":3,\"backoff_base\":30,\"backoff_max\":30}", NULL, 0, false, 1},
    {"retry-after", "code/429/9", "code/503", "\"retry\":{\"attempts\":3,\"backoff_base\":30,\"backoff_max\":30}", NULL, 0, false, 1},
    {"limit", "hang", "hang", "\"limits\":{\"client\":{\"concurrency\":1},\"max_wait\":60}", NULL, 0, true},
    {"hedge delay", "hang", "hang", "\"routing\":{\"hedge\":{\"delay\":30}}", NULL, 0, false},
    {"hedge", "hang", "held/3/silent", "\"routing\":{\"hedge\":{\"delay\":0.05}}", NULL, 0, false},
    {"held chunks", "held/3/silent", "ok", NULL, NULL, 0, false},
    {"continuing", "broken/2", "hang", "\"retry\":{\"attempts\":0}", CONTINUE, 2, false},
    {"backoff of continuing", "broken/2", "code/503", "\"retry\":{\"attempts\":3,\"backoff_base\":30,\"backoff_max\":30}", CONTINUE, 2, false, 1},
    {"after a hedge", "hang", "stall/silent", "\"routing\":{\"hedge\":{\"delay\":0.05}}", NULL, 2, false},
};
enum { PLACES = sizeof places / sizeof *places };

static long open_before;

static gatelet_client *client_in(const place *p) {
  open_before = server_stat("open");
  return pair_of(p->first, p->second, p->more);
}

static const char *request_of(const place *p) { return p->request ? p->request : REQUEST; }

static void wait_until_there(void) { t_sleep(t_sanitized() ? 0.5 : 0.25); }

/* Every connection of the request is closed. */
static void expect_quiet(const place *p, int idle) {
  for (double end = t_now() + PATIENCE; server_stat("open") > open_before + idle && t_now() < end;) t_sleep(0.02);
  long open = server_stat("open") - open_before;
  if (open > idle) t_fail(__FILE__, __LINE__, "%s: %ld connections stay open", p->name, open);
}

typedef struct { gatelet_status status; int chunks, ends; } ending;

/* Takes what a queue has of one tag. */
static ending ending_of(gatelet_queue *queue, uint64_t tag, double seconds) {
  ending e = {-1, 0, 0};
  for (double end = t_now() + seconds; t_now() < end;) {
    gatelet_batch *batch = NULL;
    size_t n = 0;
    EXPECT(GATELET_OK, gatelet_queue_next(queue, 0, 20, &batch, NULL));
    const gatelet_event *first = gatelet_batch_events(batch, &n);
    for (size_t i = 0; i < n; i++) {
      const gatelet_event *event = gatelet_easy_event(first, i);
      if (event->tag != tag) continue;
      CHECK(e.ends == 0);
      if (event->kind == GATELET_EVENT_CHUNK) e.chunks++;
      else if (event->kind == GATELET_EVENT_END) e.ends++, e.status = event->status;
    }
    gatelet_batch_free(batch);
    if (e.ends && n && seconds > 1) end = t_now() + 0.05; /* and nothing after it */
  }
  return e;
}

static void submit(gatelet_queue *queue, gatelet_client *client, const place *p) {
  if (p->blocker) EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT, REQUEST, NULL, 1, NULL));
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT_STREAM, request_of(p), NULL, 7, NULL));
}

static void expect_ending(const place *p, ending e, gatelet_status status) {
  if (e.ends != 1 || e.chunks != p->chunks || e.status != status)
    t_fail(__FILE__, __LINE__, "%s: %d chunks, %d ENDs, status %d", p->name, e.chunks, e.ends, e.status);
}

static void cancel_in(const char *driver) {
  for (int i = 0; i < PLACES; i++) {
    gatelet_client *client = client_in(&places[i]);
    gatelet_queue *queue = new_queue(driver);
    submit(queue, client, &places[i]);
    ending before = ending_of(queue, 7, t_sanitized() ? 0.5 : 0.25), after;
    CHECK(before.ends == 0);
    EXPECT(GATELET_OK, gatelet_queue_cancel(queue, 7, NULL));
    after = ending_of(queue, 7, PATIENCE);
    after.chunks += before.chunks;
    expect_ending(&places[i], after, GATELET_ERR_CANCELLED);
    if (places[i].blocker) {
      EXPECT(GATELET_OK, gatelet_queue_cancel(queue, 1, NULL));
      CHECK(ending_of(queue, 1, PATIENCE).ends == 1);
    }
    expect_quiet(&places[i], places[i].idle);
    gatelet_queue_free(queue);
    gatelet_free(client);
  }
}
static void queue_cancel(void) { cancel_in(NULL); }
static void queue_cancel_caller(void) { cancel_in("{\"driver\":\"caller\"}"); }

static void queue_free_in(const char *driver) {
  for (int i = 0; i < PLACES; i++) {
    gatelet_client *client = client_in(&places[i]);
    gatelet_queue *queue = new_queue(driver);
    submit(queue, client, &places[i]);
    ending e = ending_of(queue, 7, t_sanitized() ? 0.5 : 0.25);
    CHECK(e.ends == 0 && e.chunks == places[i].chunks);
    gatelet_queue_free(queue);
    expect_quiet(&places[i], driver ? 0 : places[i].idle);
    gatelet_free(client);
  }
}
static void queue_free(void) { queue_free_in(NULL); }
static void queue_free_caller(void) { queue_free_in("{\"driver\":\"caller\"}"); }

static void free_under_queue(void) {
  for (int i = 0; i < PLACES; i++) {
    gatelet_client *client = client_in(&places[i]);
    gatelet_queue *queue = new_queue(NULL);
    submit(queue, client, &places[i]);
    wait_until_there();
    gatelet_free(client);
    expect_ending(&places[i], ending_of(queue, 7, PATIENCE), GATELET_ERR_CLOSED);
    expect_quiet(&places[i], 0);
    gatelet_queue_free(queue);
  }
}

typedef struct { pthread_t thread; gatelet_client *client; const place *place; bool streams; outcome outcome; } caller;

static void *call(void *context) {
  caller *c = context;
  c->outcome = c->streams ? stream(c->client, request_of(c->place)) : chat(c->client, REQUEST);
  return NULL;
}

static void free_under_callers(void) {
  for (int i = 0; i < PLACES; i++) {
    const place *p = &places[i];
    gatelet_client *client = client_in(p);
    caller callers[2] = {{.client = client, .place = p, .streams = true}, {.client = client, .place = p, .streams = false}};
    for (int k = 0; k < 2; k++) pthread_create(&callers[k].thread, NULL, call, &callers[k]);
    wait_until_there();
    gatelet_free(client);
    for (int k = 0; k < 2; k++) {
      pthread_join(callers[k].thread, NULL);
      bool may_have_failed = !callers[k].streams && p->chunks && callers[k].outcome.status != GATELET_ERR_CLOSED;
      if (!may_have_failed) t_expect(__FILE__, __LINE__, p->name, GATELET_ERR_CLOSED, callers[k].outcome.status);
      if (callers[k].streams) CHECK(callers[k].outcome.ends == 1 && callers[k].outcome.chunks == p->chunks);
      end_outcome(&callers[k].outcome);
    }
    expect_quiet(p, 0);
  }
}

/* A callback that returns non-zero: after a hedge was won, after another went on, at a chunk that was held back. */
static void callback_says_stop(void) {
  const struct { const char *first, *second, *more, *request; int after; } rows[] = {
      {"hang", "stall/content/0.01", "\"routing\":{\"hedge\":{\"delay\":0.05}}", REQUEST, 1},
      {"broken/2", "stall/content/0.01", "\"retry\":{\"attempts\":0}", CONTINUE, 4},
      {"code/503", "stall/content/0.01", "\"retry\":{\"attempts\":1,\"backoff_base\":0.05}", REQUEST, 3},
      {"held/3/error", "held/3/error", "\"retry\":{\"attempts\":0}", REQUEST, 2}};
  for (int i = 0; i < 4; i++) {
    long open = server_stat("open");
    gatelet_client *client = pair_of(rows[i].first, rows[i].second, rows[i].more);
    outcome o = stream_cancel(client, rows[i].request, rows[i].after, 9 + i);
    char value[16];
    snprintf(value, sizeof value, "%d", 9 + i);
    t_expect(__FILE__, __LINE__, rows[i].first, GATELET_ERR_CANCELLED, o.status);
    CHECK(o.chunks == rows[i].after && o.ends == 0 && strcmp(member(o.error_json, "callback_result"), value) == 0);
    for (double end = t_now() + PATIENCE; server_stat("open") > open + 1 && t_now() < end;) t_sleep(0.02);
    end_outcome(&o);
    gatelet_free(client);
    for (double end = t_now() + PATIENCE; server_stat("open") > open && t_now() < end;) t_sleep(0.02);
    CHECK(server_stat("open") <= open);
  }
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  RUN(queue_cancel);
  if (!t_sanitized()) RUN(queue_cancel_caller);
  RUN(queue_free);
  if (!t_sanitized()) RUN(queue_free_caller);
  RUN(free_under_queue);
  RUN(free_under_callers);
  RUN(callback_says_stop);
  return t_end();
}
