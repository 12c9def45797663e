/* raw_seq raw|jansson BASE SECONDS: requests one after another on one easy handle. */
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "curl_side.h"

static void one(CURL *h, bytes *body, bool parsed) {
  body->len = 0;
  CURLcode code = curl_easy_perform(h);
  if (code) fail("request failed: %s", curl_easy_strerror(code));
  if (parsed) check_answer_parsed(body->data, body->len);
  else check_answer(body->data, body->len);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  bool parsed = !strcmp(argv[1], "jansson");
  bytes body = {0};
  samples each = {0};
  curl_global_init(CURL_GLOBAL_ALL);
  CURL *h = chat_handle(argv[2], chat_request, collect, &body);
  for (int i = 0; i < 200; i++) one(h, &body, parsed);
  usage start = usage_now();
  for (uint64_t end = deadline_in(atof(argv[3])), t = now_ns(), n; t < end; t = n) {
    one(h, &body, parsed);
    n = now_ns();
    samples_add(&each, n - t);
  }
  result_begin(usage_since(start), each.count);
  result_latency(&each);
  result_end();
  return 0;
}
