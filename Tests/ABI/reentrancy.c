/* What may be called from inside an event callback, a log callback and a hook: the table of docs/threading.md. */
#include "test.h"

static gatelet_client *client;
static gatelet_queue *queue;
static void (*inside)(void);
static int times;

static int once(const gatelet_event *event, void *user) {
  (void)event, (void)user;
  if (times++ == 0) inside();
  return 0;
}

/* Runs `action` inside the first event of a stream. */
static gatelet_status in_event(void (*action)(void)) {
  inside = action;
  times = 0;
  gatelet_status status = gatelet_stream(client, REQUEST, once, NULL, NULL, NULL);
  CHECK(times > 1);
  return status;
}

static void requests_inside(void) {
  outcome o = chat(client, REQUEST);
  EXPECT(GATELET_OK, o.status);
  end_outcome(&o);
  o = stream(client, REQUEST);
  EXPECT(GATELET_OK, o.status);
  CHECK(o.chunks > 1);
  end_outcome(&o);
  char *text = NULL;
  EXPECT(GATELET_OK, gatelet_list_models(client, NULL, &text, NULL));
  gatelet_string_free(text);
  EXPECT(GATELET_OK, gatelet_test_models(client, "{\"spacing\":0,\"models\":\"m\"}", NULL, NULL, &text, NULL));
  gatelet_string_free(text);
  EXPECT(GATELET_OK, gatelet_completion(client, "{\"model\":\"m\",\"prompt\":\"hi\"}", &text, NULL));
  gatelet_string_free(text);
  EXPECT(GATELET_OK, gatelet_embeddings(client, "{\"model\":\"m\",\"input\":\"hi\"}", &text, NULL));
  gatelet_string_free(text);
}
static void event_may_make_requests(void) { EXPECT(GATELET_OK, in_event(requests_inside)); }

static void makers_inside(void) {
  gatelet_client *c = (gatelet_client *)1;
  gatelet_queue *q = (gatelet_queue *)1;
  gatelet_batch *b = (gatelet_batch *)1;
  gatelet_error *error = NULL;
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_init(NULL, &c, &error));
  CHECK(c == NULL && gatelet_error_status(error) == GATELET_ERR_BAD_STATE);
  gatelet_error_free(error);
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_queue_new(NULL, &q, NULL));
  CHECK(q == NULL);
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_queue_next(queue, 0, 0, &b, NULL));
  CHECK(b == NULL);
}
static void event_may_not_make_or_wait(void) { EXPECT(GATELET_OK, in_event(makers_inside)); }

static void queue_calls_inside(void) {
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT, REQUEST, NULL, 5, NULL));
  CHECK(gatelet_queue_fd(queue) >= 0);
  EXPECT(GATELET_OK, gatelet_queue_cancel(queue, 77, NULL));
  EXPECT(GATELET_OK, gatelet_queue_pause(queue, 77, NULL));
  EXPECT(GATELET_OK, gatelet_queue_resume(queue, 77, NULL));
  gatelet_queue *q = queue;
  queue = NULL;
  gatelet_queue_free(q);
}
static void event_may_use_queues(void) {
  gatelet_queue *kept = queue;
  queue = new_queue(NULL);
  EXPECT(GATELET_OK, in_event(queue_calls_inside));
  CHECK(queue == NULL);
  queue = kept;
}

static void small_calls_inside(void) {
  gatelet_error *error = NULL;
  char *answer;
  CHECK(strcmp(gatelet_version(), GATELET_VERSION) == 0);
  CHECK(gatelet_abi_version() == GATELET_ABI_VERSION);
  EXPECT(GATELET_ERR_JSON, gatelet_chat(client, "[", &answer, &error));
  CHECK(gatelet_error_status(error) == GATELET_ERR_JSON && *gatelet_error_message(error) && *gatelet_error_json(error));
  gatelet_error_free(error);
  EXPECT(GATELET_OK, gatelet_set_log(client, NULL, NULL, NULL, NULL));
}
static void event_may_read_errors(void) { EXPECT(GATELET_OK, in_event(small_calls_inside)); }

