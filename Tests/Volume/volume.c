/* Many requests, each with a nonce that must come back: volume BASE_URL REQUESTS queue|threads. Half are streams.
 * Prints failures and what was counted; the exit code is 0 when nothing was lost, doubled, mixed up or leaked, and the numbers of attempts in
 * answers and errors, in gatelet_stats and at the server (its count is read from /_stats) are one. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <gatelet.h>
#include <jansson.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IN_FLIGHT = 64, THREADS = 16, LONG = 100000 };

typedef struct { char text[200]; int ends, answers; } one;

static gatelet_client *client;
static one *all;
static long total, next_nonce, done, bad, told_attempts, told_unsent, finished;
/* The most of the first sixth (without its beginning) and of the last one. */
static long early_kb, late_kb, early_files, late_files;

static void add(long *p, long n) { __atomic_add_fetch(p, n, __ATOMIC_SEQ_CST); }

#define BAD(...) (add(&bad, 1), printf(__VA_ARGS__))

static long files(void) {
  long n = 0;
  DIR *folder = opendir("/proc/self/fd");
  while (readdir(folder)) n++;
  closedir(folder);
  return n;
}

/* What is allocated, not what the allocator keeps: the number of threads' arenas would decide. */
static long kilobytes(void) {
  struct mallinfo2 info = mallinfo2();
  return (long)((info.uordblks + info.hblkhd) / 1024);
}

static void ask(char *out, long nonce) {
  sprintf(out, "{\"model\":\"a/m%ld\",\"messages\":[{\"role\":\"user\",\"content\":\"nonce-%ld\"}],\"gatelet\":{\"tag\":\"t%ld\"}}", nonce % 5, nonce, nonce % 3);
}

static void count_attempts(const char *json) {
  json_t *document = json_loads(json, 0, NULL), *attempts = json_object_get(json_object_get(document, "gatelet"), "attempts"), *attempt;
  size_t i;
  if (!attempts) attempts = json_object_get(document, "attempts");
  if (!attempts) BAD("no attempts in %.200s\n", json);
  json_array_foreach(attempts, i, attempt) add(json_is_true(json_object_get(attempt, "unsent")) ? &told_unsent : &told_attempts, 1);
  json_decref(document);
}

static void text(one *o, const char *bytes, size_t count) {
  size_t n = strlen(o->text);
  if (n + count < sizeof o->text) memcpy(o->text + n, bytes, count), o->text[n + count] = '\0';
  else strcpy(o->text, "too long");
}

/* A stream brings the nonce's pieces in order; all of them when it ended well. */
static void check_stream(one *o, long nonce, gatelet_status status) {
  char want[200];
  int n = 0;
  for (int i = 0; i < 2 + nonce % 5; i++) n += sprintf(want + n, "%ld.%d ", nonce, i);
  if (status ? strncmp(want, o->text, strlen(o->text)) : strcmp(want, o->text)) BAD("stream %ld, status %d: %s\n", nonce, status, o->text);
}

static void check_answer(long nonce, const char *json) {
  char want[60];
  sprintf(want, "\"content\":\"%ld.\"", nonce);
  if (!strstr(json, want)) BAD("%ld got %.200s\n", nonce, json);
}

