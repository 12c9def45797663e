/* NULL for every pointer of every function, numbers out of range, and outputs that are set before anything can fail. */
#include "test.h"

static gatelet_client *client;
static gatelet_queue *queue;
static void *const POISON = (void *)(uintptr_t)0x5a5a5a5a;

/* A failing call: the exact status, an error object that agrees, and the output set to NULL. */
#define REFUSED(expected, output, call)                                       \
  do {                                                                        \
    gatelet_error *error = POISON;                                            \
    gatelet_status got = (call);                                              \
    t_expect(__FILE__, __LINE__, #call, (expected), got);                     \
    CHECK(error != POISON && error != NULL);                                  \
    CHECK(gatelet_error_status(error) == got);                                \
    CHECK((output) == NULL);                                                  \
    gatelet_error_free(error);                                                \
  } while (0)

static void library(void) {
  CHECK(strcmp(gatelet_version(), GATELET_VERSION) == 0);
  CHECK(gatelet_abi_version() == GATELET_ABI_VERSION);
  CHECK(strcmp(gatelet_status_name(GATELET_OK), "ok") == 0);
  CHECK(strcmp(gatelet_status_name(GATELET_ERR_RATE_LIMIT), "rate_limit") == 0);
  CHECK(strcmp(gatelet_status_name(-1), "unknown") == 0);
  CHECK(strcmp(gatelet_status_name(INT32_MAX), "unknown") == 0);
  CHECK(strcmp(gatelet_status_name(INT32_MIN), "unknown") == 0);
  gatelet_string_free(NULL);
}

static void every_status_has_a_name(void) {
  for (gatelet_status s = 100; s <= 110; s++) CHECK(strcmp(gatelet_status_name(s), "unknown") != 0);
  for (gatelet_status s = 200; s <= 210; s++) CHECK(strcmp(gatelet_status_name(s), "unknown") != 0);
  for (gatelet_status s = 300; s <= 313; s++) CHECK(strcmp(gatelet_status_name(s), "unknown") != 0);
  for (gatelet_status s = 400; s <= 402; s++) CHECK(strcmp(gatelet_status_name(s), "unknown") != 0);
  CHECK(strcmp(gatelet_status_name(111), "unknown") == 0);
  CHECK(strcmp(gatelet_status_name(314), "unknown") == 0);
}

static void init(void) {
  gatelet_error *error = POISON;
  EXPECT(GATELET_ERR_ARGUMENT, gatelet_init(NULL, NULL, &error));
  CHECK(gatelet_error_status(error) == GATELET_ERR_ARGUMENT);
  gatelet_error_free(error);
  EXPECT(GATELET_ERR_ARGUMENT, gatelet_init(NULL, NULL, NULL));
  gatelet_client *c = POISON;
  EXPECT(GATELET_ERR_JSON, gatelet_init("", &c, NULL));
  CHECK(c == NULL);
  error = POISON;
  EXPECT(GATELET_OK, gatelet_init("{\"environment\":false}", &c, &error));
  CHECK(c != NULL && error == NULL);
  gatelet_free(c);
  EXPECT(GATELET_OK, gatelet_init(NULL, &c, NULL));
  gatelet_free(c);
  gatelet_free(NULL);
}

typedef gatelet_status (*blocking)(gatelet_client *, const char *, char **, gatelet_error **);

static void blocking_calls(void) {
  const blocking calls[] = {gatelet_chat, gatelet_completion, gatelet_embeddings};
  for (size_t i = 0; i < 3; i++) {
    char *answer = POISON;
    REFUSED(GATELET_ERR_HANDLE, answer, calls[i](NULL, REQUEST, &answer, &error));
    answer = POISON;
    REFUSED(GATELET_ERR_ARGUMENT, answer, calls[i](client, NULL, &answer, &error));
    REFUSED(GATELET_ERR_ARGUMENT, (void *)NULL, calls[i](client, REQUEST, NULL, &error));
    EXPECT(GATELET_ERR_ARGUMENT, calls[i](client, REQUEST, NULL, NULL));
    EXPECT(GATELET_ERR_HANDLE, calls[i](NULL, NULL, NULL, NULL));
  }
}

static void list_models(void) {
  char *models = POISON;
  REFUSED(GATELET_ERR_HANDLE, models, gatelet_list_models(NULL, NULL, &models, &error));
  REFUSED(GATELET_ERR_ARGUMENT, (void *)NULL, gatelet_list_models(client, NULL, NULL, &error));
  EXPECT(GATELET_ERR_ARGUMENT, gatelet_list_models(client, NULL, NULL, NULL));
  EXPECT(GATELET_OK, gatelet_list_models(client, NULL, &models, NULL));
  CHECK(strcmp(member(models, "object"), "list") == 0);
  gatelet_string_free(models);
}

static void streaming_calls(void) {
  typedef gatelet_status (*streaming)(gatelet_client *, const char *, gatelet_event_fn, void *, char **, gatelet_error **);
  const streaming calls[] = {gatelet_stream, gatelet_completion_stream};
  for (size_t i = 0; i < 2; i++) {
    outcome o = {0};
    char *answer = POISON;
    REFUSED(GATELET_ERR_HANDLE, answer, calls[i](NULL, REQUEST, on_event, &o, &answer, &error));
    answer = POISON;
    REFUSED(GATELET_ERR_ARGUMENT, answer, calls[i](client, NULL, on_event, &o, &answer, &error));
    answer = POISON;
    REFUSED(GATELET_ERR_ARGUMENT, answer, calls[i](client, REQUEST, NULL, &o, &answer, &error));
    CHECK(o.ends == 0 && o.chunks == 0);
    EXPECT(GATELET_ERR_HANDLE, calls[i](NULL, NULL, NULL, NULL, NULL, NULL));
  }
}

static void stream_without_answer(void) {
  outcome o = {0};
  EXPECT(GATELET_OK, gatelet_stream(client, REQUEST, on_event, &o, NULL, NULL));
  CHECK(o.chunks > 1 && o.ends == 1 && o.text_length > 0);
  end_outcome(&o);
}

static void log_function(void) {
  REFUSED(GATELET_ERR_HANDLE, (void *)NULL, gatelet_set_log(NULL, NULL, NULL, NULL, &error));
  EXPECT(GATELET_OK, gatelet_set_log(client, NULL, NULL, NULL, NULL));
}

static void reload(void) {
  REFUSED(GATELET_ERR_HANDLE, (void *)NULL, gatelet_reload(NULL, NULL, &error));
  REFUSED(GATELET_ERR_JSON, (void *)NULL, gatelet_reload(client, "", &error));
  REFUSED(GATELET_ERR_CONFIG, (void *)NULL, gatelet_reload(client, "{\"nonsense\":1}", &error));
  EXPECT(GATELET_ERR_HANDLE, gatelet_reload(NULL, NULL, NULL));
  gatelet_client *c = dev_client();
  EXPECT(GATELET_OK, gatelet_reload(c, NULL, NULL)); /* defaults and environment, as with gatelet_init */
  gatelet_free(c);
}

static int hook(const char *event, void *user) { (void)event, (void)user; return 0; }
static void set_hook(void) {
  REFUSED(GATELET_ERR_HANDLE, (void *)NULL, gatelet_set_hook(NULL, NULL, NULL, NULL, NULL, &error));
  REFUSED(GATELET_ERR_HANDLE, (void *)NULL, gatelet_set_hook(NULL, hook, NULL, NULL, NULL, &error));
  EXPECT(GATELET_OK, gatelet_set_hook(client, NULL, NULL, NULL, NULL, NULL));
  const char *const bad[] = {"", "[]", "1", "{\"events\":\"request\"}", "{\"events\":[1]}", "{\"events\":[\"nonsense\"]}",
                             "{\"content\":1}", "{\"nonsense\":true}", "{\"content\":true"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    REFUSED(GATELET_ERR_JSON, (void *)NULL, gatelet_set_hook(client, hook, NULL, NULL, bad[i], &error));
}

static void providers(void) {
  char *text = POISON;
  REFUSED(GATELET_ERR_HANDLE, text, gatelet_providers(NULL, NULL, &text, &error));
  REFUSED(GATELET_ERR_ARGUMENT, (void *)NULL, gatelet_providers(client, NULL, NULL, &error));
  const char *const bad[] = {"", "[]", "{\"provider\":5}", "{\"provider\":[5]}", "{\"probe\":\"yes\"}", "{\"nonsense\":1}"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    text = POISON;
    REFUSED(GATELET_ERR_JSON, text, gatelet_providers(client, bad[i], &text, &error));
  }
  text = POISON;
  REFUSED(GATELET_ERR_MODEL_UNRESOLVED, text, gatelet_providers(client, "{\"provider\":\"nobody\"}", &text, &error));
  REFUSED(GATELET_ERR_MODEL_UNRESOLVED, text, gatelet_providers(client, "{\"provider\":[\"dev\",\"nobody\"]}", &text, &error));
  EXPECT(GATELET_OK, gatelet_providers(client, NULL, &text, NULL));
  CHECK(strcmp(member(text, "object"), "list") == 0 && *member(text, "data.0.id"));
  gatelet_string_free(text);
}

static void stats(void) {
  char *text = POISON;
  REFUSED(GATELET_ERR_HANDLE, text, gatelet_stats(NULL, NULL, &text, &error));
  REFUSED(GATELET_ERR_ARGUMENT, (void *)NULL, gatelet_stats(client, NULL, NULL, &error));
  const char *const bad[] = {"", "[]", "{\"by\":5}", "{\"by\":\"week\"}", "{\"by\":[\"day\",5]}", "{\"provider\":[]}", "{\"since\":-1}",
                             "{\"since\":\"now\"}", "{\"reset\":1}", "{\"nonsense\":1}"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    text = POISON;
    REFUSED(GATELET_ERR_JSON, text, gatelet_stats(client, bad[i], &text, &error));
  }
  EXPECT(GATELET_OK, gatelet_stats(client, NULL, &text, NULL));
  CHECK(strcmp(member(text, "object"), "gatelet.stats") == 0 && *member(text, "total.requests"));
  gatelet_string_free(text);
}

static void queues(void) {
  gatelet_queue *q = POISON;
  REFUSED(GATELET_ERR_ARGUMENT, (void *)NULL, gatelet_queue_new(NULL, NULL, &error));
  REFUSED(GATELET_ERR_JSON, q, gatelet_queue_new("", &q, &error));
  q = POISON;
  REFUSED(GATELET_ERR_CONFIG, q, gatelet_queue_new("{\"nonsense\":1}", &q, &error));
  q = POISON;
  REFUSED(GATELET_ERR_CONFIG, q, gatelet_queue_new("{\"events\":0}", &q, &error));
  q = POISON;
  REFUSED(GATELET_ERR_CONFIG, q, gatelet_queue_new("{\"events\":\"many\"}", &q, &error));
  q = POISON;
  REFUSED(GATELET_ERR_CONFIG, q, gatelet_queue_new("{\"driver\":\"nobody\"}", &q, &error));
  CHECK(gatelet_queue_fd(NULL) == -1);
  CHECK(gatelet_queue_fd(queue) >= 0);
  gatelet_queue_free(NULL);
}

static void queue_submit(void) {
  REFUSED(GATELET_ERR_HANDLE, (void *)NULL, gatelet_queue_submit(NULL, client, GATELET_OP_CHAT, REQUEST, NULL, 1, &error));
  REFUSED(GATELET_ERR_HANDLE, (void *)NULL, gatelet_queue_submit(queue, NULL, GATELET_OP_CHAT, REQUEST, NULL, 1, &error));
  for (gatelet_operation op = GATELET_OP_CHAT; op <= GATELET_OP_EMBEDDINGS; op++)
    REFUSED(GATELET_ERR_ARGUMENT, (void *)NULL, gatelet_queue_submit(queue, client, op, NULL, NULL, 1, &error));
  const gatelet_operation unknown[] = {0, -1, 14, 1000, INT32_MAX, INT32_MIN};
  for (size_t i = 0; i < 6; i++)
    REFUSED(GATELET_ERR_ARGUMENT, (void *)NULL, gatelet_queue_submit(queue, client, unknown[i], REQUEST, NULL, 1, &error));
  gatelet_batch *batch = POISON; /* refused: no event came */
  EXPECT(GATELET_OK, gatelet_queue_next(queue, 0, 50, &batch, NULL));
  CHECK(batch == NULL);
}

static void queue_next(void) {
  gatelet_batch *batch = POISON;
  REFUSED(GATELET_ERR_HANDLE, batch, gatelet_queue_next(NULL, 0, 0, &batch, &error));
  REFUSED(GATELET_ERR_ARGUMENT, (void *)NULL, gatelet_queue_next(queue, 0, 0, NULL, &error));
  REFUSED(GATELET_ERR_HANDLE, (void *)NULL, gatelet_queue_cancel(NULL, 1, &error));
  EXPECT(GATELET_OK, gatelet_queue_cancel(queue, 1, NULL));
  REFUSED(GATELET_ERR_HANDLE, (void *)NULL, gatelet_queue_pause(NULL, 1, &error));
  REFUSED(GATELET_ERR_HANDLE, (void *)NULL, gatelet_queue_resume(NULL, 1, &error));
}

static void batches(void) {
  size_t count = 99;
  CHECK(gatelet_batch_events(NULL, &count) == NULL);
  CHECK(count == 0);
  CHECK(gatelet_batch_events(NULL, NULL) == NULL);
  gatelet_batch_free(NULL);
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT, REQUEST, NULL, 1, NULL));
  gatelet_batch *batch = NULL;
  EXPECT(GATELET_OK, gatelet_queue_next(queue, 0, 10000, &batch, NULL));
  CHECK(gatelet_batch_events(batch, NULL) == NULL || batch); /* no count wanted: must not crash */
  gatelet_batch_free(batch);
}