static int hooked;
static int count_events(const char *event, void *user) { (void)event, (void)user; return __sync_fetch_and_add(&hooked, 1), 0; }
static void routing_calls_inside(void) {
  char *text = NULL;
  EXPECT(GATELET_OK, gatelet_reload(client, "{\"environment\":false,\"dev_mode\":true,\"providers\":{\"dev\":{\"token_delay\":0.001}}}", NULL));
  EXPECT(GATELET_ERR_JSON, gatelet_reload(client, "{", NULL));
  EXPECT(GATELET_OK, gatelet_set_hook(client, count_events, NULL, NULL, NULL, NULL));
  EXPECT(GATELET_OK, gatelet_stats(client, NULL, &text, NULL));
  gatelet_string_free(text);
  EXPECT(GATELET_OK, gatelet_providers(client, "{\"provider\":\"dev\",\"probe\":true}", &text, NULL));
  CHECK(strcmp(member(text, "data.0.probe.ok"), "true") == 0);
  gatelet_string_free(text);
}
static void event_may_change_the_client(void) {
  hooked = 0;
  EXPECT(GATELET_OK, in_event(routing_calls_inside));
  CHECK(hooked > 0); /* from then on, the same request too */
  EXPECT(GATELET_OK, gatelet_set_hook(client, NULL, NULL, NULL, NULL, NULL));
}

static int deepest;
static int nest(const gatelet_event *event, void *user) {
  intptr_t depth = (intptr_t)user;
  if (event->kind != GATELET_EVENT_CHUNK || depth >= 8 || deepest > depth) return 0;
  deepest = (int)depth + 1;
  EXPECT(GATELET_OK, gatelet_stream(client, REQUEST, nest, (void *)(depth + 1), NULL, NULL));
  return 0;
}
static void streams_nest(void) {
  deepest = 0;
  EXPECT(GATELET_OK, gatelet_stream(client, REQUEST, nest, (void *)0, NULL, NULL));
  CHECK(deepest == 8);
}

/* gatelet_free from the client's own callback is deferred until that call returns: the stream goes on to its end. */
static gatelet_client *doomed;
static int free_inside(const gatelet_event *event, void *user) {
  outcome *o = user;
  on_event(event, o);
  if (o->chunks == 1 && o->ends == 0) {
    gatelet_free(doomed);
    gatelet_free(doomed);
  }
  return 0;
}
static void free_from_own_callback(void) {
  doomed = dev_client();
  outcome o = {0};
  char *answer = NULL;
  EXPECT(GATELET_OK, gatelet_stream(doomed, REQUEST, free_inside, &o, NULL, NULL));
  CHECK(o.ends == 1 && o.end_status == GATELET_OK && o.chunks > 1);
  end_outcome(&o);
  EXPECT(GATELET_ERR_HANDLE, gatelet_chat(doomed, REQUEST, &answer, NULL));
}

static int free_other(const gatelet_event *event, void *user) {
  outcome *o = user;
  on_event(event, o);
  if (o->chunks == 1) gatelet_free(doomed);
  return 0;
}
static void free_another_client_from_callback(void) {
  doomed = dev_client();
  outcome o = {0};
  EXPECT(GATELET_OK, gatelet_stream(client, REQUEST, free_other, &o, NULL, NULL));
  CHECK(o.ends == 1);
  end_outcome(&o);
  char *answer;
  EXPECT(GATELET_ERR_HANDLE, gatelet_chat(doomed, REQUEST, &answer, NULL));
}

/* ---- log callback and hook */

/* Everything but the functions about the library, errors and batches. */
static void nothing_else_is_allowed(void) {
  char *answer = (char *)1;
  gatelet_client *c;
  gatelet_queue *q;
  gatelet_batch *b;
  CHECK(strcmp(gatelet_version(), GATELET_VERSION) == 0);
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_chat(client, REQUEST, &answer, NULL));
  CHECK(answer == NULL);
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_stream(client, REQUEST, once, NULL, NULL, NULL));
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_list_models(client, NULL, &answer, NULL));
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_test_models(client, NULL, NULL, NULL, &answer, NULL));
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_init(NULL, &c, NULL));
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_set_log(client, NULL, NULL, NULL, NULL));
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_set_hook(client, NULL, NULL, NULL, NULL, NULL));
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_reload(client, NULL, NULL));
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_providers(client, NULL, &answer, NULL));
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_stats(client, NULL, &answer, NULL));
  CHECK(answer == NULL);
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_queue_new(NULL, &q, NULL));
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_queue_submit(queue, client, GATELET_OP_CHAT, REQUEST, NULL, 1, NULL));
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_queue_next(queue, 0, 0, &b, NULL));
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_queue_cancel(queue, 1, NULL));
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_queue_pause(queue, 1, NULL));
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_queue_resume(queue, 1, NULL));
  CHECK(gatelet_queue_fd(queue) == -1);
  gatelet_queue *kept = queue;
  gatelet_queue_free(kept); /* nothing, so that the tests behind this one still have it */
}

