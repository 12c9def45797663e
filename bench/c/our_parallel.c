/* our_parallel BASE SECONDS THREADS: each thread makes sequential blocking calls, all on one client. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "our_side.h"

typedef struct { pthread_t id; gatelet_client *client; double seconds; samples each; } worker;
static pthread_barrier_t ready;

static void one(gatelet_client *client) {
  char *answer = NULL;
  gatelet_error *error = NULL;
  our_check(gatelet_chat(client, chat_request, &answer, &error), &error, "gatelet_chat");
  check_answer(answer, strlen(answer));
  gatelet_string_free(answer);
}

static void *work(void *of) {
  worker *w = of;
  for (int i = 0; i < 20; i++) one(w->client);
  pthread_barrier_wait(&ready);
  for (uint64_t end = deadline_in(w->seconds), t = now_ns(), n; t < end; t = n) {
    one(w->client);
    n = now_ns();
    samples_add(&w->each, n - t);
  }
  return NULL;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  int threads = atoi(argv[3]);
  samples all = {0};
  worker *workers = calloc((size_t)threads, sizeof *workers);
  gatelet_client *client = our_client(argv[1]);
  one(client); /* also loads what is expected */
  pthread_barrier_init(&ready, NULL, (unsigned)threads + 1);
  for (int i = 0; i < threads; i++) {
    workers[i] = (worker){.client = client, .seconds = atof(argv[2])};
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
  gatelet_free(client);
  return 0;
}
