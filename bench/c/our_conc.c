/* our_conc thread|caller BASE SECONDS [IN_FLIGHT]: many requests in flight on one queue. */
#include <stdlib.h>

#include "answers.h"
#include "our_side.h"

typedef struct { uint64_t began; bool answered; } slot;
typedef struct {
  gatelet_queue *queue;
  gatelet_client *client;
  slot *slots;
  bool measuring;
  uint64_t end;
  long open, finished;
  samples each;
} state;

static void begin(state *s, uint64_t tag) {
  s->slots[tag] = (slot){.began = now_ns()};
  our_submit(s->queue, s->client, GATELET_OP_CHAT, chat_request, tag);
  s->open++;
}

static void on_event(const gatelet_event *event, void *user) {
  state *s = user;
  slot *one = &s->slots[event->tag];
  if (event->kind == GATELET_EVENT_ANSWER) {
    check_answer(event->json, event->json_len);
    one->answered = true;
  }
  if (event->kind != GATELET_EVENT_END) return;
  our_check_end(event);
  if (!one->answered) fail("a request ended without an answer");
  uint64_t now = now_ns();
  if (s->measuring) samples_add(&s->each, now - one->began);
  s->open--;
  s->finished++;
  if (now < s->end) begin(s, event->tag);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  int in_flight = argc > 4 ? atoi(argv[4]) : 64;
  state s = {.queue = our_queue(argv[1]), .client = our_client(argv[2]), .end = UINT64_MAX};
  s.slots = calloc((size_t)in_flight, sizeof *s.slots);
  for (int i = 0; i < in_flight; i++) begin(&s, (uint64_t)i);
  while (s.finished < in_flight * 4) our_turn(s.queue, on_event, &s);
  usage start = usage_now();
  s.measuring = true;
  s.end = deadline_in(atof(argv[3]));
  while (s.open) our_turn(s.queue, on_event, &s);
  result_begin(usage_since(start), s.each.count);
  result_latency(&s.each);
  result_end();
  gatelet_queue_free(s.queue);
  gatelet_free(s.client);
  return 0;
}
