/* fork() while another thread is in the middle of what the library does once in a process (libcurl's, jansson's and its own
 * tables): the child works. Each trial is a process that has never used the library. */
#include "test.h"

#include <sys/wait.h>

static char config[600];
static const char *const PRICED = "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";

static bool only_chat;
static gatelet_status use_once(int what) {
  gatelet_client *client = NULL;
  gatelet_queue *queue = NULL;
  char *text = NULL;
  gatelet_status status = gatelet_init(config, &client, NULL);
  if (status != GATELET_OK) return status;
  switch (only_chat ? 0 : what) {
  case 0: status = gatelet_chat(client, PRICED, &text, NULL); break;
  case 1: status = gatelet_list_models(client, "{\"view\":\"gatewayz\"}", &text, NULL); break;
  default: {
    int ok = 0;
    status = gatelet_queue_new(what == 2 ? NULL : "{\"driver\":\"caller\"}", &queue, NULL);
    if (status == GATELET_OK) status = gatelet_queue_submit(queue, client, GATELET_OP_CHAT_STREAM, PRICED, NULL, 1, NULL);
    if (status == GATELET_OK && (drain(queue, 1, PATIENCE, NULL, &ok) != 1 || !ok)) status = GATELET_ERR_INTERNAL;
    gatelet_queue_free(queue);
  }
  }
  gatelet_string_free(text);
  gatelet_free(client);
  return status;
}

static void *use_in_thread(void *what) { return (void *)(intptr_t)use_once((int)(intptr_t)what); }

/* `span`: within which the fork comes, in nanoseconds: by its end everything that is done once is done. */
static int trial(int number, int span) {
  pthread_t thread;
  void *result;
  struct timespec pause = {0, number * 37 % 100 * (span / 100)};
  pthread_create(&thread, NULL, use_in_thread, (void *)(intptr_t)(number % 4));
  if (number % 3) nanosleep(&pause, NULL);
  else for (volatile int i = 0; i < number % 50 * 2000; i++) {}
  pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(use_once((number / 4) % 4) == GATELET_OK ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  pthread_join(thread, &result);
  if (result) return 2;
  return WIFSIGNALED(status) ? 100 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void trials(int count, int span) {
  for (int i = 0; i < count; i++) {
    fflush(NULL);
    pid_t fresh = fork();
    if (fresh == 0) _exit(trial(i, span));
    int status = 0;
    waitpid(fresh, &status, 0);
    if (status) t_fail(__FILE__, __LINE__, "trial %d: %s%d", i, WIFEXITED(status) && WEXITSTATUS(status) == 100 + SIGALRM ? "the child hung, " : "", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
  }
}

static void children_of_the_first_use(void) { trials(t_scaled(400, 12), 4000000); }

/* The TLS library has first uses of its own. */
static void children_of_the_first_handshake(void) {
  char before[sizeof config], line[32] = "";
  memcpy(before, config, sizeof before);
  FILE *server = popen("/usr/bin/python3 Tests/ABI/tlsserver.py", "r");
  if (!server || !fgets(line, sizeof line, server)) t_fail(__FILE__, __LINE__, "no TLS server");
  snprintf(config, sizeof config, "{\"environment\":false,\"retry\":{\"attempts\":0},\"http\":{\"ca_file\":\"Tests/ABI/tls.pem\"},"
           "\"providers\":{\"openai\":{\"base_url\":\"https://127.0.0.1:%d/v1\",\"api_key\":\"" SECRET "\"}}}", atoi(line));
  only_chat = true;
  trials(t_scaled(150, 8), 30000000);
  only_chat = false;
  memcpy(config, before, sizeof config);
  pclose(server);
}

/* Grandchildren, and a fork in each of several threads at once. */
static void *fork_often(void *bad) {
  for (int i = 0; i < t_scaled(30, 3); i++) {
    pid_t child = fork();
    if (child == 0) {
      alarm(20);
      pid_t grandchild = fork();
      if (grandchild == 0) _exit(use_once(i % 4) == GATELET_OK ? 0 : 1);
      int status = 0;
      waitpid(grandchild, &status, 0);
      _exit(status == 0 ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (status) __atomic_add_fetch((int *)bad, 1, __ATOMIC_RELAXED);
  }
  return NULL;
}
static void forks_of_several_threads(void) {
  pthread_t threads[3], user;
  int bad = 0;
  pthread_create(&user, NULL, use_in_thread, NULL);
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, fork_often, &bad);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
  pthread_join(user, NULL);
  CHECK(bad == 0);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  snprintf(config, sizeof config, server_port()
      ? "{\"environment\":false,\"retry\":{\"attempts\":0},\"providers\":{\"openai\":{\"base_url\":\"http://127.0.0.1:%d/ok/v1\",\"api_key\":\"" SECRET "\"}}}"
      : "{\"environment\":false,\"dev_mode\":true}", server_port());
  RUN(children_of_the_first_use);
  RUN(children_of_the_first_handshake);
  RUN(forks_of_several_threads);
  return t_end();
}
