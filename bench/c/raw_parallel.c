/* raw_parallel raw|jansson BASE SECONDS THREADS: each thread makes sequential requests on an easy handle of its own. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "curl_side.h"

typedef struct { pthread_t id; const char *base; bool parsed; double seconds; samples each; } worker;
static pthread_barrier_t ready;

static void one(CURL *h, bytes *body, bool parsed) {
  body->len = 0;
  CURLcode code = curl_easy_perform(h);
  if (code) fail("request failed: %s", curl_easy_strerror(code));
  if (parsed) check_answer_parsed(body->data, body->len);
  else check_answer(body->data, body->len);
}

static void *work(void *of) {
  worker *w = of;
  bytes body = {0};
  CURL *h = chat_handle(w->base, chat_request, collect, &body);
  for (int i = 0; i < 20; i++) one(h, &body, w->parsed);
  pthread_barrier_wait(&ready);
  for (uint64_t end = deadline_in(w->seconds), t = now_ns(), n; t < end; t = n) {
    one(h, &body, w->parsed);
    n = now_ns();
    samples_add(&w->each, n - t);
  }
  return NULL;
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  int threads = atoi(argv[4]);
  bytes none = {0};
  samples all = {0};
  worker *workers = calloc((size_t)threads, sizeof *workers);
  curl_global_init(CURL_GLOBAL_ALL);
  curl_easy_cleanup(chat_handle(argv[2], chat_request, collect, &none)); /* makes the shared header list */
  check_answer(data_file("content.txt").data, data_file("content.txt").len); /* loads what is expected */
  pthread_barrier_init(&ready, NULL, (unsigned)threads + 1);
  for (int i = 0; i < threads; i++) {
    workers[i] = (worker){.base = argv[2], .parsed = !strcmp(argv[1], "jansson"), .seconds = atof(argv[3])};
    pthread_create(&workers[i].id, NULL, work, &workers[i]);
  }
  pthread_barrier_wait(&ready);
  usage start = usage_now();
  for (int i = 0; i < threads; i++) pthread_join(workers[i].id, NULL);
  usage spent = usage_since(start);
  for (int i = 0; i < threads; i++) samples_join(&all, &workers[i].each);
  result_begin(spent, all.count);
  result_latency(&all);
  result_end();
  return 0;
}
