/* raw_paced BASE STREAMS SECONDS [FAST]: STREAMS streams of 10 chunks/s at once, by epoll and delta scan.
 * With FAST the STREAMS are silent ones, and one of 1,000 chunks/s beside them is measured. */
#include <stdlib.h>

#include "answers.h"
#include "curl_side.h"
#include "sse_reader.h"
#include "stamp.h"

static samples ages;
static bool measuring;
static uint64_t chunks;
static long started;

typedef struct { sse_reader reader; bool seen, counts; } stream;

static void on_text(void *user, const char *text, size_t len) {
  stream *s = user;
  if (!s->seen) started++;
  s->seen = true;
  if (!measuring || !s->counts) return;
  uint64_t age = stamp_age(text, len);
  if (!age) fail("a chunk without its stamp");
  chunks++;
  samples_add(&ages, age);
}

static void open_stream(curl_loop *loop, const char *base, const char *request, bool counts) {
  stream *s = calloc(1, sizeof *s);
  s->counts = counts;
  s->reader = (sse_reader){.mode = READ_SCAN, .on_text = on_text, .user = s};
  curl_multi_add_handle(loop->multi, chat_handle(base, request, sse_write, &s->reader));
}

static void turn(curl_loop *loop) {
  int queued;
  curl_loop_turn(loop, 50);
  if (curl_multi_info_read(loop->multi, &queued)) fail("a stream ended early");
}

static void open_all(curl_loop *loop, const char *base, int streams, bool fast) {
  for (int i = 0; i < streams; i++) {
    open_stream(loop, base, fast ? idle_request : paced_request, !fast);
    if (i % 16 == 15) turn(loop);
  }
  if (fast) open_stream(loop, base, fast_request, true);
  for (uint64_t limit = deadline_in(20); started < streams + fast;) {
    if (now_ns() > limit) fail("only %ld streams started", started);
    turn(loop);
  }
  for (uint64_t settle = deadline_in(0.3); now_ns() < settle;) turn(loop);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  int streams = atoi(argv[2]);
  raise_descriptor_limit();
  curl_global_init(CURL_GLOBAL_ALL);
  curl_loop *loop = curl_loop_new(streams + 16);
  long before = rss_kb();
  open_all(loop, argv[1], streams, argc > 4);
  measuring = true;
  usage start = usage_now();
  for (uint64_t end = deadline_in(atof(argv[3])); now_ns() < end;) turn(loop);
  usage spent = usage_since(start);
  long after = rss_kb();
  result_begin(spent, chunks);
  result_latency(&ages);
  result_number("kb_each", streams ? (double)(after - before) / streams : 0);
  result_end();
  return 0;
}
