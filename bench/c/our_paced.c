/* our_paced thread|caller BASE STREAMS SECONDS [FAST]: as raw_paced, on one queue of that driver. */
#include <stdlib.h>

#include "answers.h"
#include "our_side.h"
#include "stamp.h"

typedef struct {
  gatelet_queue *queue;
  gatelet_client *client;
  bool measuring, *seen;
  uint64_t counted_from, chunks; /* tags below counted_from are the silent streams */
  long started;
  samples ages;
} state;

static void on_event(const gatelet_event *event, void *user) {
  state *s = user;
  if (event->kind == GATELET_EVENT_END) fail("a stream ended early: %.*s", (int)event->json_len, event->json);
  if (!event->text_len) return;
  if (!s->seen[event->tag]) s->started++;
  s->seen[event->tag] = true;
  if (!s->measuring || event->tag < s->counted_from) return;
  uint64_t age = stamp_age(event->text, event->text_len);
  if (!age) fail("a chunk without its stamp");
  s->chunks++;
  samples_add(&s->ages, age);
}

static void open_all(state *s, int streams, bool fast) {
  for (int i = 0; i < streams; i++) {
    our_submit(s->queue, s->client, GATELET_OP_CHAT_STREAM, fast ? idle_request : paced_request, (uint64_t)i);
    if (i % 16 == 15) our_turn(s->queue, on_event, s);
  }
  if (fast) our_submit(s->queue, s->client, GATELET_OP_CHAT_STREAM, fast_request, (uint64_t)streams);
  for (uint64_t limit = deadline_in(20); s->started < streams + fast;) {
    if (now_ns() > limit) fail("only %ld streams started", s->started);
    our_turn(s->queue, on_event, s);
  }
  for (uint64_t settle = deadline_in(0.3); now_ns() < settle;) our_turn(s->queue, on_event, s);
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  int streams = atoi(argv[3]);
  bool fast = argc > 5;
  raise_descriptor_limit();
  state s = {.queue = our_queue(argv[1]), .client = our_client(argv[2])};
  s.seen = calloc((size_t)streams + 1, sizeof(bool));
  s.counted_from = fast ? (uint64_t)streams : 0;
  long before = rss_kb();
  open_all(&s, streams, fast);
  s.measuring = true;
  usage start = usage_now();
  for (uint64_t end = deadline_in(atof(argv[4])); now_ns() < end;) our_turn(s.queue, on_event, &s);
  usage spent = usage_since(start);
  long after = rss_kb();
  result_begin(spent, s.chunks);
  result_latency(&s.ages);
  result_number("kb_each", streams ? (double)(after - before) / streams : 0);
  result_end();
  gatelet_queue_free(s.queue);
  gatelet_free(s.client);
  return 0;
}
