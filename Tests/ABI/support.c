#include "test.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/socket.h>

const char *const REQUEST = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";

/* ---- harness */

static int failed, wrong;
static const char *filter = "";
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void t_start(int argc, char **argv) {
  if (argc > 1) filter = argv[1];
  setvbuf(stdout, NULL, _IONBF, 0);
}

void t_run(const char *name, void (*test)(void)) {
  if (!strcasestr(name, filter)) return;
  double start = t_now();
  wrong = 0;
  printf("  %s ", name);
  test();
  printf("%s (%.2fs)\n", wrong ? "FAILED" : "ok", t_now() - start);
  failed += wrong > 0;
}

int t_end(void) {
  printf("the end\n");
  return failed > 0;
}

void t_fail(const char *file, int line, const char *format, ...) {
  va_list list;
  va_start(list, format);
  pthread_mutex_lock(&lock);
  wrong++;
  if (wrong < 20) {
    printf("\n    FAIL %s:%d: ", file, line);
    vprintf(format, list);
  }
  pthread_mutex_unlock(&lock);
  va_end(list);
}

void t_expect(const char *file, int line, const char *call, gatelet_status expected, gatelet_status got) {
  if (got == GATELET_ERR_INTERNAL || got != expected)
    t_fail(file, line, "%s: %d %s, expected %d %s", call, got, gatelet_status_name(got), expected,
           gatelet_status_name(expected));
}

int t_scaled(int full, int small) {
  const char *scale = getenv("ABI_SCALE");
  return scale && strcmp(scale, "small") == 0 ? small : full;
}

bool t_sanitized(void) { return t_scaled(0, 1); }

double t_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void t_sleep(double seconds) {
  struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  while (nanosleep(&t, &t) != 0 && errno == EINTR) continue;
}

/* ---- clients */

gatelet_client *make_client(const char *config) {
  gatelet_client *client = NULL;
  gatelet_error *error = NULL;
  gatelet_status status = gatelet_init(config, &client, &error);
  if (status != GATELET_OK)
    t_fail(__FILE__, __LINE__, "init(%s): %d %s", config, status, gatelet_error_message(error));
  gatelet_error_free(error);
  return client;
}

gatelet_client *dev_client_with(const char *more) {
  char config[1024];
  snprintf(config, sizeof config, "{\"environment\":false,\"dev_mode\":true%s%s}", more ? "," : "", more ? more : "");
  return make_client(config);
}

gatelet_client *dev_client(void) { return dev_client_with("\"providers\":{\"dev\":{\"token_delay\":0.001}}"); }

gatelet_client *client_at(const char *base_url, const char *more) {
  char config[2048];
  snprintf(config, sizeof config,
           "{\"environment\":false,\"default_provider\":\"fault\",\"retry\":{\"attempts\":0},\"breaker\":{\"enabled\":false},"
           "\"providers\":{\"fault\":{\"base_url\":\"%s\",\"api_key\":\"" SECRET "\"}}%s%s}",
           base_url, more ? "," : "", more ? more : "");
  return make_client(config);
}

/* Time-outs that `more` makes short are those of the first provider: the second one always has time, on a busy machine too. */
gatelet_client *pair_of(const char *first, const char *second, const char *more) {
  char config[2048];
  int port = server_port();
  snprintf(config, sizeof config,
           "{\"environment\":false,\"default_provider\":\"a\",\"provider_order\":[\"a\",\"b\"],\"breaker\":{\"enabled\":false},"
           "\"providers\":{\"a\":{\"base_url\":\"http://127.0.0.1:%d/%s/v1\",\"api_key\":\"" SECRET "\"},"
           "\"b\":{\"base_url\":\"http://127.0.0.1:%d/%s/v1\",\"api_key\":\"" SECRET "\",\"prefill\":true,"
           "\"timeouts\":{\"first_byte\":60,\"idle\":60}}}%s%s}",
           port, first, port, second, more ? "," : "", more ? more : "");
  return make_client(config);
}

int server_port(void) {
  const char *port = getenv("ABI_FAULT_PORT");
  return port ? atoi(port) : 0;
}

gatelet_client *client_of(const char *scenario, const char *more) {
  char url[512];
  snprintf(url, sizeof url, "http://127.0.0.1:%d/%s/v1", server_port(), scenario);
  return client_at(url, more);
}

static size_t get_stats(char *into, size_t room) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server_port()), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  size_t n = 0;
  if (connect(s, (struct sockaddr *)&to, sizeof to) == 0) {
    dprintf(s, "GET /_stats HTTP/1.1\r\nHost: x\r\n\r\n");
    for (ssize_t r; n + 1 < room && (r = read(s, into + n, room - n - 1)) > 0;) n += (size_t)r;
  }
  close(s);
  into[n] = 0;
  return n;
}

long server_stat(const char *path) {
  static char buffer[16384];
  get_stats(buffer, sizeof buffer);
  const char *body = strstr(buffer, "\r\n\r\n");
  return body ? atol(member(body + 4, path)) : 0;
}

/* ---- requests */

int on_event(const gatelet_event *event, void *context) {
  outcome *o = context;
  CHECK(event->struct_size >= sizeof(gatelet_event));
  CHECK(event->json && strlen(event->json) == event->json_len);
  CHECK(o->ends == 0 && (!o->cancel_after || o->chunks < o->cancel_after));
  CHECK(event->tag == 0);
  if (event->kind == GATELET_EVENT_END) {
    o->ends++;
    o->end_status = event->status;
    o->end_json = strdup(event->json);
    return 0;
  }
  CHECK(event->kind == GATELET_EVENT_CHUNK && event->status == 0);
  CHECK(event->text && strlen(event->text) == event->text_len);
  CHECK(event->reasoning && strlen(event->reasoning) == event->reasoning_len);
  o->chunks++;
  if (o->text_length + event->text_len < sizeof o->text) {
    memcpy(o->text + o->text_length, event->text, event->text_len + 1);
    o->text_length += event->text_len;
  }
  return o->cancel_after == o->chunks ? o->cancel_value : 0;
}

