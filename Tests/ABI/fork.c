/* fork() in the middle: the child's inherited handles say `forked`, a new client works there, the parent goes on. */
#include "test.h"

#include <sys/wait.h>

static gatelet_client *client;
static gatelet_queue *queue;

/* The child's checks end in its exit code: the number of the first one that failed. */
#define IN_CHILD(n, condition) do { if (!(condition)) _exit(n); } while (0)

static bool inside_callback;

static void inherited_handles(void) {
  char *answer = (char *)1;
  gatelet_batch *batch = NULL;
  gatelet_error *error = NULL;
  alarm(60); /* a hang is a failure */
  IN_CHILD(1, gatelet_chat(client, REQUEST, &answer, &error) == GATELET_ERR_FORKED);
  IN_CHILD(2, answer == NULL && gatelet_error_status(error) == GATELET_ERR_FORKED);
  gatelet_error_free(error);
  outcome o = {0};
  IN_CHILD(3, gatelet_stream(client, REQUEST, on_event, &o, NULL, NULL) == GATELET_ERR_FORKED && o.ends == 0);
  IN_CHILD(4, gatelet_list_models(client, NULL, &answer, NULL) == GATELET_ERR_FORKED);
  IN_CHILD(5, gatelet_queue_submit(queue, client, GATELET_OP_CHAT, REQUEST, NULL, 1, NULL) == GATELET_ERR_FORKED);
  gatelet_status next = gatelet_queue_next(queue, 0, 100, &batch, NULL);
  IN_CHILD(6, next == (inside_callback ? GATELET_ERR_BAD_STATE : GATELET_ERR_FORKED) && !batch);
  IN_CHILD(7, gatelet_queue_cancel(queue, 1, NULL) == GATELET_ERR_FORKED && gatelet_queue_pause(queue, 1, NULL) == GATELET_ERR_FORKED);
  IN_CHILD(8, gatelet_set_log(client, NULL, NULL, NULL, NULL) == GATELET_ERR_FORKED);
  IN_CHILD(16, gatelet_reload(client, NULL, NULL) == GATELET_ERR_FORKED);
  IN_CHILD(17, gatelet_set_hook(client, NULL, NULL, NULL, NULL, NULL) == GATELET_ERR_FORKED);
  IN_CHILD(18, gatelet_providers(client, NULL, &answer, NULL) == GATELET_ERR_FORKED && !answer);
  IN_CHILD(18, gatelet_stats(client, NULL, &answer, NULL) == GATELET_ERR_FORKED && !answer);
  gatelet_free(client);
  gatelet_queue_free(queue);
  IN_CHILD(9, gatelet_chat(client, REQUEST, &answer, NULL) != GATELET_OK);
}

static void new_handles(void) {
  char *answer = NULL;
  gatelet_client *own = NULL;
  gatelet_queue *own_queue = NULL;
  IN_CHILD(10, gatelet_init("{\"environment\":false,\"dev_mode\":true,\"providers\":{\"dev\":{\"token_delay\":0}}}", &own, NULL) == GATELET_OK);
  IN_CHILD(11, gatelet_chat(own, REQUEST, &answer, NULL) == GATELET_OK);
  gatelet_string_free(answer);
  IN_CHILD(12, gatelet_queue_new(NULL, &own_queue, NULL) == GATELET_OK);
  IN_CHILD(13, gatelet_queue_submit(own_queue, own, GATELET_OP_CHAT_STREAM, REQUEST, NULL, 1, NULL) == GATELET_OK);
  int ok = 0;
  IN_CHILD(14, drain(own_queue, 1, PATIENCE, NULL, &ok) == 1 && ok == 1);
  gatelet_queue_free(own_queue);
  gatelet_free(own);
  if (server_port()) {
    own = client_of("ok", NULL);
    IN_CHILD(15, gatelet_chat(own, REQUEST, &answer, NULL) == GATELET_OK);
    gatelet_string_free(answer);
    gatelet_free(own);
  }
}

static void fork_and(void (*also)(void)) {
  int status = 0;
  fflush(NULL);
  pid_t pid = fork();
  if (pid == 0) {
    inherited_handles();
    if (also) also();
    _exit(0);
  }
  CHECK(waitpid(pid, &status, 0) == pid);
  if (!WIFEXITED(status) || WEXITSTATUS(status))
    t_fail(__FILE__, __LINE__, "child: exit %d signal %d", WEXITSTATUS(status), WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

static void fork_and_check(void) { fork_and(new_handles); }

static void parent_goes_on(void) {
  outcome o = chat(client, REQUEST);
  EXPECT(GATELET_OK, o.status);
  end_outcome(&o);
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT_STREAM, REQUEST, NULL, 9, NULL));
  int ok = 0;
  CHECK(drain(queue, 1, PATIENCE, NULL, &ok) == 1 && ok == 1);
}

static void fork_when_idle(void) {
  fork_and_check();
  parent_goes_on();
}

static void fork_with_streams_running(void) {
  int count = 20, ok = 0, chunks = 0;
  for (int i = 0; i < count; i++)
    EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT_STREAM, REQUEST, NULL, (uint64_t)i, NULL));
  t_sleep(0.01);
  fork_and_check();
  CHECK(drain(queue, count, PATIENCE, &chunks, &ok) == count);
  CHECK(ok == count && chunks > count);
  parent_goes_on();
}

static int fork_inside(const gatelet_event *event, void *user) {
  outcome *o = user;
  on_event(event, o);
  inside_callback = true;
  if (o->chunks == 1 && o->ends == 0) fork_and(NULL);
  inside_callback = false;
  return 0;
}
static void fork_from_callback(void) {
  outcome o = {0};
  EXPECT(GATELET_OK, gatelet_stream(client, REQUEST, fork_inside, &o, NULL, NULL));
  CHECK(o.ends == 1);
  end_outcome(&o);
}

/* Threads hammer the library while another forks: no lock may be held for ever in the child. */
static bool stop;
static void *hammer(void *unused) {
  while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
    outcome o = chat(client, REQUEST);
    if (o.status != GATELET_OK) t_fail(__FILE__, __LINE__, "hammer: %d", o.status);
    end_outcome(&o);
  }
  return unused;
}
static void fork_under_load(void) {
  pthread_t threads[3];
  __atomic_store_n(&stop, false, __ATOMIC_RELEASE);
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, hammer, NULL);
  for (int i = 0; i < t_scaled(40, 3); i++) fork_and_check();
  __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  client = dev_client_with("\"providers\":{\"dev\":{\"token_delay\":0.005}}");
  queue = new_queue(NULL);
  parent_goes_on();
  RUN(fork_when_idle);
  RUN(fork_with_streams_running);
  RUN(fork_from_callback);
  RUN(fork_under_load);
  gatelet_queue_free(queue);
  gatelet_free(client);
  return t_end();
}
