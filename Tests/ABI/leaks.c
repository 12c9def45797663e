/* What is left behind when a queue and a client are freed: nothing, in whatever order, whatever was taken, cancelled or refused. */
#include "test.h"

#include <poll.h>

static const char *const DRY = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"gatelet\":{\"dry_run\":true}}";

/* What is asked, of whom (a scenario of faultserver.py; NULL: the development provider). */
static const struct work { const char *name; gatelet_operation operation; const char *request, *server; gatelet_status refused; const char *extra; } works[] = {
    {"chat", GATELET_OP_CHAT, NULL, NULL, 0},
    {"stream", GATELET_OP_CHAT_STREAM, NULL, NULL, 0},
    {"list", GATELET_OP_LIST_MODELS, NULL, NULL, 0},
    {"dry run", GATELET_OP_CHAT, "dry", NULL, 0},
    {"refused", GATELET_OP_CHAT, "{}", NULL, GATELET_ERR_JSON},
    {"chat over a socket", GATELET_OP_CHAT, NULL, "ok", 0},
    {"stream over a socket", GATELET_OP_CHAT_STREAM, NULL, "ok", 0},
    {"list over a socket", GATELET_OP_LIST_MODELS, NULL, "ok", 0},
    {"list kept on disk", GATELET_OP_LIST_MODELS, NULL, "ok", 0, "\"lists\":{\"fresh\":0},\"cache_dir\":\"build/abi/cache\""},
    {"silent chat", GATELET_OP_CHAT, NULL, "hang", 0},
    {"silent stream", GATELET_OP_CHAT_STREAM, NULL, "hang", 0},
    {"silent list", GATELET_OP_LIST_MODELS, NULL, "hang", 0},
    {"failing chat", GATELET_OP_CHAT, NULL, "code/500", 0},
    {"failing list", GATELET_OP_LIST_MODELS, NULL, "code/500", 0},
};
enum { NOTHING, ONE, EVERYTHING, KEPT, AMOUNTS };
static const char *const drivers[] = {"{\"driver\":\"thread\"}", "{\"driver\":\"caller\"}"};

static int kept, destroyed;
static void count_destroyed(void *user) { __atomic_add_fetch((int *)user, 1, __ATOMIC_RELAXED); }
static int listen(const char *event, void *user) { return (void)event, (void)user, 0; }
static void log_line(int32_t level, const char *message, void *user) { (void)level, (void)message, (void)user; }

static gatelet_client *client_for(const struct work *work) {
  gatelet_client *client = work->server ? client_of(work->server, work->extra)
      : dev_client_with("\"request_extensions\":\"all\",\"providers\":{\"dev\":{\"token_delay\":0}}");
  EXPECT(GATELET_OK, gatelet_set_hook(client, listen, &destroyed, count_destroyed, NULL, NULL));
  EXPECT(GATELET_OK, gatelet_set_log(client, log_line, &destroyed, count_destroyed, NULL));
  kept += 2;
  return client;
}

/* Takes so much of what comes; the last batch is the caller's. */
static gatelet_batch *take(gatelet_queue *queue, int amount, bool silent) {
  gatelet_batch *batch = NULL;
  if (amount == NOTHING) { /* the events come and stay */
    struct pollfd p = {.fd = gatelet_queue_fd(queue), .events = POLLIN};
    if (p.fd >= 0) poll(&p, 1, silent ? 1 : 200);
    return NULL;
  }
  if (amount == EVERYTHING && !silent) {
    CHECK(drain(queue, 2, PATIENCE, NULL, NULL) == 2);
    return NULL;
  }
  for (int i = 0; i < 50 && !batch; i++) EXPECT(GATELET_OK, gatelet_queue_next(queue, amount == ONE ? 1 : 0, silent ? 0 : 20, &batch, NULL));
  return batch;
}

static void one_round(const struct work *work, const char *driver, int amount, bool cancel, bool client_first) {
  gatelet_client *client = client_for(work);
  gatelet_queue *queue = new_queue(driver);
  const char *request = work->operation == GATELET_OP_LIST_MODELS ? NULL : !work->request ? REQUEST : strcmp(work->request, "dry") == 0 ? DRY : work->request;
  bool silent = work->refused || (work->server && strcmp(work->server, "hang") == 0);
  for (uint64_t tag = 1; tag <= 2; tag++) EXPECT(work->refused, gatelet_queue_submit(queue, client, work->operation, request, NULL, tag, NULL));
  gatelet_batch *batch = take(queue, amount, silent);
  if (amount != KEPT) gatelet_batch_free(batch);
  if (cancel) EXPECT(GATELET_OK, gatelet_queue_cancel(queue, 1, NULL));
  if (client_first) gatelet_free(client);
  gatelet_queue_free(queue);
  if (!client_first) gatelet_free(client);
  if (amount == KEPT) gatelet_batch_free(batch);
}

static void every_order(const struct work *work) {
  for (int i = 0; i < 2 * AMOUNTS * 2 * 2; i += t_scaled(1, 3)) {
    int files = open_files();
    one_round(work, drivers[i & 1], i / 8, i & 2, i & 4);
    if (open_files() != files && !t_sanitized())
      t_fail(__FILE__, __LINE__, "%s, %s, amount %d, cancel %d, client first %d: %d descriptors more", work->name, drivers[i & 1], i / 8, !!(i & 2), !!(i & 4), open_files() - files);
    if (destroyed != kept) t_fail(__FILE__, __LINE__, "%s, %s, amount %d, cancel %d, client first %d: %d of %d users destroyed", work->name, drivers[i & 1], i / 8, !!(i & 2), !!(i & 4), destroyed, kept);
    destroyed = kept = 0;
  }
}

static void all(void) {
  for (size_t i = 0; i < sizeof works / sizeof *works; i++)
    if (!works[i].server || server_port()) every_order(&works[i]);
}

/* Under valgrind and the address sanitizer their own leak checks look at it, cycles included. */
static void nothing_is_left(void) {
  all();
  if (t_sanitized()) return;
  all();
  long before = resident_kb();
  for (int i = 0; i < 2; i++) all();
  long grown = resident_kb() - before;
  if (grown > 2000) t_fail(__FILE__, __LINE__, "%ld KB more after %zu rounds", grown, 2 * 32 * sizeof works / sizeof *works);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  RUN(nothing_is_left);
  return t_end();
}
