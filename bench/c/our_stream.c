/* our_stream callback|answer|thread|caller BASE s100|s10k SECONDS: whole streams one after another, by gatelet_stream
 * (text only, or with the assembled answer) or on a queue of that driver. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "our_side.h"

typedef struct {
  gatelet_client *client;
  gatelet_queue *queue; /* NULL: gatelet_stream */
  bool assemble, ended, keeping;
  size_t text, chunks;
  bytes kept;
} state;

static void on_event(const gatelet_event *event, void *user) {
  state *s = user;
  if (event->kind == GATELET_EVENT_END) {
    our_check_end(event);
    s->ended = true;
  } else if (event->text_len) {
    s->chunks++;
    s->text += event->text_len;
    if (s->keeping) bytes_append(&s->kept, event->text, event->text_len);
  }
}

static int on_callback(const gatelet_event *event, void *user) {
  on_event(event, user);
  return 0;
}

static void by_callback(state *s) {
  char *answer = NULL;
  gatelet_error *error = NULL;
  our_check(gatelet_stream(s->client, stream_request, on_callback, s, s->assemble ? &answer : NULL, &error), &error,
            "gatelet_stream");
  gatelet_string_free(answer);
}

static void one(state *s, const stream_facts *want) {
  s->text = s->chunks = 0;
  s->ended = false;
  if (s->queue) our_submit(s->queue, s->client, GATELET_OP_CHAT_STREAM, stream_request, 1);
  else by_callback(s);
  while (!s->ended && s->queue) our_turn(s->queue, on_event, s);
  if (!s->ended || s->text != want->text.len || s->chunks != want->chunks)
    fail("the stream's text is wrong: %zu bytes in %zu chunks", s->text, s->chunks);
}

/* The first stream is compared byte by byte, the measured ones by length. */
static void warm(state *s, const stream_facts *want) {
  s->keeping = true;
  one(s, want);
  s->keeping = false;
  if (memcmp(s->kept.data, want->text.data, want->text.len)) fail("the stream's text is wrong");
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  char base[512];
  snprintf(base, sizeof base, "%s/%s", argv[2], argv[3]);
  bool queued = !strcmp(argv[1], "thread") || !strcmp(argv[1], "caller");
  state s = {.client = our_client(base), .assemble = !strcmp(argv[1], "answer")};
  if (queued) s.queue = our_queue(argv[1]);
  stream_facts want = facts_of(argv[3]);
  samples each = {0};
  warm(&s, &want);
  usage start = usage_now();
  for (uint64_t end = deadline_in(atof(argv[4])), t = now_ns(), n; t < end; t = n) {
    one(&s, &want);
    n = now_ns();
    samples_add(&each, n - t);
  }
  result_begin(usage_since(start), each.count * want.chunks);
  result_number("streams", (double)each.count);
  result_latency(&each);
  result_end();
  if (s.queue) gatelet_queue_free(s.queue);
  gatelet_free(s.client);
  return 0;
}
