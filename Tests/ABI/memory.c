/* Memory that is not to be had. Allocations of this program go through the functions below, which can refuse large ones: documents,
 * lists and names of any size then fail with a status. Small ones are not refused: without them the process ends, as the header says. */
#include "test.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>

void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t), *__libc_memalign(size_t, size_t);

/* Bytes from which on the header calls a piece large. */
enum { LARGE = 1 << 20 };
static atomic_size_t refused_from = LARGE;
/* The first of those pieces that is refused, counted from 1 (0: none), and whether those behind it are refused too. */
static atomic_long refuse_at;
static atomic_bool refuse_rest;
static atomic_long seen;

static bool refused(size_t size) {
  if (size < atomic_load(&refused_from)) return false;
  long at = atomic_load(&refuse_at), now = atomic_fetch_add(&seen, 1) + 1;
  return at && (now == at || (now > at && atomic_load(&refuse_rest)));
}

void *malloc(size_t size) { return refused(size) ? (errno = ENOMEM, NULL) : __libc_malloc(size); }
void *calloc(size_t count, size_t size) {
  return size && count > SIZE_MAX / size ? NULL : refused(count * size) ? (errno = ENOMEM, NULL) : __libc_calloc(count, size);
}
void *realloc(void *old, size_t size) { return refused(size) ? (errno = ENOMEM, NULL) : __libc_realloc(old, size); }
void *memalign(size_t alignment, size_t size) { return refused(size) ? NULL : __libc_memalign(alignment, size); }
void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void **into, size_t alignment, size_t size) {
  void *made = memalign(alignment, size);
  if (!made) return ENOMEM;
  *into = made;
  return 0;
}

/* ---- a scenario for each refusal, in a process of its own */

typedef gatelet_status scenario(void);

/* What a scenario may say when memory was refused: that, or whatever it says without a refusal (a copy may not have been needed). */
static bool allowed(gatelet_status got, gatelet_status usual) { return got == GATELET_ERR_MEMORY || got == usual; }

static int child(scenario *run, long at, bool rest, long *count) {
  int back[2];
  if (pipe(back)) return -1;
  pid_t pid = fork();
  if (pid == 0) {
    alarm(60);
    atomic_store(&refuse_rest, rest);
    atomic_store(&seen, 0);
    atomic_store(&refuse_at, at);
    long answer[2] = {run(), atomic_load(&seen)};
    _exit(write(back[1], answer, sizeof answer) != sizeof answer);
  }
  close(back[1]);
  long answer[2] = {-1, 0};
  bool told = read(back[0], answer, sizeof answer) == sizeof answer;
  close(back[0]);
  int status = 0;
  waitpid(pid, &status, 0);
  *count = answer[1];
  if (WIFSIGNALED(status)) return -WTERMSIG(status);
  return told && WEXITSTATUS(status) == 0 ? (int)answer[0] : -100;
}

static void each_refusal(const char *name, scenario *run, gatelet_status usual, gatelet_status other_end) {
  long count = 0, other;
  int got = child(run, 0, false, &count);
  if (got != usual) t_fail(__FILE__, __LINE__, "%s: %d, expected %d", name, got, usual);
  bool was_refused = count == 0;
  for (int rest = 0; rest < 2; rest++) {
    for (long at = 1, step = 1 + count / 10; at <= count; at += step) {
      got = child(run, at, rest, &other);
      if (got == GATELET_ERR_MEMORY) was_refused = true;
      if (got < 0 || !(allowed(got, usual) || got == other_end)) t_fail(__FILE__, __LINE__, "%s: %d when large piece %ld of %ld is refused%s", name, got, at, count, rest ? ", and all behind it" : "");
    }
  }
  if (!was_refused) t_fail(__FILE__, __LINE__, "%s: nothing was ever refused", name);
}
#define EACH(run, usual) each_refusal(#run, run, usual, usual)

/* ---- documents of the caller's */

static char *repeated(const char *before, char letter, size_t count, const char *after) {
  size_t head = strlen(before), tail = strlen(after);
  char *text = __libc_malloc(head + count + tail + 1);
  memcpy(text, before, head);
  memset(text + head, letter, count);
  memcpy(text + head + count, after, tail + 1);
  return text;
}

enum { MUCH = 6 << 20 };

