/* Threads and signals: ours block what comes from outside, the caller's are left alone, everything may be shared. */
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <sys/stat.h>
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

static bool is_called(const char *task, const char *name) {
  char path[300], line[64] = "";
  snprintf(path, sizeof path, "/proc/self/task/%s/comm", task);
  FILE *f = fopen(path, "r");
  if (f && !fgets(line, sizeof line, f)) line[0] = 0;
  if (f) fclose(f);
  return strcmp(line, name) == 0;
}

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
enum { FAULTS = sizeof faults / sizeof *faults };

static void our_threads_block_what_comes_from_outside(void) {
  gatelet_client *c = dev_client();
  gatelet_queue *queue = new_queue(NULL);
  int before = thread_count();
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, c, GATELET_OP_CHAT_STREAM, REQUEST, NULL, 1, NULL));
  t_sleep(0.05);
  if (!t_sanitized()) CHECK(thread_count() > before); /* else this test looks at nothing */
  char self[16];
  snprintf(self, sizeof self, "%d", getpid());
  uint64_t all = ~((UINT64_C(1) << (SIGKILL - 1)) | (UINT64_C(1) << (SIGSTOP - 1)) | (UINT64_C(3) << 31)); /* 32, 33: glibc's */
  for (int i = 0; i < FAULTS; i++) all &= ~(UINT64_C(1) << (faults[i] - 1));
  int named = 0;
  DIR *tasks = opendir("/proc/self/task");
  for (struct dirent *d; !t_sanitized() && tasks && (d = readdir(tasks));) {
    if (d->d_name[0] == '.' || strcmp(d->d_name, self) == 0) continue;
    if (blocked_signals(d->d_name) != all) t_fail(__FILE__, __LINE__, "thread %s blocks %lx", d->d_name, (unsigned long)blocked_signals(d->d_name));
    named += is_called(d->d_name, "gatelet-io\n");
  }
  closedir(tasks);
  if (!t_sanitized()) CHECK(named == thread_count() - before && named > 0);
  CHECK(drain(queue, 1, PATIENCE, NULL, NULL) == 1);
  gatelet_queue_free(queue);
  gatelet_free(c);
}

/* The host's handlers of faults run on them: a hook that meets one there is its host's business. */
static volatile sig_atomic_t faults_met;
static void on_fault(int signal) { (void)signal, faults_met++; }
static int raise_faults(const char *event, void *io_thread) {
  (void)event;
  *(pthread_t *)io_thread = pthread_self();
  for (int i = 0; i < FAULTS; i++) raise(faults[i]);
  return 0;
}
static void handlers_of_faults_run_on_our_threads(void) {
  struct sigaction action = {.sa_handler = on_fault}, before[FAULTS];
  pthread_t io_thread = pthread_self();
  gatelet_client *c = dev_client();
  gatelet_queue *queue = new_queue(NULL);
  faults_met = 0;
  for (int i = 0; i < FAULTS; i++) sigaction(faults[i], &action, &before[i]);
  EXPECT(GATELET_OK, gatelet_set_hook(c, raise_faults, &io_thread, NULL, "{\"events\":[\"request_end\"]}", NULL));
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, c, GATELET_OP_CHAT, REQUEST, NULL, 1, NULL));
  CHECK(drain(queue, 1, PATIENCE, NULL, NULL) == 1);
  CHECK(faults_met == FAULTS && !pthread_equal(io_thread, pthread_self()));
  for (int i = 0; i < FAULTS; i++) sigaction(faults[i], &before[i], NULL);
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

static void (*handlers_at_start[32])(int);

static void note_handlers(void) {
  struct sigaction action;
  for (int s = 1; s < 32; s++) handlers_at_start[s] = sigaction(s, NULL, &action) == 0 ? action.sa_handler : SIG_DFL;
}

/* It runs before the constructors of the library. (nohup and the like start programs with ignored signals.) */
__attribute__((section(".preinit_array"), used)) static void (*const note_handlers_first)(void) = note_handlers;

static void handlers_are_untouched(void) {
  for (int s = 1; s < 32; s++) {
    struct sigaction action;
    if (sigaction(s, NULL, &action) == 0 && s != SIGALRM && !t_sanitized()) CHECK(action.sa_handler == handlers_at_start[s]);
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
    CHECK(drain(queue, 1, PATIENCE, NULL, NULL) == 1);
  }
  sigset_t pending;
  sigpending(&pending);
  CHECK(!sigismember(&pending, SIGPIPE));
  gatelet_queue_free(queue);
  gatelet_free(c);
  free(request);
  free(prompt);
}

/* ---- SIGPIPE: whatever is written on a caller's thread, and wherever */

static volatile sig_atomic_t pipes;
static void on_pipe(int signal) { (void)signal, pipes++; }

static void use_and_go(const char *way, gatelet_client *c) {
  gatelet_queue *queue = new_queue(strstr(way, "caller") ? "{\"driver\":\"caller\"}" : NULL);
  if (strstr(way, "chat")) {
    outcome o = chat(c, REQUEST);
    end_outcome(&o);
    o = stream(c, REQUEST);
    end_outcome(&o);
  } else {
    EXPECT(GATELET_OK, gatelet_queue_submit(queue, c, GATELET_OP_CHAT, REQUEST, NULL, 1, NULL));
    EXPECT(GATELET_OK, gatelet_queue_submit(queue, c, GATELET_OP_LIST_MODELS, NULL, NULL, 2, NULL));
    if (strstr(way, "taken")) CHECK(drain(queue, 2, PATIENCE, NULL, NULL) == 2);
    if (strstr(way, "cancel")) EXPECT(GATELET_OK, gatelet_queue_cancel(queue, 1, NULL));
    if (strstr(way, "client first")) gatelet_free(c);
  }
  gatelet_queue_free(queue);
  gatelet_free(c);
}

