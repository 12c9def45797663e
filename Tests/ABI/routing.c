/* gatelet_reload, gatelet_set_hook, gatelet_providers, gatelet_stats. */
#include "test.h"

/* ---- reload */

static char *config_of(const char *scenario, const char *more) {
  static char config[1024];
  snprintf(config, sizeof config,
           "{\"environment\":false,\"default_provider\":\"fault\",\"retry\":{\"attempts\":0},\"breaker\":{\"enabled\":false},"
           "\"providers\":{\"fault\":{\"base_url\":\"http://127.0.0.1:%d/%s/v1\",\"api_key\":\"" SECRET "\"}}%s%s}",
           server_port(), scenario, more ? "," : "", more ? more : "");
  return config;
}

static void expect_chat(gatelet_client *client, gatelet_status expected) {
  outcome o = chat(client, REQUEST);
  EXPECT(expected, o.status);
  end_outcome(&o);
}

static void reload_swaps(void) {
  gatelet_client *client = client_of("ok", NULL);
  expect_chat(client, GATELET_OK);
  EXPECT(GATELET_OK, gatelet_reload(client, config_of("code/404", NULL), NULL));
  expect_chat(client, GATELET_ERR_NOT_FOUND);
  EXPECT(GATELET_OK, gatelet_reload(client, config_of("ok", NULL), NULL));
  expect_chat(client, GATELET_OK);
  EXPECT(GATELET_OK, gatelet_reload(client, "{\"environment\":false,\"dev_mode\":true}", NULL));
  expect_chat(client, GATELET_OK);
  gatelet_free(client);
}

static void a_bad_configuration_keeps_the_old(void) {
  gatelet_client *client = client_of("ok", NULL);
  const struct { const char *config; gatelet_status expected; } rows[] = {
      {"", GATELET_ERR_JSON},
      {"{\"environment\":false", GATELET_ERR_JSON},
      {"[]", GATELET_ERR_CONFIG},
      {"{\"environment\":false,\"providers\":{\"fault\":{\"base_url\":\"not a url\"}}}", GATELET_ERR_CONFIG},
      {"{\"environment\":false,\"nonsense\":1}", GATELET_ERR_CONFIG},
      {"{\"environment\":false,\"limits\":{\"client\":{\"concurrency\":1}},\"retry\":{\"attempts\":-1}}", GATELET_ERR_CONFIG},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    gatelet_error *error = NULL;
    gatelet_status got = gatelet_reload(client, rows[i].config, &error);
    t_expect(__FILE__, __LINE__, rows[i].config, rows[i].expected, got);
    CHECK(gatelet_error_status(error) == got && *gatelet_error_message(error));
    gatelet_error_free(error);
    expect_chat(client, GATELET_OK);
  }
  gatelet_free(client);
}

static void a_stale_handle_cannot_be_reloaded(void) {
  gatelet_client *client = dev_client();
  gatelet_free(client);
  EXPECT(GATELET_ERR_HANDLE, gatelet_reload(client, NULL, NULL));
}

typedef struct { pthread_t thread; gatelet_client *client; outcome outcome; } asker;

static void *ask(void *context) {
  asker *a = context;
  a->outcome = stream(a->client, REQUEST);
  return NULL;
}

/* What is in flight ends as it began, while later requests use the new configuration. */
static void requests_in_flight_keep_theirs(void) {
  gatelet_client *client = client_of("paced/50/16", NULL);
  asker a = {.client = client};
  pthread_create(&a.thread, NULL, ask, &a);
  t_sleep(0.3);
  EXPECT(GATELET_OK, gatelet_reload(client, config_of("code/404", NULL), NULL));
  expect_chat(client, GATELET_ERR_NOT_FOUND);
  pthread_join(a.thread, NULL);
  EXPECT(GATELET_OK, a.outcome.status);
  CHECK(a.outcome.chunks == 17 && a.outcome.ends == 1);
  end_outcome(&a.outcome);
  gatelet_free(client);
}

/* A bad key that is still being asked when the good one comes must not take the good one with it. */
static void an_old_refusal_spares_the_new_keys(void) {
  const char *old = "{\"environment\":false,\"retry\":{\"attempts\":0},\"providers\":{\"d\":{\"dialect\":\"dev\",\"api_key\":\"" SECRET
                    "\",\"faults\":{\"sequence\":[{\"status\":401,\"first_byte_delay\":0.6},\"ok\"]}}}}";
  const char *new = "{\"environment\":false,\"retry\":{\"attempts\":0},\"providers\":{\"d\":{\"dialect\":\"dev\",\"api_key\":\"k2\"}}}";
  gatelet_client *client = make_client(old);
  asker a = {.client = client};
  pthread_create(&a.thread, NULL, ask, &a);
  t_sleep(0.2);
  EXPECT(GATELET_OK, gatelet_reload(client, new, NULL));
  pthread_join(a.thread, NULL);
  EXPECT(GATELET_ERR_AUTH, a.outcome.status);
  expect_chat(client, GATELET_OK);
  end_outcome(&a.outcome);
  gatelet_free(client);
}