static void most(long *slot, long value) {
  long old = __atomic_load_n(slot, __ATOMIC_SEQ_CST);
  while (value > old && !__atomic_compare_exchange_n(slot, &old, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {}
}

static void sample(long now) {
  int early = now > total / 12 && now <= total / 6, late = now > total / 6 * 5;
  if (early) most(&early_kb, kilobytes()), most(&early_files, files());
  if (late) most(&late_kb, kilobytes()), most(&late_files, files());
}

static void note_end(long nonce, gatelet_status status) {
  if (all[nonce].ends++) BAD("%ld ended twice\n", nonce);
  if (status == GATELET_OK) add(&finished, 1);
  long now = __atomic_add_fetch(&done, 1, __ATOMIC_SEQ_CST);
  if (now % (total / 600 + 1) == 0) sample(now);
  if (now % (total / 6) == 0) printf("%ld: %ld KB, %ld descriptors\n", now, kilobytes(), files()), fflush(stdout);
}

static int on_event(const gatelet_event *event, void *user) {
  if (event->kind == GATELET_EVENT_CHUNK) text(user, event->text, event->text_len);
  else count_attempts(event->json);
  return 0;
}

static void *worker(void *unused) {
  for (;;) {
    long nonce = __atomic_add_fetch(&next_nonce, 1, __ATOMIC_SEQ_CST);
    char request[300], *answer = NULL;
    gatelet_error *error = NULL;
    gatelet_status status;
    if (nonce > total) return unused;
    ask(request, nonce);
    if (nonce % 2) {
      status = gatelet_stream(client, request, on_event, &all[nonce], NULL, &error);
      check_stream(&all[nonce], nonce, status);
    } else {
      status = gatelet_chat(client, request, &answer, &error);
      if (status == GATELET_OK) check_answer(nonce, answer);
      count_attempts(status ? gatelet_error_json(error) : answer);
    }
    gatelet_error_free(error);
    gatelet_string_free(answer);
    note_end(nonce, status);
  }
}

static void run_threads(void) {
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, worker, NULL);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
}

static void take(const gatelet_event *event) {
  long nonce = (long)event->tag;
  one *o = &all[nonce];
  if (o->ends) BAD("an event of %ld after its END\n", nonce);
  if (event->kind == GATELET_EVENT_CHUNK) return text(o, event->text, event->text_len);
  if (event->kind == GATELET_EVENT_ANSWER) {
    o->answers++;
    check_answer(nonce, event->json);
    return count_attempts(event->json);
  }
  if (nonce % 2) check_stream(o, nonce, event->status);
  else if ((event->status == GATELET_OK) != o->answers) BAD("%ld ended with %d and %d answers\n", nonce, event->status, o->answers);
  if (nonce % 2 || event->status) count_attempts(event->json);
  note_end(nonce, event->status);
}

static void run_queue(void) {
  gatelet_queue *queue;
  if (gatelet_queue_new(NULL, &queue, NULL)) exit(2);
  for (int quiet = 0; done < total && quiet < 10;) {
    while (next_nonce - done < IN_FLIGHT && next_nonce < total) {
      char request[300];
      long nonce = ++next_nonce;
      ask(request, nonce);
      if (gatelet_queue_submit(queue, client, nonce % 2 ? GATELET_OP_CHAT_STREAM : GATELET_OP_CHAT, request, NULL, (uint64_t)nonce, NULL)) exit(2);
    }
    gatelet_batch *batch = NULL;
    size_t count = 0;
    if (gatelet_queue_next(queue, done % 3 ? 0 : 7, 2000, &batch, NULL)) exit(2);
    quiet = batch ? 0 : quiet + 1;
    const char *events = batch ? (const char *)gatelet_batch_events(batch, &count) : NULL;
    for (size_t i = 0; i < count; i++) take((const gatelet_event *)(events + i * ((const gatelet_event *)events)->struct_size));
    gatelet_batch_free(batch);
  }
  gatelet_queue_free(queue);
}

static long at_server(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  char in[1000];
  size_t have = 0;
  ssize_t n;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (void *)&address, sizeof address) || send(fd, "GET /_stats HTTP/1.1\r\n\r\n", 24, 0) != 24) exit(2);
  while (have < sizeof in - 1 && (n = recv(fd, in + have, sizeof in - 1 - have, 0)) > 0) have += (size_t)n;
  close(fd);
  in[have] = '\0';
  char *at = strstr(in, "\"requests\":");
  return at ? atol(at + 11) : -1;
}

static long stat_of(json_t *total_row, const char *name) { return (long)json_integer_value(json_object_get(total_row, name)); }

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  int port = atoi(argv[1]);
  char config[500], *stats = NULL;
  total = atol(argv[2]);
  long files_before = files();
  all = calloc((size_t)total + 1, sizeof *all);
  snprintf(config, sizeof config, "{\"environment\":false,\"log\":\"off\",\"providers\":{\"a\":{\"base_url\":\"http://127.0.0.1:%d/v1\",\"api_key\":\"sk-aaaaaaaaaaaa\"}},"
           "\"retry\":{\"attempts\":2,\"backoff_base\":0.001,\"backoff_max\":0.002},\"breaker\":{\"enabled\":false}}", port);
  if (!all || gatelet_init(config, &client, NULL)) return 2;
  if (strcmp(argv[3], "threads")) run_queue(); else run_threads();
  for (long i = 1; i <= total; i++) if (!all[i].ends) BAD("%ld has no end\n", i);
  long seen = at_server(port);
  if (gatelet_stats(client, NULL, &stats, NULL)) return 2;
  json_t *document = json_loads(stats, 0, NULL), *row = json_object_get(document, "total");
  printf("%ld requests, %ld finished; attempts: %ld told, %ld in gatelet_stats, %ld at the server; %ld unsent told, %ld in gatelet_stats\n", total, finished,
         told_attempts, stat_of(row, "attempts"), seen, told_unsent, stat_of(row, "unsent_attempts"));
  if (stat_of(row, "requests") != total || stat_of(row, "successes") != finished) BAD("requests in gatelet_stats\n");
  if (told_attempts != seen || stat_of(row, "attempts") != seen || stat_of(row, "unsent_attempts") != told_unsent) BAD("the counts differ\n");
  if (finished < total * 9 / 10 || seen < total) BAD("too few of them\n");
  printf("at most %ld KB and %ld descriptors in the first sixth, %ld KB and %ld in the last\n", early_kb, early_files, late_kb, late_files);
  if (total >= LONG && late_kb > early_kb + 1024) BAD("memory grew\n");
  if (total >= LONG && late_files > early_files + 8) BAD("descriptors were lost\n"); /* connections come and go */
  json_decref(document);
  gatelet_string_free(stats);
  gatelet_free(client);
  printf("after gatelet_free: %ld KB, %ld descriptors\n", kilobytes(), files());
  if (files() != files_before) BAD("%ld descriptors are left, where there were %ld\n", files(), files_before);
  return bad != 0;
}