static void errors(void) {
  CHECK(gatelet_error_status(NULL) == GATELET_ERR_HANDLE);
  CHECK(strcmp(gatelet_error_message(NULL), "") == 0);
  CHECK(strcmp(gatelet_error_json(NULL), "{}") == 0);
  gatelet_error_free(NULL);
}

static void error_outlives_client(void) {
  gatelet_client *c = dev_client();
  gatelet_error *error = NULL;
  char *answer;
  EXPECT(GATELET_ERR_JSON, gatelet_chat(c, "{", &answer, &error));
  gatelet_free(c);
  CHECK(gatelet_error_status(error) == GATELET_ERR_JSON);
  CHECK(strcmp(member(gatelet_error_json(error), "kind"), "json") == 0);
  CHECK(strlen(gatelet_error_message(error)) > 5);
  gatelet_error_free(error);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  client = dev_client();
  queue = new_queue(NULL);
  RUN(library);
  RUN(every_status_has_a_name);
  RUN(init);
  RUN(blocking_calls);
  RUN(list_models);
  RUN(streaming_calls);
  RUN(stream_without_answer);
  RUN(log_function);
  RUN(reload);
  RUN(set_hook);
  RUN(providers);
  RUN(stats);
  RUN(queues);
  RUN(queue_submit);
  RUN(queue_next);
  RUN(batches);
  RUN(errors);
  RUN(error_outlives_client);
  gatelet_queue_free(queue);
  gatelet_free(client);
  return t_end();
}