static char *request_with(const char *more) {
  char after[512];
  snprintf(after, sizeof after, "\"}]%s%s}", more ? "," : "", more ? more : "");
  return repeated("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"", 'x', MUCH, after);
}

static gatelet_status asked(gatelet_client *client, const char *request, bool streamed) {
  char *answer = NULL;
  outcome o = {0};
  gatelet_error *error = NULL;
  gatelet_status status = streamed ? gatelet_stream(client, request, on_event, &o, &answer, &error) : gatelet_chat(client, request, &answer, &error);
  CHECK((status == GATELET_OK) == (error == NULL));
  gatelet_error_free(error);
  gatelet_string_free(answer);
  gatelet_free(client);
  return status;
}

static gatelet_status long_request(void) { return asked(client_of("ok", NULL), request_with(NULL), false); }
static gatelet_status long_request_streamed(void) { return asked(client_of("ok", NULL), request_with(NULL), true); }
static gatelet_status long_request_counted(void) {
  return asked(client_of("ok", "\"limits\":{\"client\":{\"tokens_per_minute\":100000000}}"), request_with("\"gatelet\":{\"continue\":true}"), true);
}
static gatelet_status long_answer(void) { return asked(client_of("large/6", NULL), REQUEST, false); }
static gatelet_status long_event(void) { return asked(client_of("large/6", NULL), REQUEST, true); }
static gatelet_status long_stream(void) { return asked(client_of("flood/9000", NULL), REQUEST, true); }
static gatelet_status failover(void) { return asked(pair_of("html/500", "large/3", NULL), request_with(NULL), false); }
static gatelet_status continued(void) { return asked(pair_of("broken/5", "large/3", NULL), request_with("\"gatelet\":{\"continue\":true}"), true); }
static gatelet_status refusal(void) { return asked(client_of("refusal/400/6", NULL), REQUEST, false); }
static gatelet_status refusal_of_a_stream(void) { return asked(client_of("refusal/500/6", NULL), REQUEST, true); }
static gatelet_status error_that_succeeds(void) { return asked(client_of("refusal/200/6", NULL), REQUEST, false); }
static gatelet_status error_in_a_stream(void) { return asked(client_of("refusal/200/6", NULL), REQUEST, true); }
static gatelet_status names_long(const char *before, const char *after) {
  return asked(client_of("ok", NULL), repeated(before, 'n', MUCH, after), false);
}
static gatelet_status long_model(void) { return names_long("{\"model\":\"", "\",\"messages\":[1]}"); }
static gatelet_status long_fallback(void) { return names_long("{\"messages\":[1],\"models\":[\"", "\"]}"); }
static gatelet_status long_provider(void) { return names_long("{\"messages\":[1],\"gatelet\":{\"provider\":\"", "\"}}"); }
static gatelet_status long_tag(void) { return names_long("{\"messages\":[1],\"gatelet\":{\"tag\":\"", "\"}}"); }
static gatelet_status long_member(void) { return names_long("{\"messages\":[1],\"gatelet\":{\"", "\":1}}"); }
static gatelet_status long_number(void) { return asked(client_of("ok", NULL), repeated("{\"messages\":[1],\"n\":", '7', MUCH, "}"), false); }
static gatelet_status many_members(void) { return asked(client_of("ok", NULL), repeated("{\"messages\":[1],\"gatelet\":[", '[', 500, "]}"), false); }

static gatelet_status embedded(void) {
  char *answer = NULL;
  gatelet_client *client = client_of("body/object", NULL);
  gatelet_status status = gatelet_embeddings(client, repeated("{\"model\":\"m\",\"input\":\"", 'x', MUCH, "\"}"), &answer, NULL);
  gatelet_string_free(answer);
  gatelet_free(client);
  return status;
}

/* ---- configuration and queries */

static gatelet_status configured(char *config) {
  gatelet_client *client = NULL;
  gatelet_status status = gatelet_init(config, &client, NULL);
  gatelet_free(client);
  return status;
}
static gatelet_status long_key(void) { return configured(repeated("{\"environment\":false,\"providers\":{\"openai\":{\"api_key\":\"", 'k', MUCH, "\"}}}")); }
static gatelet_status long_name(void) { return configured(repeated("{\"environment\":false,\"providers\":{\"", 'p', MUCH, "\":{}}}")); }
static gatelet_status unknown_member(void) { return configured(repeated("{\"environment\":false,\"", 'p', MUCH, "\":1}")); }
static gatelet_status long_blanks(void) { return configured(repeated("{\"environment\":false", ' ', MUCH, "}")); }
static gatelet_status long_config_number(void) { return configured(repeated("{\"environment\":false,\"threads\":1.", '0', MUCH, "}")); }

static gatelet_status reloaded(void) {
  gatelet_client *client = client_of("ok", NULL);
  gatelet_status status = gatelet_reload(client, repeated("{\"environment\":false", ' ', MUCH, "}"), NULL);
  gatelet_free(client);
  return status;
}

static gatelet_status queried(gatelet_status (*ask)(gatelet_client *, const char *, char **, gatelet_error **), const char *member) {
  char before[64], *answer = NULL;
  snprintf(before, sizeof before, "{\"%s\":\"", member);
  gatelet_client *client = client_of("ok", NULL);
  gatelet_status status = ask(client, repeated(before, 'q', MUCH, "\"}"), &answer, NULL);
  gatelet_string_free(answer);
  gatelet_free(client);
  return status;
}
static gatelet_status long_list_query(void) { return queried(gatelet_list_models, "provider"); }
static gatelet_status long_stats_query(void) { return queried(gatelet_stats, "by"); }
static gatelet_status long_providers_query(void) { return queried(gatelet_providers, "own"); }

static gatelet_status tested_models(void) {
  char *results = NULL;
  gatelet_client *client = dev_client();
  gatelet_status status = gatelet_test_models(client, repeated("{\"models\":[\"dev/echo\"],\"spacing\":0,\"prompt\":\"", 'p', MUCH, "\"}"), NULL, NULL, &results, NULL);
  gatelet_string_free(results);
  gatelet_free(client);
  return status;
}

/* ---- lists */

static gatelet_status listed(const char *scenario, const char *query, const char *more) {
  char *models = NULL;
  gatelet_error *error = NULL;
  gatelet_client *client = client_of(scenario, more);
  gatelet_status status = gatelet_list_models(client, query, &models, &error);
  CHECK((status == GATELET_OK) == (models != NULL));
  gatelet_error_free(error);
  gatelet_string_free(models);
  gatelet_free(client);
  return status;
}
static gatelet_status list(void) { return listed("listed/usual/3", NULL, NULL); }
static gatelet_status list_sorted(void) { return listed("listed/usual/3", "{\"sort\":\"price\",\"fields\":[\"id\",\"name\",\"description\"]}", NULL); }
static gatelet_status list_of_gatewayz(void) { return listed("listed/usual/3", "{\"view\":\"gatewayz\"}", NULL); }
static gatelet_status list_of_tiny_entries(void) { return listed("listed/tiny/3", NULL, NULL); }
static gatelet_status list_that_may(void) { return listed("listed/tiny/2", "{\"sort\":\"name\"}", "\"caps\":{\"entries\":1000000}"); }
static gatelet_status list_of_long_entries(void) { return listed("listed/long/3", NULL, NULL); }

/* How one request of a queue ends; frees queue and client. */
static gatelet_status queued(gatelet_client *client, const char *options, gatelet_operation operation, const char *request) {
  gatelet_queue *queue = new_queue(options);
  gatelet_status end = gatelet_queue_submit(queue, client, operation, request, NULL, 1, NULL);
  for (int over = end != GATELET_OK; !over;) {
    gatelet_batch *batch = NULL;
    size_t count = 0;
    if ((end = gatelet_queue_next(queue, 0, 20000, &batch, NULL)) != GATELET_OK || !batch) break;
    const gatelet_event *first = gatelet_batch_events(batch, &count);
    for (size_t i = 0; i < count; i++) {
      const gatelet_event *event = gatelet_easy_event(first, i);
      if (event->kind == GATELET_EVENT_END) (over = 1, end = event->status);
    }
    gatelet_batch_free(batch);
  }
  gatelet_queue_free(queue);
  gatelet_free(client);
  return end;
}

static gatelet_status list_queued(const char *options) {
  return queued(client_of("listed/usual/3", NULL), options, GATELET_OP_LIST_MODELS, NULL);
}
static gatelet_status list_in_a_queue(void) { return list_queued(NULL); }
static gatelet_status list_in_the_callers_queue(void) { return list_queued("{\"driver\":\"caller\"}"); }

static gatelet_status chat_queued(void) {
  return queued(client_of("large/3", NULL), NULL, GATELET_OP_CHAT_STREAM, request_with(NULL));
}

static void requests_and_answers(void) {
  EACH(long_request, GATELET_OK);
  EACH(long_request_streamed, GATELET_OK);
  EACH(long_request_counted, GATELET_OK);
  EACH(long_answer, GATELET_OK);
  EACH(long_event, GATELET_OK);
  EACH(long_stream, GATELET_OK);
  EACH(failover, GATELET_OK);
  each_refusal("continued", continued, GATELET_OK, GATELET_ERR_TRUNCATED); /* what was delivered stays; it could not go on */
  EACH(chat_queued, GATELET_OK);
  EACH(embedded, GATELET_ERR_BAD_RESPONSE);
}

static void refusals(void) {
  EACH(refusal, GATELET_ERR_CONTEXT_LENGTH);
  EACH(refusal_of_a_stream, GATELET_ERR_CONTEXT_LENGTH);
  EACH(error_that_succeeds, GATELET_ERR_CONTEXT_LENGTH);
  EACH(error_in_a_stream, GATELET_ERR_CONTEXT_LENGTH);
}

static void names(void) {
  EACH(long_model, GATELET_ERR_JSON);
  EACH(long_fallback, GATELET_ERR_JSON);
  EACH(long_provider, GATELET_ERR_JSON);
  EACH(long_tag, GATELET_ERR_JSON);
  EACH(long_member, GATELET_ERR_JSON);
  EACH(long_number, GATELET_ERR_MODEL_UNRESOLVED);
  EACH(many_members, GATELET_ERR_JSON);
}

static void configurations_and_queries(void) {
  EACH(long_key, GATELET_ERR_CONFIG);
  EACH(long_name, GATELET_ERR_CONFIG);
  EACH(unknown_member, GATELET_ERR_CONFIG);
  EACH(long_blanks, GATELET_OK);
  EACH(long_config_number, GATELET_ERR_UNSUPPORTED); // as "threads": 1 is
  EACH(reloaded, GATELET_OK);
  EACH(long_list_query, GATELET_ERR_JSON);
  EACH(long_stats_query, GATELET_ERR_JSON);
  EACH(long_providers_query, GATELET_ERR_JSON);
  EACH(tested_models, GATELET_ERR_JSON);
}

static void lists(void) {
  EACH(list, GATELET_OK);
  EACH(list_sorted, GATELET_OK);
  EACH(list_of_gatewayz, GATELET_OK);
  EACH(list_of_tiny_entries, GATELET_ERR_TOO_LARGE);
  EACH(list_that_may, GATELET_OK);
  EACH(list_of_long_entries, GATELET_ERR_BAD_RESPONSE);
  EACH(list_in_a_queue, GATELET_OK);
  EACH(list_in_the_callers_queue, GATELET_OK);
}

/* A list takes at most twelve times its bytes, the answer included, whatever it is made of. */
static gatelet_status measured;
static long peak_kb(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}
static const char *shape;
static gatelet_status list_of_five_megabytes(void) {
  char scenario[64];
  snprintf(scenario, sizeof scenario, "listed/%s/5", shape);
  long before = peak_kb();
  measured = listed(scenario, NULL, NULL);
  return peak_kb() - before > 12 * 5 * 1024 ? 1000 + (gatelet_status)((peak_kb() - before) / 1024) : GATELET_OK;
}
static void memory_of_a_list(void) {
  static const char *const shapes[] = {"usual", "tiny", "long", "rules", "words"};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    long count;
    shape = shapes[i];
    int got = child(list_of_five_megabytes, 0, false, &count);
    if (got != GATELET_OK) t_fail(__FILE__, __LINE__, "a list of 5 MB (%s) took %d MB", shape, got - 1000);
  }
}