static void keep_error(outcome *o, gatelet_error *error) {
  CHECK((o->status == GATELET_OK) == (error == NULL));
  CHECK(o->status != GATELET_ERR_INTERNAL);
  if (!error) return;
  CHECK(gatelet_error_status(error) == o->status);
  o->error_json = strdup(gatelet_error_json(error));
  CHECK(atoi(member(o->error_json, "status")) == o->status);
  CHECK(strcmp(member(o->error_json, "kind"), gatelet_status_name(o->status)) == 0);
  CHECK(*gatelet_error_message(error) != 0);
  CHECK(!strstr(o->error_json, SECRET) && !strstr(gatelet_error_message(error), SECRET));
  gatelet_error_free(error);
}

outcome chat(gatelet_client *client, const char *request) {
  outcome o = {0};
  gatelet_error *error = NULL;
  double start = t_now();
  o.status = gatelet_chat(client, request, &o.answer, &error);
  o.seconds = t_now() - start;
  CHECK((o.status == GATELET_OK) == (o.answer != NULL));
  keep_error(&o, error);
  return o;
}

outcome stream_cancel(gatelet_client *client, const char *request, int after, int value) {
  outcome o = {.cancel_after = after, .cancel_value = value};
  gatelet_error *error = NULL;
  double start = t_now();
  o.status = gatelet_stream(client, request, on_event, &o, &o.answer, &error);
  o.seconds = t_now() - start;
  bool called_back = after && o.chunks == after && value;
  if (called_back) CHECK(o.ends == 0 && o.status == GATELET_ERR_CANCELLED);
  else if (o.chunks) CHECK(o.ends == 1);
  if (o.ends) CHECK(o.end_status == o.status);
  keep_error(&o, error);
  return o;
}

outcome stream(gatelet_client *client, const char *request) { return stream_cancel(client, request, 0, 0); }

void end_outcome(outcome *o) {
  gatelet_string_free(o->answer);
  free(o->end_json);
  free(o->error_json);
  memset(o, 0, sizeof *o);
}

/* ---- JSON */

static const json_t *step(const json_t *at, const char *name) {
  return json_is_array(at) ? json_array_get(at, (size_t)atoi(name)) : json_object_get(at, name);
}

const char *member(const char *json, const char *path) {
  static __thread char results[4][1024];
  static __thread int turn;
  char *into = results[turn++ % 4], names[256];
  json_t *root = json ? json_loads(json, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
  const json_t *at = root;
  snprintf(names, sizeof names, "%s", path);
  for (char *rest = NULL, *name = strtok_r(names, ".", &rest); name && at; name = strtok_r(NULL, ".", &rest)) at = step(at, name);
  *into = 0;
  if (json_is_string(at)) {
    snprintf(into, sizeof results[0], "%s", json_string_value(at));
  } else if (at) {
    char *text = json_dumps(at, JSON_ENCODE_ANY | JSON_COMPACT);
    snprintf(into, sizeof results[0], "%s", text ? text : "");
    free(text);
  }
  json_decref(root);
  return into;
}

/* ---- queues */

gatelet_queue *new_queue(const char *options) {
  gatelet_queue *queue = NULL;
  EXPECT(GATELET_OK, gatelet_queue_new(options, &queue, NULL));
  return queue;
}

static int count(gatelet_batch *batch, int *chunks, int *ok) {
  size_t n = 0;
  int ends = 0;
  const gatelet_event *first = gatelet_batch_events(batch, &n);
  for (size_t i = 0; i < n; i++) {
    const gatelet_event *event = gatelet_easy_event(first, i);
    CHECK(strlen(event->json) == event->json_len);
    CHECK(event->status != GATELET_ERR_INTERNAL);
    if (event->kind == GATELET_EVENT_END) ends++;
    if (event->kind == GATELET_EVENT_END && event->status == GATELET_OK && ok) ++*ok;
    if (event->kind == GATELET_EVENT_CHUNK && chunks) ++*chunks;
  }
  return ends;
}

int drain(gatelet_queue *queue, int ends, double seconds, int *chunks, int *ok) {
  int seen = 0;
  for (double end = t_now() + seconds; seen < ends && t_now() < end;) {
    gatelet_batch *batch = NULL;
    gatelet_status status = gatelet_queue_next(queue, 0, 100, &batch, NULL);
    if (status != GATELET_OK) {
      t_fail(__FILE__, __LINE__, "queue_next: %d", status);
      break;
    }
    seen += count(batch, chunks, ok);
    gatelet_batch_free(batch);
  }
  return seen;
}

/* ---- this process */

int open_files(void) {
  int n = 0;
  DIR *fds = opendir("/proc/self/fd");
  for (struct dirent *d; fds && (d = readdir(fds));) n += d->d_name[0] != '.';
  if (fds) closedir(fds);
  return n;
}

int thread_count(void) {
  int n = 0;
  DIR *tasks = opendir("/proc/self/task");
  for (struct dirent *d; tasks && (d = readdir(tasks));) n += d->d_name[0] != '.';
  if (tasks) closedir(tasks);
  return n;
}

long resident_kb(void) {
  long pages = 0, size = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  if (f && fscanf(f, "%ld %ld", &size, &pages) != 2) pages = 0;
  if (f) fclose(f);
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}