static int log_lines;
static void from_log(int32_t level, const char *message, void *user) {
  (void)user;
  if (__sync_fetch_and_add(&log_lines, 1)) return;
  CHECK(level >= GATELET_LOG_ERROR && level <= GATELET_LOG_DEBUG && message && *message);
  nothing_else_is_allowed();
}
static void log_may_do_nothing_but_read(void) {
  gatelet_client *kept = client;
  client = dev_client_with("\"log\":\"debug\"");
  EXPECT(GATELET_OK, gatelet_set_log(client, from_log, NULL, NULL, NULL));
  log_lines = 0;
  outcome o = chat(client, REQUEST);
  EXPECT(GATELET_OK, o.status);
  end_outcome(&o);
  CHECK(log_lines > 0);
  EXPECT(GATELET_OK, gatelet_set_log(client, NULL, NULL, NULL, NULL));
  int before = log_lines;
  o = chat(client, REQUEST);
  end_outcome(&o);
  CHECK(log_lines == before);
  gatelet_free(client);
  client = kept;
}

/* At every event, whichever thread it comes on. */
static int from_hook(const char *event, void *user) {
  CHECK(*member(event, "event"));
  __sync_fetch_and_add((int *)user, 1);
  nothing_else_is_allowed();
  return 0;
}
static void hook_may_do_nothing_but_read(void) {
  int blocked = 0, queued = 0;
  gatelet_client *kept = client;
  client = dev_client();
  EXPECT(GATELET_OK, gatelet_set_hook(client, from_hook, &blocked, NULL, NULL, NULL));
  outcome o = stream(client, REQUEST);
  EXPECT(GATELET_OK, o.status);
  end_outcome(&o);
  EXPECT(GATELET_OK, gatelet_set_hook(client, from_hook, &queued, NULL, NULL, NULL));
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT, REQUEST, NULL, 1, NULL));
  CHECK(drain(queue, 1, PATIENCE, NULL, NULL) == 1);
  gatelet_free(client); /* ends the I/O thread */
  CHECK(blocked == 4 && queued == 4);
  client = kept;
}

/* Freeing its own client from a hook, at any event and on any thread, ends that request and harms nothing. */
static int free_in_hook(const char *event, void *when) {
  if (strcmp(member(event, "event"), when) == 0) gatelet_free(doomed);
  return 0;
}
static void free_from_hook(void) {
  static const char *const moments[] = {"request", "attempt", "attempt_end", "request_end"};
  for (int i = 0; i < 12; i++) {
    doomed = dev_client();
    gatelet_status status = GATELET_OK;
    char *answer = NULL;
    EXPECT(GATELET_OK, gatelet_set_hook(doomed, free_in_hook, (void *)(uintptr_t)moments[i % 4], NULL, NULL, NULL));
    if (i < 8) {
      outcome o = i < 4 ? chat(doomed, REQUEST) : stream(doomed, REQUEST);
      status = o.status;
      end_outcome(&o);
    } else if (gatelet_queue_submit(queue, doomed, GATELET_OP_CHAT, REQUEST, NULL, 1, NULL) == GATELET_OK) {
      CHECK(drain(queue, 1, PATIENCE, NULL, NULL) == 1);
    }
    CHECK(status == GATELET_OK || status == GATELET_ERR_CLOSED);
    EXPECT(GATELET_ERR_HANDLE, gatelet_chat(doomed, REQUEST, &answer, NULL));
  }
}

/* Prompts, completions and keys stay out of the log. */
static int leaks;
static void spy(int32_t level, const char *message, void *user) {
  (void)level, (void)user;
  if (strstr(message, SECRET) || strstr(message, "Xyzzy-prompt") || strstr(message, "Hello there")) leaks++;
}
static void log_holds_no_secrets(void) {
  if (!server_port()) return;
  const char *request = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Xyzzy-prompt\"}]}";
  const char *scenarios[] = {"ok", "echo", "cut/90", "code/429", "raw/nothttp"};
  for (size_t i = 0; i < 5; i++) {
    gatelet_client *c = client_of(scenarios[i], "\"log\":\"debug\"");
    EXPECT(GATELET_OK, gatelet_set_log(c, spy, NULL, NULL, NULL));
    outcome o = chat(c, request);
    end_outcome(&o);
    gatelet_free(c);
  }
  CHECK(leaks == 0);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  client = dev_client_with("\"providers\":{\"dev\":{\"token_delay\":0.001}}");
  queue = new_queue(NULL);
  RUN(event_may_make_requests);
  RUN(event_may_not_make_or_wait);
  RUN(event_may_use_queues);
  RUN(event_may_read_errors);
  RUN(event_may_change_the_client);
  RUN(streams_nest);
  RUN(free_from_own_callback);
  RUN(free_another_client_from_callback);
  RUN(log_may_do_nothing_but_read);
  RUN(hook_may_do_nothing_but_read);
  RUN(free_from_hook);
  RUN(log_holds_no_secrets);
  gatelet_queue_free(queue);
  gatelet_free(client);
  return t_end();
}
