/* gatelet_free at every moment, many clients, two copies of the library in one process. */
#include "test.h"

#include <dlfcn.h>
#include <fcntl.h>

static bool inherited[256]; /* descriptors that were open before the first call */

/* ---- free while other threads are inside calls */

typedef struct caller {
  pthread_t thread;
  gatelet_client *client;
  bool streams;
  gatelet_status status;
  int ends;
} caller;

static void *call(void *context) {
  caller *c = context;
  outcome o = c->streams ? stream(c->client, REQUEST) : chat(c->client, REQUEST);
  c->status = o.status;
  c->ends = o.ends;
  end_outcome(&o);
  return NULL;
}

static void free_under(const char *scenario) {
  enum { CALLERS = 12 };
  caller callers[CALLERS];
  gatelet_client *client = client_of(scenario, NULL);
  for (int i = 0; i < CALLERS; i++) {
    callers[i] = (caller){.client = client, .streams = i % 2};
    pthread_create(&callers[i].thread, NULL, call, &callers[i]);
  }
  t_sleep(t_sanitized() ? 1.5 : 0.3);
  gatelet_free(client);
  for (int i = 0; i < CALLERS; i++) {
    pthread_join(callers[i].thread, NULL);
    EXPECT(GATELET_ERR_CLOSED, callers[i].status);
  }
}
static void free_while_calls_wait(void) { free_under("hang"); }
static void free_while_streams_run(void) { free_under("stall/comments"); }
static void free_while_content_flows(void) { free_under("stall/content/0.001"); }

static void *free_it(void *client) {
  gatelet_free(client);
  return NULL;
}

static void free_from_many_threads(void) {
  for (int round = 0; round < t_scaled(50, 5); round++) {
    gatelet_client *client = dev_client();
    pthread_t threads[8];
    caller c = {.client = client, .streams = true};
    pthread_create(&c.thread, NULL, call, &c);
    for (int i = 0; i < 8; i++) pthread_create(&threads[i], NULL, free_it, client);
    for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
    pthread_join(c.thread, NULL);
    CHECK(c.status == GATELET_ERR_CLOSED || c.status == GATELET_ERR_HANDLE || c.status == GATELET_OK);
  }
}

/* ---- queues and clients outlive each other */

static void queue_outlives_client(void) {
  gatelet_client *client = client_of("hang", NULL);
  gatelet_queue *queue = new_queue(NULL);
  for (uint64_t i = 0; i < 10; i++) EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT, REQUEST, NULL, i, NULL));
  t_sleep(0.1);
  gatelet_free(client);
  int ends = 0;
  for (double end = t_now() + PATIENCE; ends < 10 && t_now() < end;) {
    gatelet_batch *batch = NULL;
    size_t n = 0;
    EXPECT(GATELET_OK, gatelet_queue_next(queue, 3, 1000, &batch, NULL));
    const gatelet_event *first = gatelet_batch_events(batch, &n);
    for (size_t i = 0; i < n; i++, ends++) EXPECT(GATELET_ERR_CLOSED, gatelet_easy_event(first, i)->status);
    gatelet_batch_free(batch);
  }
  CHECK(ends == 10);
  gatelet_queue_free(queue);
}

static void client_outlives_queue(void) {
  gatelet_client *client = client_of("stall/content/0.001", NULL);
  long before = server_stat("open");
  gatelet_queue *queue = new_queue(NULL);
  for (uint64_t i = 0; i < 5; i++) EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT_STREAM, REQUEST, NULL, i, NULL));
  CHECK(drain(queue, 1, 0.3, NULL, NULL) == 0);
  gatelet_queue_free(queue); /* cancels its requests: the connections close */
  for (double end = t_now() + PATIENCE; server_stat("open") > before && t_now() < end;) t_sleep(0.05);
  CHECK(server_stat("open") <= before);
  gatelet_free(client);
}

static void batch_outlives_everything(void) {
  gatelet_client *client = dev_client();
  gatelet_queue *queue = new_queue(NULL);
  gatelet_batch *batch = NULL;
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT, REQUEST, NULL, 42, NULL));
  EXPECT(GATELET_OK, gatelet_queue_next(queue, 0, 10000, &batch, NULL));
  gatelet_queue_free(queue);
  gatelet_free(client);
  size_t n = 0;
  const gatelet_event *first = gatelet_batch_events(batch, &n);
  CHECK(n > 0 && first && first->tag == 42 && strlen(first->json) == first->json_len);
  gatelet_batch_free(batch);
}

/* ---- many clients; nothing is left behind */

static void hundred_clients(void) {
  int threads = thread_count(), files = open_files(), count = t_scaled(100, 20);
  gatelet_client *clients[100];
  gatelet_queue *queue = new_queue(NULL);
  for (int i = 0; i < count; i++) clients[i] = client_of("ok", NULL);
  for (int i = 0; i < count; i++) {
    outcome o = chat(clients[i], REQUEST);
    EXPECT(GATELET_OK, o.status);
    end_outcome(&o);
    EXPECT(GATELET_OK, gatelet_queue_submit(queue, clients[i], GATELET_OP_CHAT_STREAM, REQUEST, NULL, (uint64_t)i, NULL));
  }
  int ok = 0;
  CHECK(drain(queue, count, PATIENCE, NULL, &ok) == count);
  CHECK(ok == count);
  for (int i = 0; i < count; i++) gatelet_free(clients[i]);
  gatelet_queue_free(queue);
  if (t_sanitized()) return;
  CHECK(thread_count() <= threads);
  CHECK(open_files() <= files);
}

