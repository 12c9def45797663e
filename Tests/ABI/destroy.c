/* The `destroy` of a log function's or a hook's `user`: called once, when no thread uses it any more and none will. */
#include "test.h"

typedef struct state { int alive, calls, *destroyed; pthread_barrier_t *inside, *leave; } state;

static state *new_state(int *destroyed) {
  state *s = calloc(1, sizeof *s);
  s->alive = 0x600d;
  s->destroyed = destroyed;
  return s;
}

/* Frees it: a use afterwards is the sanitizers' and valgrind's to find, and the mark's. */
static void destroy(void *user) {
  state *s = user;
  CHECK(s->alive == 0x600d);
  s->alive = 0xdead;
  __atomic_add_fetch(s->destroyed, 1, __ATOMIC_ACQ_REL);
  free(s);
}

static int hook(const char *event, void *user) {
  state *s = user;
  CHECK(*event == '{' && s->alive == 0x600d);
  return 0;
}
static void log_line(int32_t level, const char *message, void *user) {
  state *s = user;
  (void)level;
  CHECK(*message && s->alive == 0x600d);
}

static void use(gatelet_client *client) {
  outcome o = chat(client, REQUEST);
  EXPECT(GATELET_OK, o.status);
  end_outcome(&o);
}

static gatelet_client *talkative_client(void) { return dev_client_with("\"log\":\"debug\",\"providers\":{\"dev\":{\"token_delay\":0}}"); }

static void replaced_or_freed(void) {
  int destroyed = 0;
  gatelet_client *client = talkative_client();
  EXPECT(GATELET_OK, gatelet_set_hook(client, hook, new_state(&destroyed), destroy, NULL, NULL));
  EXPECT(GATELET_OK, gatelet_set_log(client, log_line, new_state(&destroyed), destroy, NULL));
  use(client);
  CHECK(destroyed == 0);
  EXPECT(GATELET_OK, gatelet_set_hook(client, hook, new_state(&destroyed), destroy, NULL, NULL));
  CHECK(destroyed == 1);
  EXPECT(GATELET_OK, gatelet_set_log(client, NULL, NULL, NULL, NULL));
  CHECK(destroyed == 2);
  EXPECT(GATELET_OK, gatelet_set_log(client, log_line, new_state(&destroyed), destroy, NULL));
  EXPECT(GATELET_OK, gatelet_reload(client, "{\"environment\":false,\"dev_mode\":true}", NULL));
  use(client);
  CHECK(destroyed == 2);
  gatelet_free(client);
  CHECK(destroyed == 4);
}

/* As with SQLite: from the call on it is the library's, also when the call fails. */
static void setters_that_fail(void) {
  int destroyed = 0;
  gatelet_client *client = talkative_client();
  EXPECT(GATELET_ERR_HANDLE, gatelet_set_log(NULL, log_line, new_state(&destroyed), destroy, NULL));
  EXPECT(GATELET_ERR_HANDLE, gatelet_set_hook(NULL, hook, new_state(&destroyed), destroy, NULL, NULL));
  EXPECT(GATELET_ERR_JSON, gatelet_set_hook(client, hook, new_state(&destroyed), destroy, "{\"events\":[\"all\"]}", NULL));
  CHECK(destroyed == 3);
  EXPECT(GATELET_OK, gatelet_set_log(client, NULL, new_state(&destroyed), destroy, NULL));
  EXPECT(GATELET_OK, gatelet_set_hook(client, NULL, new_state(&destroyed), destroy, NULL, NULL));
  CHECK(destroyed == 5);
  use(client);
  gatelet_free(client);
  CHECK(destroyed == 5);
}

static int stay_inside(const char *event, void *user) {
  state *s = user;
  (void)event;
  if (s->calls++ == 0) {
    pthread_barrier_wait(s->inside);
    pthread_barrier_wait(s->leave);
  }
  CHECK(s->alive == 0x600d);
  return 0;
}
static pthread_t destroyed_by;
static void destroy_here(void *user) {
  destroyed_by = pthread_self();
  destroy(user);
}
static void *use_in_thread(void *client) { return use(client), NULL; }

/* The setter does not wait for a thread inside; that one destroys when it comes out. */
static void another_thread_is_inside(void) {
  for (int other = 0; other < 2; other++) {
    int destroyed = 0;
    pthread_barrier_t inside, leave;
    pthread_t thread;
    gatelet_client *client = talkative_client();
    state *s = new_state(&destroyed);
    pthread_barrier_init(&inside, NULL, 2);
    pthread_barrier_init(&leave, NULL, 2);
    s->inside = &inside, s->leave = &leave;
    EXPECT(GATELET_OK, gatelet_set_hook(client, stay_inside, s, destroy_here, "{\"events\":[\"request\",\"request_end\"]}", NULL));
    pthread_create(&thread, NULL, use_in_thread, client);
    pthread_barrier_wait(&inside);
    if (other) EXPECT(GATELET_OK, gatelet_set_hook(client, hook, new_state(&destroyed), destroy, NULL, NULL));
    else EXPECT(GATELET_OK, gatelet_set_hook(client, NULL, NULL, NULL, NULL, NULL));
    CHECK(__atomic_load_n(&destroyed, __ATOMIC_ACQUIRE) == 0);
    pthread_barrier_wait(&leave);
    pthread_join(thread, NULL);
    CHECK(destroyed == 1 && pthread_equal(destroyed_by, thread));
    gatelet_free(client);
    CHECK(destroyed == 1 + other);
  }
}

