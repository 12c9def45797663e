/* Ending a blocking call while the provider is silent: gatelet_cancel from another thread, gatelet_set_interrupt on its own. */
#include "test.h"

#include <sys/time.h>

#define QUESTION "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"
#define SILENT "\"timeouts\":{\"first_byte\":60,\"idle\":60}"

/* ---- the ways to block */

typedef struct blocked {
  gatelet_client *client;
  int way;
  const char *id; /* NULL: none */
  gatelet_status status;
  char *error;
  int ends, chunks;
  _Atomic int running;
} blocked;

enum { CHAT, STREAM, COMPLETION, COMPLETION_STREAM, EMBEDDINGS, LIST, TEST_MODELS, TEST_ALL, PROBE, WAYS };

static int count_events(const gatelet_event *event, void *user) {
  blocked *b = user;
  if (event->kind == GATELET_EVENT_END) {
    b->ends++;
    CHECK(event->status == GATELET_ERR_CANCELLED && strcmp(member(event->json, "end"), "cancelled") == 0);
  } else {
    b->chunks++;
  }
  return 0;
}

static void *block(void *argument) {
  blocked *b = argument;
  char options[128] = "{}", test[160], query[128], *text = NULL;
  gatelet_error *error = NULL;
  if (b->id) snprintf(options, sizeof options, "{\"cancel_id\":\"%s\"}", b->id);
  snprintf(test, sizeof test, "{%s%s%s%s\"spacing\":0}", b->id ? "\"cancel_id\":\"" : "", b->id ? b->id : "", b->id ? "\"," : "",
           b->way == TEST_MODELS ? "\"models\":[\"m\"]," : "");
  snprintf(query, sizeof query, "{%s%s%s\"probe\":true}", b->id ? "\"cancel_id\":\"" : "", b->id ? b->id : "", b->id ? "\"," : "");
  b->running = 1;
  const gatelet_operation operations[] = {GATELET_OP_CHAT, GATELET_OP_CHAT_STREAM, GATELET_OP_COMPLETION, GATELET_OP_COMPLETION_STREAM,
                                          GATELET_OP_EMBEDDINGS, GATELET_OP_LIST_MODELS};
  if (b->way <= LIST) {
    const char *request = b->way <= STREAM ? QUESTION : b->way == LIST ? NULL : b->way == EMBEDDINGS ? "{\"model\":\"m\",\"input\":\"x\"}" : "{\"model\":\"m\",\"prompt\":\"x\"}";
    bool streams = b->way == STREAM || b->way == COMPLETION_STREAM;
    b->status = gatelet_call(b->client, operations[b->way], request, options, streams ? count_events : NULL, b, &text, &error);
    if (streams) CHECK(b->ends == 1);
  } else if (b->way == PROBE) {
    b->status = gatelet_providers(b->client, query, &text, &error);
  } else {
    b->status = gatelet_test_models(b->client, test, NULL, NULL, &text, &error);
    if (b->way == TEST_MODELS) CHECK(text != NULL); /* results so far */
  }
  CHECK((error == NULL) == (b->status == GATELET_OK));
  if (error) b->error = strdup(gatelet_error_json(error));
  gatelet_error_free(error);
  gatelet_string_free(text);
  return NULL;
}

static gatelet_client *silent_client(void) { return client_of("hang", SILENT); }

/* How many requests are waiting at the silent server. */
static void until_hanging(long before) {
  for (int i = 0; i < 1000 && server_stat("paths.hang") <= before; i++) t_sleep(0.01);
}

/* ---- gatelet_cancel */

static void every_way_can_be_cancelled(void) {
  for (int way = 0; way < WAYS; way++) {
    gatelet_client *client = silent_client();
    blocked b = {.client = client, .way = way, .id = "the one"};
    pthread_t thread;
    long before = server_stat("paths.hang");
    pthread_create(&thread, NULL, block, &b);
    until_hanging(before);
    EXPECT(GATELET_OK, gatelet_cancel(client, "another", NULL)); /* ends nothing */
    t_sleep(0.05);
    EXPECT(GATELET_OK, gatelet_cancel(client, "the one", NULL));
    pthread_join(thread, NULL);
    if (b.status != GATELET_ERR_CANCELLED) t_fail(__FILE__, __LINE__, "way %d: %d", way, b.status);
    CHECK(strcmp(member(b.error, "kind"), "cancelled") == 0 && !*member(b.error, "callback_result"));
    free(b.error);
    gatelet_free(client);
  }
}