static void reload_revives_keys(void) {
  gatelet_client *client = client_of("code/401", NULL);
  expect_chat(client, GATELET_ERR_AUTH);
  outcome resting = chat(client, REQUEST); /* the reason of the only key, while it rests: nothing is sent */
  EXPECT(GATELET_ERR_AUTH, resting.status);
  CHECK(resting.error_json && !strstr(resting.error_json, "\"attempts\":[{"));
  end_outcome(&resting);
  EXPECT(GATELET_OK, gatelet_reload(client, config_of("code/401", NULL), NULL));
  outcome again = chat(client, REQUEST);
  EXPECT(GATELET_ERR_AUTH, again.status);
  CHECK(again.error_json && strstr(again.error_json, "\"attempts\":[{"));
  end_outcome(&again);
  gatelet_free(client);
}

/* ---- hook */

typedef struct {
  pthread_mutex_t lock;
  int count, value;
  char events[16][24];
  char *last[16];
  pthread_t threads[16];
} listener;

static int listen(const char *event, void *user) {
  listener *l = user;
  pthread_mutex_lock(&l->lock);
  CHECK(!strstr(event, SECRET));
  if (l->count < 16) {
    snprintf(l->events[l->count], 24, "%s", member(event, "event"));
    l->last[l->count] = strdup(event);
    l->threads[l->count++] = pthread_self();
  }
  pthread_mutex_unlock(&l->lock);
  return l->value;
}

static void forget(listener *l) {
  for (int i = 0; i < l->count; i++) free(l->last[i]);
  l->count = 0;
}

static bool heard(const listener *l, const char *wanted) {
  char all[512] = "";
  for (int i = 0; i < l->count; i++) snprintf(all + strlen(all), sizeof all - strlen(all), "%s ", l->events[i]);
  if (strcmp(all, wanted) == 0) return true;
  t_fail(__FILE__, __LINE__, "heard \"%s\", expected \"%s\"", all, wanted);
  return false;
}

static void hook_hears_all(void) {
  listener l = {.lock = PTHREAD_MUTEX_INITIALIZER};
  gatelet_client *client = pair_of("code/503", "ok", "\"retry\":{\"attempts\":0}");
  EXPECT(GATELET_OK, gatelet_set_hook(client, listen, &l, NULL, NULL, NULL));
  for (int round = 0; round < 2; round++) {
    outcome o = round ? chat(client, REQUEST) : stream(client, REQUEST);
    EXPECT(GATELET_OK, o.status);
    end_outcome(&o);
    if (heard(&l, "request attempt attempt_end attempt attempt_end request_end ")) {
      CHECK(strcmp(member(l.last[1], "provider"), "a") == 0 && strcmp(member(l.last[3], "provider"), "b") == 0);
      CHECK(strcmp(member(l.last[2], "status"), "overloaded") == 0 && strcmp(member(l.last[2], "http_status"), "503") == 0);
      CHECK(strcmp(member(l.last[2], "error.kind"), "overloaded") == 0);
      for (int i = 0; i < l.count; i++) CHECK(strcmp(member(l.last[i], "request_id"), member(l.last[0], "request_id")) == 0);
    }
    forget(&l);
  }
  gatelet_free(client);
}

static void hook_hears_what_it_wants(void) {
  listener l = {.lock = PTHREAD_MUTEX_INITIALIZER};
  gatelet_client *client = client_of("ok", NULL);
  EXPECT(GATELET_OK, gatelet_set_hook(client, listen, &l, NULL, "{\"events\":[\"request\",\"request_end\"],\"content\":true}", NULL));
  expect_chat(client, GATELET_OK);
  if (heard(&l, "request request_end ")) {
    CHECK(strcmp(member(l.last[0], "request.messages.0.content"), "hello") == 0);
    CHECK(strcmp(member(l.last[1], "answer.choices.0.message.content"), "Hello there") == 0);
  }
  forget(&l);
  /* bad options change nothing */
  EXPECT(GATELET_ERR_JSON, gatelet_set_hook(client, listen, &l, NULL, "{\"events\":[\"all\"]}", NULL));
  EXPECT(GATELET_OK, gatelet_set_hook(client, listen, &l, NULL, "{\"events\":[\"request\",\"request_end\"]}", NULL));
  expect_chat(client, GATELET_OK);
  heard(&l, "request request_end ");
  for (int i = 0; i < l.count; i++) CHECK(!strstr(l.last[i], "hello") && !strstr(l.last[i], "Hello there"));
  forget(&l);
  EXPECT(GATELET_OK, gatelet_set_hook(client, listen, &l, NULL, "{\"events\":[]}", NULL));
  expect_chat(client, GATELET_OK);
  EXPECT(GATELET_OK, gatelet_set_hook(client, listen, &l, NULL, NULL, NULL));
  EXPECT(GATELET_OK, gatelet_set_hook(client, NULL, NULL, NULL, NULL, NULL));
  expect_chat(client, GATELET_OK);
  CHECK(l.count == 0);
  gatelet_free(client);
}