static void init_and_free_often(void) {
  for (int i = 0; i < 20; i++) gatelet_free(dev_client());
  int files = open_files(), threads = thread_count();
  long before = resident_kb();
  for (int i = 0; i < t_scaled(400, 10); i++) {
    gatelet_client *client = dev_client_with("\"providers\":{\"dev\":{\"token_delay\":0}}");
    outcome o = chat(client, REQUEST);
    CHECK(o.status == GATELET_OK);
    end_outcome(&o);
    gatelet_free(client);
  }
  CHECK(open_files() <= files);
  if (t_sanitized()) return;
  CHECK(thread_count() <= threads);
  CHECK(resident_kb() - before < 4096);
}

/* A failed init leaves nothing either. */
static void failed_init_often(void) {
  long before = resident_kb();
  for (int i = 0; i < t_scaled(1000, 10); i++) {
    gatelet_client *client;
    gatelet_error *error = NULL;
    EXPECT(GATELET_ERR_CONFIG, gatelet_init("{\"environment\":false,\"nonsense\":{\"a\":[1,2,3]}}", &client, &error));
    gatelet_error_free(error);
  }
  if (!t_sanitized()) CHECK(resident_kb() - before < 4096);
}

/* exec must not hand our descriptors to another program. (libcurl 7.88 opens its sockets without close-on-exec.) */
static void descriptors_close_on_exec(void) {
  gatelet_client *client = client_of("ok", NULL);
  gatelet_queue *queue = new_queue(NULL);
  outcome o = chat(client, REQUEST);
  end_outcome(&o);
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT, REQUEST, NULL, 1, NULL));
  CHECK(gatelet_queue_fd(queue) >= 0 && drain(queue, 1, PATIENCE, NULL, NULL) == 1);
  for (int fd = 3; fd < 256 && !t_sanitized(); fd++) {
    char link[64], target[256] = "";
    int flags = fcntl(fd, F_GETFD);
    if (flags == -1 || inherited[fd]) continue;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, target, sizeof target - 1) > 0 && !strstr(target, "socket:") && !(flags & FD_CLOEXEC)) t_fail(__FILE__, __LINE__, "%s stays open over exec", target);
  }
  gatelet_queue_free(queue);
  gatelet_free(client);
}

/* ---- a second copy of the library */

static gatelet_status chat_through(void *copy, gatelet_client *other) {
  typedef gatelet_status (*init_fn)(const char *, gatelet_client **, gatelet_error **);
  typedef gatelet_status (*chat_fn)(gatelet_client *, const char *, char **, gatelet_error **);
  init_fn init;
  chat_fn chat_;
  void (*free_client)(gatelet_client *), (*free_string)(char *);
  *(void **)&init = dlsym(copy, "gatelet_init");
  *(void **)&chat_ = dlsym(copy, "gatelet_chat");
  *(void **)&free_client = dlsym(copy, "gatelet_free");
  *(void **)&free_string = dlsym(copy, "gatelet_string_free");
  gatelet_client *client = NULL;
  char *answer = NULL;
  CHECK(init && chat_ && init != gatelet_init);
  gatelet_status status = init("{\"environment\":false,\"dev_mode\":true}", &client, NULL);
  /* What one copy gave out is nothing to the other, although both have just begun to count. */
  if (!t_sanitized()) { /* those builds export everything: there the copy would call the first one's functions */
    char *foreign;
    EXPECT(GATELET_ERR_HANDLE, chat_(other, REQUEST, &foreign, NULL));
    EXPECT(GATELET_ERR_HANDLE, gatelet_chat(client, REQUEST, &foreign, NULL));
    free_client(other);
    gatelet_free(client);
  }
  if (status == GATELET_OK) status = chat_(client, REQUEST, &answer, NULL);
  free_string(answer);
  free_client(client);
  return status;
}

static void two_copies(void) {
  Dl_info info;
  char path[] = "/tmp/gatelet-copy-XXXXXX", command[1200];
  int fd = mkstemp(path);
  CHECK(dladdr((void *)(uintptr_t)gatelet_version, &info) != 0);
  snprintf(command, sizeof command, "cp -L '%s' '%s'", info.dli_fname, path);
  CHECK(system(command) == 0);
  void *copy = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  if (!copy) t_fail(__FILE__, __LINE__, "%s", dlerror());
  gatelet_client *client = dev_client();
  if (copy) EXPECT(GATELET_OK, chat_through(copy, client));
  outcome o = chat(client, REQUEST);
  EXPECT(GATELET_OK, o.status);
  end_outcome(&o);
  if (copy) dlclose(copy); /* nodelete: its thread may live on */
  o = chat(client, REQUEST);
  EXPECT(GATELET_OK, o.status);
  end_outcome(&o);
  gatelet_free(client);
  close(fd);
  unlink(path);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  for (int fd = 0; fd < 256; fd++) inherited[fd] = fcntl(fd, F_GETFD) != -1;
  RUN(free_while_calls_wait);
  RUN(free_while_streams_run);
  RUN(free_while_content_flows);
  RUN(free_from_many_threads);
  RUN(queue_outlives_client);
  RUN(client_outlives_queue);
  RUN(batch_outlives_everything);
  RUN(hundred_clients);
  RUN(init_and_free_often);
  RUN(failed_init_often);
  RUN(descriptors_close_on_exec);
  RUN(two_copies);
  return t_end();
}