/* One id for many: threads and queues, all of this client's and nobody else's. */
static void one_id_ends_all_of_one_client(void) {
  gatelet_client *client = silent_client(), *other = silent_client();
  blocked all[4] = {{.client = client, .way = CHAT, .id = "x"}, {.client = client, .way = STREAM, .id = "x"}, {.client = client, .way = CHAT, .id = "y"}, {.client = other, .way = CHAT, .id = "x"}};
  pthread_t threads[4];
  gatelet_queue *queue = new_queue(NULL), *driven = new_queue("{\"driver\":\"caller\"}");
  long before = server_stat("paths.hang");
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT, QUESTION, "{\"cancel_id\":\"x\"}", 1, NULL));
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT_STREAM, QUESTION, "{\"cancel_id\":\"x\"}", 2, NULL));
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_LIST_MODELS, NULL, "{\"cancel_id\":\"x\"}", 3, NULL));
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT, QUESTION, "{\"cancel_id\":\"y\"}", 4, NULL));
  EXPECT(GATELET_OK, gatelet_queue_submit(driven, client, GATELET_OP_CHAT, QUESTION, "{\"cancel_id\":\"x\"}", 5, NULL));
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, block, &all[i]);
  until_hanging(before + 7);
  EXPECT(GATELET_OK, gatelet_cancel(client, "x", NULL));
  EXPECT(GATELET_OK, gatelet_cancel(client, "x", NULL)); /* twice is once */
  pthread_join(threads[0], NULL);
  pthread_join(threads[1], NULL);
  CHECK(all[0].status == GATELET_ERR_CANCELLED && all[1].status == GATELET_ERR_CANCELLED);
  CHECK(drain(queue, 3, PATIENCE, NULL, NULL) == 3);
  CHECK(drain(driven, 1, PATIENCE, NULL, NULL) == 1);
  CHECK(drain(queue, 1, 0.1, NULL, NULL) == 0); /* y goes on */
  CHECK(all[2].status == 0 && !all[2].error && all[3].status == 0 && !all[3].error);
  EXPECT(GATELET_OK, gatelet_cancel(client, "y", NULL));
  EXPECT(GATELET_OK, gatelet_cancel(other, "x", NULL));
  pthread_join(threads[2], NULL);
  pthread_join(threads[3], NULL);
  CHECK(all[2].status == GATELET_ERR_CANCELLED && all[3].status == GATELET_ERR_CANCELLED);
  CHECK(drain(queue, 1, PATIENCE, NULL, NULL) == 1);
  for (int i = 0; i < 4; i++) free(all[i].error);
  gatelet_queue_free(driven);
  gatelet_queue_free(queue);
  gatelet_free(client);
  gatelet_free(other);
}

static void before_and_after_are_harmless(void) {
  gatelet_client *client = client_of("ok", NULL);
  for (int i = 0; i < 50; i++) {
    EXPECT(GATELET_OK, gatelet_cancel(client, "x", NULL));
    char *answer = NULL;
    EXPECT(GATELET_OK, gatelet_call(client, GATELET_OP_CHAT, QUESTION, "{\"cancel_id\":\"x\"}", NULL, NULL, &answer, NULL));
    gatelet_string_free(answer);
    EXPECT(GATELET_OK, gatelet_cancel(client, "x", NULL));
  }
  gatelet_error *error = NULL;
  EXPECT(GATELET_ERR_ARGUMENT, gatelet_cancel(client, NULL, &error));
  gatelet_error_free(error);
  gatelet_free(client);
  EXPECT(GATELET_ERR_HANDLE, gatelet_cancel(client, "x", NULL));
  EXPECT(GATELET_ERR_HANDLE, gatelet_cancel(NULL, "x", NULL));
}

