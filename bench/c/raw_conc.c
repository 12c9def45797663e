/* raw_conc raw|jansson poll|epoll BASE SECONDS [IN_FLIGHT]: many requests in flight on one multi handle. */
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "curl_side.h"

typedef struct { CURL *easy; bytes body; uint64_t began; } slot;
typedef struct {
  curl_loop *loop; /* its epoll is used only when `epoll` */
  bool epoll, parsed, measuring;
  uint64_t end;
  long open, finished;
  samples each;
} state;

static void begin(state *s, slot *one) {
  one->body.len = 0;
  one->began = now_ns();
  curl_multi_add_handle(s->loop->multi, one->easy);
  s->open++;
}

static void finish(state *s, CURLMsg *message) {
  slot *one = NULL;
  if (message->data.result) fail("request failed: %s", curl_easy_strerror(message->data.result));
  curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&one);
  if (s->parsed) check_answer_parsed(one->body.data, one->body.len);
  else check_answer(one->body.data, one->body.len);
  uint64_t now = now_ns();
  if (s->measuring) samples_add(&s->each, now - one->began);
  curl_multi_remove_handle(s->loop->multi, one->easy);
  s->open--;
  s->finished++;
  if (now < s->end) begin(s, one);
}

static void turn(state *s) {
  int queued;
  bool any = false;
  if (s->epoll) curl_loop_turn(s->loop, 100);
  else curl_multi_perform(s->loop->multi, &s->loop->running);
  for (CURLMsg *m; (m = curl_multi_info_read(s->loop->multi, &queued));) {
    finish(s, m);
    any = true;
  }
  if (!s->epoll && !any) curl_multi_poll(s->loop->multi, NULL, 0, 100, NULL);
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  int in_flight = argc > 5 ? atoi(argv[5]) : 64;
  curl_global_init(CURL_GLOBAL_ALL);
  state s = {.epoll = !strcmp(argv[2], "epoll"), .parsed = !strcmp(argv[1], "jansson"), .end = UINT64_MAX};
  s.loop = curl_loop_new(in_flight * 2);
  if (!s.epoll) curl_multi_setopt(s.loop->multi, CURLMOPT_SOCKETFUNCTION, NULL);
  if (!s.epoll) curl_multi_setopt(s.loop->multi, CURLMOPT_TIMERFUNCTION, NULL);
  slot *slots = calloc((size_t)in_flight, sizeof *slots);
  for (int i = 0; i < in_flight; i++) {
    slots[i].easy = chat_handle(argv[3], chat_request, collect, &slots[i].body);
    curl_easy_setopt(slots[i].easy, CURLOPT_PRIVATE, &slots[i]);
    begin(&s, &slots[i]);
  }
  while (s.finished < in_flight * 4) turn(&s);
  usage start = usage_now();
  s.measuring = true;
  s.end = deadline_in(atof(argv[4]));
  while (s.open) turn(&s);
  result_begin(usage_since(start), s.each.count);
  result_latency(&s.each);
  result_end();
  return 0;
}
