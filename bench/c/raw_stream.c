/* raw_stream raw|scan|scan256k|jansson BASE STREAM SECONDS: whole streams one after another on one easy handle. Of the streams of other
 * dialects than OpenAI's (a100, g10k, ...) only `raw` and `jansson`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "curl_side.h"
#include "sse_reader.h"

static bytes kept;

static void keep(void *user, const char *text, size_t len) {
  (void)user;
  bytes_append(&kept, text, len);
}

static void one(CURL *h, sse_reader *r, const stream_facts *want) {
  sse_reset(r);
  CURLcode code = curl_easy_perform(h);
  if (code) fail("stream failed: %s", curl_easy_strerror(code));
  if (r->body != want->body) fail("%zu bytes instead of %zu", (size_t)r->body, want->body);
  if (r->mode == READ_RAW) return;
  if (r->text != want->text.len || r->chunks != want->chunks) fail("the stream's text is wrong");
}

/* The first stream is compared byte by byte, the measured ones by length. */
static void warm(CURL *h, sse_reader *r, const stream_facts *want) {
  r->on_text = keep;
  one(h, r, want);
  r->on_text = NULL;
  if (r->mode == READ_RAW) return;
  if (kept.len != want->text.len || memcmp(kept.data, want->text.data, kept.len)) fail("the stream's text is wrong");
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  stream_facts want = facts_of(argv[3]);
  stream_form form = form_of(argv[3]);
  char base[512];
  snprintf(base, sizeof base, "%s/%s", argv[2], argv[3]);
  sse_reader r = {.mode = read_mode_named(argv[1]), .form = argv[3][0]};
  samples each = {0};
  curl_global_init(CURL_GLOBAL_ALL);
  CURL *h = post_handle(base, form.path, form.request, sse_write, &r);
  if (!strcmp(argv[1], "scan256k")) curl_easy_setopt(h, CURLOPT_BUFFERSIZE, 262144L);
  warm(h, &r, &want);
  usage start = usage_now();
  for (uint64_t end = deadline_in(atof(argv[4])), t = now_ns(), n; t < end; t = n) {
    one(h, &r, &want);
    n = now_ns();
    samples_add(&each, n - t);
  }
  result_begin(usage_since(start), each.count * want.chunks);
  result_number("streams", (double)each.count);
  result_latency(&each);
  result_end();
  return 0;
}