static bool stop;
static void *use_all_the_time(void *client) {
  while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) use(client);
  return NULL;
}
static void changed_while_in_use(void) {
  int destroyed = 0, made = 0;
  gatelet_client *client = talkative_client();
  pthread_t threads[4];
  __atomic_store_n(&stop, false, __ATOMIC_RELEASE);
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, use_all_the_time, client);
  for (int i = 0; i < t_scaled(3000, 200); i++, made += 2) {
    EXPECT(GATELET_OK, gatelet_set_hook(client, hook, new_state(&destroyed), destroy, NULL, NULL));
    EXPECT(GATELET_OK, gatelet_set_log(client, log_line, new_state(&destroyed), destroy, NULL));
  }
  __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  CHECK(destroyed == made - 2);
  gatelet_free(client);
  CHECK(destroyed == made);
}

/* An END that nobody has taken keeps no user. */
static void queues_outlive_it(void) {
  int destroyed = 0, ok = 0;
  gatelet_client *client = talkative_client();
  gatelet_queue *queue = new_queue(NULL);
  EXPECT(GATELET_OK, gatelet_set_hook(client, hook, new_state(&destroyed), destroy, NULL, NULL));
  for (uint64_t i = 0; i < 20; i++) EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT_STREAM, REQUEST, NULL, i, NULL));
  gatelet_free(client);
  CHECK(destroyed == 1);
  CHECK(drain(queue, 20, PATIENCE, NULL, &ok) == 20);
  gatelet_queue_free(queue);
  CHECK(destroyed == 1);
}

static gatelet_client *doomed;
static int free_inside(const char *event, void *user) { return (void)event, (void)user, gatelet_free(doomed), 0; }
static void wait_for(int *destroyed) {
  for (int i = 0; i < 1000 && __atomic_load_n(destroyed, __ATOMIC_ACQUIRE) == 0; i++) t_sleep(0.01);
  CHECK(__atomic_load_n(destroyed, __ATOMIC_ACQUIRE) == 1);
}
static void freed_from_inside(void) {
  static const char *const moments[] = {"{\"events\":[\"request\"]}", "{\"events\":[\"attempt\"]}", "{\"events\":[\"request_end\"]}"};
  for (int i = 0; i < 6; i++) {
    int destroyed = 0;
    gatelet_queue *queue = new_queue(NULL);
    doomed = talkative_client();
    EXPECT(GATELET_OK, gatelet_set_hook(doomed, free_inside, new_state(&destroyed), destroy, moments[i % 3], NULL));
    if (i < 3) {
      outcome o = chat(doomed, REQUEST);
      end_outcome(&o);
      CHECK(destroyed == 1);
    } else { /* on the I/O thread, which ends itself then */
      gatelet_status status = gatelet_queue_submit(queue, doomed, GATELET_OP_CHAT_STREAM, REQUEST, NULL, 1, NULL);
      CHECK(status == GATELET_OK || status == GATELET_ERR_CLOSED);
      if (status == GATELET_OK) CHECK(drain(queue, 1, PATIENCE, NULL, NULL) == 1);
      wait_for(&destroyed);
    }
    gatelet_queue_free(queue);
  }
}

/* A destroy function may call what a log function may. */
static void ask(void *user) {
  state *s = user;
  gatelet_client *client = doomed;
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_set_log(client, NULL, NULL, NULL, NULL));
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_set_hook(client, NULL, NULL, NULL, NULL, NULL));
  CHECK(strcmp(gatelet_status_name(GATELET_OK), "ok") == 0);
  gatelet_free(client);
  destroy(s);
}
static void calls_inside(void) {
  int destroyed = 0;
  doomed = talkative_client();
  EXPECT(GATELET_OK, gatelet_set_log(doomed, log_line, new_state(&destroyed), ask, NULL));
  EXPECT(GATELET_OK, gatelet_set_log(doomed, NULL, NULL, NULL, NULL));
  CHECK(destroyed == 1);
  char *answer;
  EXPECT(GATELET_ERR_HANDLE, gatelet_chat(doomed, REQUEST, &answer, NULL)); /* freed by it, after it */
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  RUN(replaced_or_freed);
  RUN(setters_that_fail);
  RUN(another_thread_is_inside);
  RUN(changed_while_in_use);
  RUN(queues_outlive_it);
  RUN(freed_from_inside);
  RUN(calls_inside);
  return t_end();
}