/* Small pieces: the process ends, or a status is told. It never hangs, and nothing else is made of it. */
static gatelet_status without_small_pieces(void) {
  gatelet_client *client = dev_client();
  char *answer = NULL;
  atomic_store(&seen, 0);
  atomic_store(&refused_from, 1);
  gatelet_status status = gatelet_chat(client, REQUEST, &answer, NULL);
  atomic_store(&refused_from, LARGE);
  return status == GATELET_OK && !answer ? GATELET_ERR_INTERNAL : status;
}

static void small_pieces(void) {
  int ended = 0;
  for (long at = 1; at < 200; at += 7) {
    long count;
    int got = child(without_small_pieces, at, true, &count);
    bool by_signal = got == -SIGILL || got == -SIGTRAP || got == -SIGABRT || got == -SIGSEGV;
    ended += by_signal;
    if (!by_signal && (got < 0 || got == GATELET_ERR_INTERNAL)) t_fail(__FILE__, __LINE__, "%d when all pieces from the %ldth on are refused", got, at);
  }
  CHECK(ended > 0);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  RUN(requests_and_answers);
  RUN(refusals);
  RUN(names);
  RUN(configurations_and_queries);
  RUN(lists);
  RUN(memory_of_a_list);
  RUN(small_pieces);
  return t_end();
}
