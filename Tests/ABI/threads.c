/* Threads and signals: ours block all signals, the caller's are left alone, everything may be shared. */
#include "test.h"

#include <dirent.h>
#include <locale.h>
#include <sys/time.h>

static gatelet_client *client;

/* ---- signals */

static uint64_t blocked_signals(const char *task) {
  char path[64], line[256];
  uint64_t mask = 0;
  snprintf(path, sizeof path, "/proc/self/task/%s/status", task);
  FILE *f = fopen(path, "r");
  while (f && fgets(line, sizeof line, f))
    if (strncmp(line, "SigBlk:", 7) == 0) mask = strtoull(line + 7, NULL, 16);
  if (f) fclose(f);
  return mask;
}

static void our_threads_block_all_signals(void) {
  gatelet_client *c = dev_client();
  gatelet_queue *queue = new_queue(NULL);
  int before = thread_count();
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, c, GATELET_OP_CHAT_STREAM, REQUEST, NULL, 1, NULL));
  t_sleep(0.05);
  if (!t_sanitized()) CHECK(thread_count() > before); /* else this test looks at nothing */
  char self[16];
  snprintf(self, sizeof self, "%d", getpid());
  uint64_t all = ~((UINT64_C(1) << (SIGKILL - 1)) | (UINT64_C(1) << (SIGSTOP - 1)) | (UINT64_C(3) << 31)); /* 32, 33: glibc's */
  DIR *tasks = opendir("/proc/self/task");
  for (struct dirent *d; !t_sanitized() && tasks && (d = readdir(tasks));) {
    if (d->d_name[0] == '.' || strcmp(d->d_name, self) == 0) continue;
    if ((blocked_signals(d->d_name) & all) != all) t_fail(__FILE__, __LINE__, "thread %s blocks %lx", d->d_name, (unsigned long)blocked_signals(d->d_name));
  }
  closedir(tasks);
  CHECK(drain(queue, 1, 10, NULL, NULL) == 1);
  gatelet_queue_free(queue);
  gatelet_free(c);
}

static uint64_t own_mask(void) {
  sigset_t set;
  uint64_t mask = 0;
  pthread_sigmask(SIG_SETMASK, NULL, &set);
  for (int s = 1; s < 64; s++) mask |= (uint64_t)(sigismember(&set, s) == 1) << s;
  return mask;
}

static void callers_mask_is_restored(void) {
  uint64_t before = own_mask();
  gatelet_client *clients[] = {client, server_port() ? client_of("ok", NULL) : dev_client(), client_at("http://127.0.0.1:1/v1", NULL)};
  for (int i = 0; i < 3; i++) {
    outcome o = chat(clients[i], REQUEST);
    end_outcome(&o);
    o = stream(clients[i], REQUEST);
    end_outcome(&o);
    CHECK(own_mask() == before);
  }
  gatelet_free(clients[1]);
  gatelet_free(clients[2]);
}

static void handlers_are_untouched(void) {
  for (int s = 1; s < 32; s++) {
    struct sigaction action;
    if (sigaction(s, NULL, &action) == 0 && s != SIGALRM && !t_sanitized()) CHECK(action.sa_handler == SIG_DFL);
  }
}

/* A server that closes while megabytes are being sent must not raise SIGPIPE (default: death). */
static void no_sigpipe(void) {
  if (!server_port()) return;
  size_t size = 4 << 20;
  char *prompt = malloc(size + 1);
  memset(prompt, 'x', size);
  prompt[size] = 0;
  char *request = gatelet_easy_request("m", prompt);
  gatelet_client *c = client_of("reset/0", NULL);
  gatelet_queue *queue = new_queue(NULL);
  for (int i = 0; i < t_scaled(20, 3); i++) {
    outcome o = chat(c, request);
    CHECK(o.status / 100 == 2);
    end_outcome(&o);
    EXPECT(GATELET_OK, gatelet_queue_submit(queue, c, GATELET_OP_CHAT_STREAM, request, NULL, 1, NULL));
    CHECK(drain(queue, 1, 20, NULL, NULL) == 1);
  }
  sigset_t pending;
  sigpending(&pending);
  CHECK(!sigismember(&pending, SIGPIPE));
  gatelet_queue_free(queue);
  gatelet_free(c);
  free(request);
  free(prompt);
}

static volatile sig_atomic_t alarms;
static void on_alarm(int signal) { (void)signal, alarms++; }