static int cancel_inside(const gatelet_event *event, void *user) {
  blocked *b = user;
  if (event->kind == GATELET_EVENT_END) b->ends++;
  else if (b->chunks++ == 0) EXPECT(GATELET_OK, gatelet_cancel(b->client, "x", NULL));
  return 0;
}

static void from_its_own_callback(void) {
  gatelet_client *client = client_of("stall/silent", SILENT);
  blocked b = {.client = client};
  char *answer = NULL;
  EXPECT(GATELET_ERR_CANCELLED, gatelet_call(client, GATELET_OP_CHAT_STREAM, QUESTION, "{\"cancel_id\":\"x\"}", cancel_inside, &b, &answer, NULL));
  CHECK(b.chunks >= 1 && b.chunks <= 2 && b.ends == 1 && answer);
  gatelet_string_free(answer);
  gatelet_free(client);
}

/* Calls that begin and end while somebody cancels all the time: each ends in one of two ways. */
static void *keep_cancelling(void *argument) {
  blocked *b = argument;
  while (b->running) {
    gatelet_cancel(b->client, "x", NULL);
    t_sleep(0.0002);
  }
  return NULL;
}

static void cancelling_races_with_the_end(void) {
  gatelet_client *client = client_of("ok", NULL);
  blocked b = {.client = client, .running = 1};
  pthread_t thread;
  pthread_create(&thread, NULL, keep_cancelling, &b);
  for (int i = 0; i < t_scaled(400, 40); i++) {
    char *answer = NULL;
    gatelet_status status = gatelet_call(client, i % 2 ? GATELET_OP_CHAT : GATELET_OP_CHAT_STREAM, QUESTION, "{\"cancel_id\":\"x\"}", NULL, NULL, &answer, NULL);
    CHECK(status == GATELET_OK || status == GATELET_ERR_CANCELLED);
    gatelet_string_free(answer);
    EXPECT(GATELET_OK, gatelet_call(client, GATELET_OP_CHAT, QUESTION, "{\"cancel_id\":\"z\"}", NULL, NULL, &answer, NULL)); /* nobody cancels this one */
    gatelet_string_free(answer);
  }
  b.running = 0;
  pthread_join(thread, NULL);
  gatelet_free(client);
}

/* ---- gatelet_set_interrupt */

typedef struct asked {
  _Atomic int times, answer_at, value, destroyed;
  pthread_t thread;
  gatelet_client *client;
  double last, longest; /* seconds between two questions */
} asked;

static int ask(void *user) {
  asked *a = user;
  double now = t_now();
  if (a->last > 0 && now - a->last > a->longest) a->longest = now - a->last;
  a->last = now;
  a->times++;
  CHECK(pthread_equal(a->thread, pthread_self()));
  CHECK(a->destroyed == 0);
  CHECK(*gatelet_version() == '0');
  if (a->client) EXPECT(GATELET_ERR_BAD_STATE, gatelet_cancel(a->client, "x", NULL));
  return a->answer_at && a->times >= a->answer_at ? a->value : 0;
}

static void destroy(void *user) { ((asked *)user)->destroyed++; }

static void every_way_asks(void) {
  for (int way = 0; way < WAYS; way++) {
    gatelet_client *client = silent_client();
    asked a = {.answer_at = 2, .value = -7, .thread = pthread_self(), .client = client};
    EXPECT(GATELET_OK, gatelet_set_interrupt(client, ask, &a, destroy, NULL));
    blocked b = {.client = client, .way = way};
    block(&b);
    if (b.status != GATELET_ERR_CANCELLED) t_fail(__FILE__, __LINE__, "way %d: %d", way, b.status);
    CHECK(strcmp(member(b.error, "callback_result"), "-7") == 0);
    CHECK(a.times == 2);
    free(b.error);
    CHECK(a.destroyed == 0);
    gatelet_free(client);
    CHECK(a.destroyed == 1);
  }
}