static const char *const ways[] = {"chat", "queue", "queue, taken", "queue, cancel", "queue, client first", "caller", "caller, taken",
                                   "caller, cancel", "caller, client first", "caller, taken, client first"};

/* Records go to a pipe that nobody reads any more. */
static void records_into_a_closed_pipe(void) {
  struct sigaction action = {.sa_handler = on_pipe}, before;
  char path[] = "/tmp/gatelet-records-XXXXXX", more[200];
  close(mkstemp(path));
  sigaction(SIGPIPE, &action, &before);
  pipes = 0;
  for (size_t i = 0; i < 2 * sizeof ways / sizeof *ways; i++) {
    unlink(path);
    CHECK(mkfifo(path, 0600) == 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    snprintf(more, sizeof more, "\"records\":\"%s\"", path);
    gatelet_client *c = i % 2 && server_port() ? client_of("ok", more) : dev_client_with(more);
    outcome o = chat(c, REQUEST);
    EXPECT(GATELET_OK, o.status);
    end_outcome(&o);
    close(reader);
    use_and_go(ways[i / 2], c);
    if (pipes) t_fail(__FILE__, __LINE__, "%s: SIGPIPE", ways[i / 2]);
    pipes = 0;
  }
  sigaction(SIGPIPE, &before, NULL);
  unlink(path);
}

/* A host that has it blocked finds none of ours when it opens it, and its own where it was. */
static void pending_sigpipe_is_the_hosts(void) {
  struct sigaction action = {.sa_handler = on_pipe}, before;
  char path[] = "/tmp/gatelet-records-XXXXXX", more[200];
  sigset_t pipe_only, mask, pending;
  close(mkstemp(path));
  unlink(path);
  CHECK(mkfifo(path, 0600) == 0);
  int reader = open(path, O_RDONLY | O_NONBLOCK);
  snprintf(more, sizeof more, "\"records\":\"%s\"", path);
  gatelet_client *c = dev_client_with(more);
  sigaction(SIGPIPE, &action, &before);
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_only, &mask);
  pipes = 0;
  for (int own = 0; own < 3; own++) {
    outcome o = chat(c, REQUEST);
    EXPECT(GATELET_OK, o.status);
    end_outcome(&o);
    sigpending(&pending);
    CHECK(sigismember(&pending, SIGPIPE) == (own == 2));
    if (own == 0) close(reader);
    if (own == 1) raise(SIGPIPE);
  }
  pthread_sigmask(SIG_SETMASK, &mask, NULL);
  CHECK(pipes == 1);
  sigaction(SIGPIPE, &before, NULL);
  gatelet_free(c);
  unlink(path);
}

/* A TLS connection ends with a word to the server, which has gone. */
static void tls_connections_to_nobody(void) {
  struct sigaction action = {.sa_handler = on_pipe}, before;
  char line[32] = "", url[100];
  const char *more = "\"http\":{\"ca_file\":\"Tests/ABI/tls.pem\"}";
  FILE *server = popen("/usr/bin/python3 Tests/ABI/tlsserver.py", "r");
  if (!server || !fgets(line, sizeof line, server)) t_fail(__FILE__, __LINE__, "no TLS server");
  snprintf(url, sizeof url, "https://localhost:%d/v1", atoi(line));
  sigaction(SIGPIPE, &action, &before);
  pipes = 0;
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    gatelet_client *c = client_at(url, more);
    gatelet_queue *queue = new_queue(i % 2 ? NULL : "{\"driver\":\"caller\"}");
    outcome o = chat(c, REQUEST);
    EXPECT(GATELET_OK, o.status);
    end_outcome(&o);
    EXPECT(GATELET_OK, gatelet_queue_submit(queue, c, GATELET_OP_CHAT, REQUEST, NULL, 1, NULL));
    CHECK(drain(queue, 1, PATIENCE, NULL, NULL) == 1);
    t_sleep(0.3); /* the server has gone by now */
    gatelet_queue_free(queue);
    use_and_go(ways[i], c);
    if (pipes) t_fail(__FILE__, __LINE__, "%s: SIGPIPE", ways[i]);
    pipes = 0;
  }
  sigaction(SIGPIPE, &before, NULL);
  pclose(server);
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
    EXPECT(GATELET_OK, gatelet_set_log(client, log_line, lines, NULL, NULL));
    EXPECT(GATELET_OK, gatelet_set_log(client, NULL, NULL, NULL, NULL));
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
  RUN(our_threads_block_what_comes_from_outside);
  RUN(callers_mask_is_restored);
  RUN(handlers_are_untouched);
  RUN(no_sigpipe);
  RUN(records_into_a_closed_pipe);
  RUN(pending_sigpipe_is_the_hosts);
  RUN(tls_connections_to_nobody);
  RUN(handlers_of_faults_run_on_our_threads);
  RUN(interrupted_calls_go_on);
  RUN(shared_by_threads);
  RUN(shared_by_threads_over_sockets);
  RUN(log_function_changes_while_in_use);
  RUN(host_is_left_alone);
  RUN(decimal_comma);
  gatelet_free(client);
  return t_end();
}