/* A timer without SA_RESTART interrupts every system call of the caller's thread: requests go on regardless. */
static void interrupted_calls_go_on(void) {
  struct sigaction action = {.sa_handler = on_alarm};
  struct itimerval often = {{0, 2000}, {0, 2000}}, never = {{0, 0}, {0, 0}};
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &often, NULL);
  alarms = 0;
  for (int i = 0; i < 3; i++) {
    outcome o = stream(client, REQUEST);
    EXPECT(GATELET_OK, o.status);
    end_outcome(&o);
    gatelet_client *c = server_port() ? client_of(i % 2 ? "late/0.2" : "paced/20/10", NULL) : dev_client();
    o = i % 2 ? chat(c, REQUEST) : stream(c, REQUEST);
    EXPECT(GATELET_OK, o.status);
    end_outcome(&o);
    gatelet_free(c);
  }
  setitimer(ITIMER_REAL, &never, NULL); /* the handler stays: one more signal may be on its way */
  CHECK(alarms > 0);
}

/* ---- one client, many threads */

static void *use(void *context) {
  gatelet_client *c = context;
  for (int i = 0; i < t_scaled(40, 5); i++) {
    outcome o = i % 2 ? chat(c, REQUEST) : stream(c, REQUEST);
    if (o.status != GATELET_OK) t_fail(__FILE__, __LINE__, "%d %s", o.status, o.error_json);
    end_outcome(&o);
    char *models = NULL;
    if (i % 8 == 0) EXPECT(GATELET_OK, gatelet_list_models(c, i % 16 ? NULL : "{\"fresh\":true}", &models, NULL));
    gatelet_string_free(models);
  }
  return NULL;
}

static void shared_by_threads(void) {
  gatelet_client *c = dev_client_with("\"providers\":{\"dev\":{\"token_delay\":0}}");
  pthread_t threads[8];
  for (int i = 0; i < 8; i++) pthread_create(&threads[i], NULL, use, c);
  for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
  gatelet_free(c);
}

static void *use_socket(void *context) {
  for (int i = 0; i < t_scaled(40, 5); i++) {
    outcome o = i % 2 ? chat(context, REQUEST) : stream(context, REQUEST);
    if (o.status != GATELET_OK) t_fail(__FILE__, __LINE__, "%d %s", o.status, o.error_json);
    CHECK(o.status != GATELET_OK || strstr(i % 2 ? o.answer : o.text, i % 2 ? "Hello there" : "w0 w1 w2 w3 w4 "));
    end_outcome(&o);
  }
  return NULL;
}
static void shared_by_threads_over_sockets(void) {
  if (!server_port()) return;
  gatelet_client *c = client_of("ok", NULL);
  pthread_t threads[8];
  for (int i = 0; i < 8; i++) pthread_create(&threads[i], NULL, use_socket, c);
  for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
  gatelet_free(c);
}

static void log_line(int32_t level, const char *message, void *user) { (void)level, (void)message, __sync_fetch_and_add((int *)user, 1); }
static bool stop;
static void *flip_log(void *lines) {
  while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
    EXPECT(GATELET_OK, gatelet_set_log(client, log_line, lines, NULL));
    EXPECT(GATELET_OK, gatelet_set_log(client, NULL, NULL, NULL));
  }
  return NULL;
}
static void log_function_changes_while_in_use(void) {
  pthread_t thread;
  static int lines;
  __atomic_store_n(&stop, false, __ATOMIC_RELEASE);
  pthread_create(&thread, NULL, flip_log, &lines);
  for (int i = 0; i < t_scaled(30, 3); i++) {
    outcome o = chat(client, REQUEST);
    EXPECT(GATELET_OK, o.status);
    end_outcome(&o);
  }
  __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
  pthread_join(thread, NULL);
}

/* ---- the host's own state */

extern char **environ;
static void host_is_left_alone(void) {
  char *locale = strdup(setlocale(LC_ALL, NULL));
  char **env = environ;
  size_t variables = 0;
  while (env[variables]) variables++;
  use(client);
  size_t now = 0;
  while (environ[now]) now++;
  CHECK(environ == env && now == variables);
  CHECK(strcmp(setlocale(LC_ALL, NULL), locale) == 0);
  free(locale);
}

/* A locale with a decimal comma must not change how numbers are read. */
static void decimal_comma(void) {
  if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "de_DE")) return;
  gatelet_client *c = dev_client_with("\"timeouts\":{\"idle\":1.5}");
  outcome o = chat(c, "{\"model\":\"m\",\"temperature\":0.5,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
  EXPECT(GATELET_OK, o.status);
  end_outcome(&o);
  gatelet_free(c);
  setlocale(LC_ALL, "C");
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  client = dev_client_with("\"log\":\"debug\",\"providers\":{\"dev\":{\"token_delay\":0.005}}");
  RUN(our_threads_block_all_signals);
  RUN(callers_mask_is_restored);
  RUN(handlers_are_untouched);
  RUN(no_sigpipe);
  RUN(interrupted_calls_go_on);
  RUN(shared_by_threads);
  RUN(shared_by_threads_over_sockets);
  RUN(log_function_changes_while_in_use);
  RUN(host_is_left_alone);
  RUN(decimal_comma);
  gatelet_free(client);
  return t_end();
}