/* A stream that never stops talking is asked about, too. */
static void busy_streams_ask(void) {
  gatelet_client *client = client_of("stall/content/0.005", NULL);
  asked a = {.answer_at = 2, .value = 3, .thread = pthread_self()};
  EXPECT(GATELET_OK, gatelet_set_interrupt(client, ask, &a, NULL, NULL));
  blocked b = {.client = client, .way = STREAM};
  block(&b);
  EXPECT(GATELET_ERR_CANCELLED, b.status);
  CHECK(b.chunks > 20 && b.ends == 1 && a.times == 2 && strcmp(member(b.error, "callback_result"), "3") == 0);
  free(b.error);
  gatelet_free(client);
}

static volatile sig_atomic_t alarms;
static void on_alarm(int signal) {
  (void)signal;
  alarms++;
}

/* After a signal handler it is asked at once. Without one it is asked once a second, which is fifty alarms. */
static void signals_are_noticed(void) {
  struct sigaction action = {.sa_handler = on_alarm}, before;
  sigaction(SIGALRM, &action, &before);
  for (int way = 0; way < WAYS; way++) {
    gatelet_client *client = silent_client();
    asked a = {.answer_at = 12, .value = 1, .thread = pthread_self()};
    EXPECT(GATELET_OK, gatelet_set_interrupt(client, ask, &a, NULL, NULL));
    struct itimerval timer = {.it_value = {.tv_usec = 20000}, .it_interval = {.tv_usec = 20000}};
    alarms = 0;
    setitimer(ITIMER_REAL, &timer, NULL);
    blocked b = {.client = client, .way = way};
    block(&b);
    memset(&timer, 0, sizeof timer);
    setitimer(ITIMER_REAL, &timer, NULL);
    EXPECT(GATELET_ERR_CANCELLED, b.status);
    if (alarms < 1 || alarms > 10 * a.times) t_fail(__FILE__, __LINE__, "way %d: %d questions at %d alarms", way, a.times, (int)alarms);
    free(b.error);
    gatelet_free(client);
  }
  CHECK(alarms > 0);
  sigaction(SIGALRM, &before, NULL);
}

/* Set while a call blocks already, from another thread; then taken away, and destroyed. */
static void set_while_blocked(void) {
  gatelet_client *client = silent_client();
  blocked b = {.client = client, .way = CHAT};
  pthread_t thread;
  long before = server_stat("paths.hang");
  pthread_create(&thread, NULL, block, &b);
  until_hanging(before);
  asked first = {.thread = thread}, second = {.thread = thread, .answer_at = 1, .value = 9};
  EXPECT(GATELET_OK, gatelet_set_interrupt(client, ask, &first, destroy, NULL));
  for (int i = 0; i < 1000 && first.times < 2; i++) t_sleep(0.02);
  CHECK(first.times >= 2 && first.destroyed == 0);
  EXPECT(GATELET_OK, gatelet_set_interrupt(client, ask, &second, destroy, NULL));
  pthread_join(thread, NULL);
  CHECK(first.destroyed == 1 && second.times == 1);
  EXPECT(GATELET_ERR_CANCELLED, b.status);
  CHECK(strcmp(member(b.error, "callback_result"), "9") == 0);
  CHECK(first.longest < 10);
  free(b.error);
  EXPECT(GATELET_OK, gatelet_set_interrupt(client, NULL, NULL, NULL, NULL));
  CHECK(second.destroyed == 1);
  asked third = {0};
  EXPECT(GATELET_ERR_HANDLE, gatelet_set_interrupt(NULL, ask, &third, destroy, NULL));
  CHECK(third.destroyed == 1);
  EXPECT(GATELET_OK, gatelet_set_interrupt(client, NULL, &third, destroy, NULL));
  CHECK(third.destroyed == 2);
  gatelet_free(client);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  RUN(every_way_can_be_cancelled);
  RUN(one_id_ends_all_of_one_client);
  RUN(before_and_after_are_harmless);
  RUN(from_its_own_callback);
  RUN(cancelling_races_with_the_end);
  RUN(every_way_asks);
  RUN(busy_streams_ask);
  RUN(signals_are_noticed);
  RUN(set_while_blocked);
  return t_end();
}