static void hook_refuses(void) {
  listener l = {.lock = PTHREAD_MUTEX_INITIALIZER, .value = -77};
  gatelet_client *client = client_of("target", NULL);
  gatelet_queue *queue = new_queue(NULL);
  long before = server_stat("paths.target");
  EXPECT(GATELET_OK, gatelet_set_hook(client, listen, &l, NULL, NULL, NULL));
  for (int round = 0; round < 2; round++) {
    outcome o = round ? stream(client, REQUEST) : chat(client, REQUEST);
    EXPECT(GATELET_ERR_REFUSED, o.status);
    CHECK(o.chunks == 0 && o.ends == 0 && strcmp(member(o.error_json, "callback_result"), "-77") == 0);
    end_outcome(&o);
  }
  gatelet_error *error = NULL;
  EXPECT(GATELET_ERR_REFUSED, gatelet_queue_submit(queue, client, GATELET_OP_CHAT, REQUEST, NULL, 1, &error));
  CHECK(strcmp(member(gatelet_error_json(error), "callback_result"), "-77") == 0);
  gatelet_error_free(error);
  CHECK(drain(queue, 1, 0.1, NULL, NULL) == 0);
  heard(&l, "request request request ");
  CHECK(server_stat("paths.target") == before);
  /* elsewhere the value means nothing */
  forget(&l);
  EXPECT(GATELET_OK, gatelet_set_hook(client, listen, &l, NULL, "{\"events\":[\"attempt\",\"attempt_end\",\"request_end\"]}", NULL));
  expect_chat(client, GATELET_OK);
  heard(&l, "attempt attempt_end request_end ");
  forget(&l);
  gatelet_queue_free(queue);
  gatelet_free(client);
}

/* "request" comes on the submitting thread; the rest where the work is done. */
static void hook_runs_where_it_should(void) {
  const char *const drivers[] = {"{\"driver\":\"thread\"}", "{\"driver\":\"caller\"}"};
  for (int i = 0; i < 3; i++) {
    listener l = {.lock = PTHREAD_MUTEX_INITIALIZER};
    gatelet_client *client = client_of("ok", NULL);
    EXPECT(GATELET_OK, gatelet_set_hook(client, listen, &l, NULL, NULL, NULL));
    if (i == 2) {
      expect_chat(client, GATELET_OK);
    } else {
      gatelet_queue *queue = new_queue(drivers[i]);
      EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT_STREAM, REQUEST, NULL, 1, NULL));
      CHECK(drain(queue, 1, PATIENCE, NULL, NULL) == 1);
      gatelet_queue_free(queue);
    }
    gatelet_free(client);
    heard(&l, "request attempt attempt_end request_end ");
    for (int k = 0; k < l.count; k++) CHECK((pthread_equal(l.threads[k], pthread_self()) != 0) == (k == 0 || i > 0));
    forget(&l);
  }
}

/* ---- stats */

static char *stats(gatelet_client *client, const char *query) {
  char *text = NULL;
  EXPECT(GATELET_OK, gatelet_stats(client, query, &text, NULL));
  CHECK(text && !strstr(text, SECRET) && strcmp(member(text, "object"), "gatelet.stats") == 0);
  return text;
}

static void stats_count(void) {
  gatelet_client *client = pair_of("code/401", "ok", NULL);
  expect_chat(client, GATELET_OK); /* a refuses its key, b answers */
  EXPECT(GATELET_OK, gatelet_reload(client, config_of("ok", NULL), NULL));
  expect_chat(client, GATELET_OK);
  char *text = stats(client, NULL);
  CHECK(strcmp(member(text, "total.requests"), "2") == 0 && strcmp(member(text, "total.attempts"), "3") == 0);
  CHECK(strcmp(member(text, "total.fallbacks"), "1") == 0 && strcmp(member(text, "total.errors.auth"), "1") == 0);
  CHECK(strcmp(member(text, "provider.0.provider"), "a") == 0 && strcmp(member(text, "provider.0.requests"), "0") == 0);
  CHECK(strcmp(member(text, "provider.1.provider"), "b") == 0 && strcmp(member(text, "provider.1.requests"), "1") == 0);
  CHECK(*member(text, "day.0.start") && *member(text, "key.2.key") && !*member(text, "tag.0"));
  gatelet_string_free(text);
  text = stats(client, "{\"by\":\"provider\",\"provider\":\"b\",\"reset\":true}");
  CHECK(strcmp(member(text, "provider.0.requests"), "1") == 0 && !*member(text, "provider.1") && !*member(text, "model"));
  gatelet_string_free(text);
  text = stats(client, "{\"by\":[\"provider\",\"minute\"]}");
  CHECK(strcmp(member(text, "total.requests"), "0") == 0 && !*member(text, "provider.0") && !*member(text, "minute.0"));
  gatelet_string_free(text);
  gatelet_free(client);
}

/* ---- providers */

static char *providers(gatelet_client *client, const char *query) {
  char *text = NULL;
  EXPECT(GATELET_OK, gatelet_providers(client, query, &text, NULL));
  CHECK(text && !strstr(text, SECRET) && strcmp(member(text, "object"), "list") == 0);
  return text;
}

static void providers_are_told(void) {
  gatelet_client *client = pair_of("code/401", "ok", NULL);
  char *text = providers(client, "{\"provider\":[\"b\",\"a\",\"b\"]}");
  CHECK(strcmp(member(text, "data.0.id"), "b") == 0 && strcmp(member(text, "data.1.id"), "a") == 0 && !*member(text, "data.2"));
  CHECK(strcmp(member(text, "data.1.keys.0.state"), "ok") == 0 && !*member(text, "data.0.probe"));
  gatelet_string_free(text);
  expect_chat(client, GATELET_OK); /* a refuses its key, b answers */
  text = providers(client, "{\"provider\":\"a\"}");
  CHECK(strcmp(member(text, "data.0.keys.0.state"), "retired") == 0 && strcmp(member(text, "data.0.keys.0.reason"), "auth") == 0);
  CHECK(strcmp(member(text, "data.0.health.in_flight"), "0") == 0);
  CHECK(strcmp(member(text, "data.0.configured"), "true") == 0 && strcmp(member(text, "data.0.named"), "true") == 0);
  gatelet_string_free(text);
  gatelet_free(client);
}

static void probes(void) {
  const struct { const char *scenario, *more, *kind; } rows[] = {
      {"ok", NULL, ""}, {"code/503", NULL, "overloaded"}, {"echo/401", NULL, "auth"}, {"raw/nothttp", NULL, "protocol"},
      {"hang", "\"timeouts\":{\"first_byte\":0.3}", "timeout_first_byte"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    gatelet_client *client = client_of(rows[i].scenario, rows[i].more);
    char *text = providers(client, "{\"provider\":\"fault\",\"probe\":true}");
    const char *kind = member(text, "data.0.probe.error.kind");
    CHECK(strcmp(member(text, "data.0.probe.ok"), *rows[i].kind ? "false" : "true") == 0);
    if (strcmp(kind, rows[i].kind)) t_fail(__FILE__, __LINE__, "%s: probe says %s", rows[i].scenario, text);
    gatelet_string_free(text);
    gatelet_free(client);
  }
}

static void *probe_it(void *client) {
  char *text = (char *)1;
  EXPECT(GATELET_ERR_CLOSED, gatelet_providers(client, "{\"probe\":true}", &text, NULL));
  CHECK(text == NULL);
  return NULL;
}
static void free_ends_a_probe(void) {
  gatelet_client *client = client_of("hang", NULL);
  pthread_t thread;
  pthread_create(&thread, NULL, probe_it, client);
  t_sleep(t_sanitized() ? 1 : 0.3);
  gatelet_free(client);
  pthread_join(thread, NULL);
}

static void unknown_names(void) {
  gatelet_client *client = client_of("ok", NULL);
  char *text;
  EXPECT(GATELET_ERR_MODEL_UNRESOLVED, gatelet_providers(client, "{\"provider\":[\"fault\",\"nobody\"],\"probe\":true}", &text, NULL));
  EXPECT(GATELET_ERR_MODEL_UNRESOLVED, gatelet_list_models(client, "{\"provider\":\"nobody\"}", &text, NULL));
  CHECK(text == NULL);
  gatelet_free(client);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  RUN(reload_swaps);
  RUN(a_bad_configuration_keeps_the_old);
  RUN(a_stale_handle_cannot_be_reloaded);
  RUN(requests_in_flight_keep_theirs);
  RUN(an_old_refusal_spares_the_new_keys);
  RUN(reload_revives_keys);
  RUN(hook_hears_all);
  RUN(hook_hears_what_it_wants);
  RUN(hook_refuses);
  RUN(hook_runs_where_it_should);
  RUN(stats_count);
  RUN(providers_are_told);
  RUN(probes);
  RUN(free_ends_a_probe);
  RUN(unknown_names);
  return t_end();
}
