/* gatelet_test_models: what is asked, in which order and when, what comes of it, and every way to end it. */
#include "test.h"

#include <math.h>
#include <sys/time.h>

/* What a run told, and what it gave. */
typedef struct run {
  gatelet_status status;
  char *results, *error;
  double seconds;
  int starts, finishes, waits, stop_at, stop_value; /* stop_at: which finish ends it */
  double started[32];
  char order[512]; /* provider/model of each start */
  void (*inside)(struct run *);
  gatelet_client *client;
} run;

static int on_progress(const char *event, void *user) {
  run *r = user;
  const char *kind = member(event, "event");
  CHECK(!r->stop_at || r->finishes < r->stop_at); /* not called again after it said stop */
  CHECK(*member(event, "done") && *member(event, "total") && *member(event, "elapsed_ms"));
  if (strcmp(kind, "start") == 0) {
    if (r->starts < 32) r->started[r->starts] = t_now();
    r->starts++;
    size_t n = strlen(r->order);
    snprintf(r->order + n, sizeof r->order - n, "%s/%s ", member(event, "provider"), member(event, "model"));
  } else if (strcmp(kind, "finish") == 0) {
    r->finishes++;
    CHECK(strcmp(member(event, "status"), member(event, "result.status")) == 0);
    CHECK(*member(event, "report.summary.total") && !*member(event, "report.results"));
    if (r->finishes == r->stop_at) return r->stop_value;
  } else {
    CHECK(strcmp(kind, "wait") == 0);
    r->waits++;
  }
  if (r->inside) r->inside(r);
  return 0;
}

static run test_with(gatelet_client *client, const char *options, run r) {
  gatelet_error *error = NULL;
  r.client = client;
  double start = t_now();
  r.status = gatelet_test_models(client, options, on_progress, &r, &r.results, &error);
  r.seconds = t_now() - start;
  CHECK((r.status == GATELET_OK) == (error == NULL));
  if (error) r.error = strdup(gatelet_error_json(error));
  gatelet_error_free(error);
  if (r.results) {
    CHECK(!strstr(r.results, SECRET));
    json_t *document = json_loads(r.results, JSON_REJECT_DUPLICATES, NULL);
    CHECK(document != NULL || strstr(r.results, "1e400") || strstr(r.results, "\\ud800")); /* jansson takes neither */
    json_decref(document);
  }
  return r;
}
static run test(gatelet_client *client, const char *options) { return test_with(client, options, (run){0}); }
static void end_run(run *r) {
  gatelet_string_free(r->results);
  free(r->error);
  memset(r, 0, sizeof *r);
}

/* Two development providers with the models embed, echo and echo-large each. */
static gatelet_client *two(const char *of_a) {
  char config[1024];
  snprintf(config, sizeof config,
           "{\"environment\":false,\"provider_order\":[\"a\",\"b\"],\"fallback_models\":[\"b/echo\"],\"providers\":{\"a\":{\"dialect\":\"dev\","
           "\"token_delay\":0.005%s%s},\"b\":{\"dialect\":\"dev\",\"token_delay\":0.005}}}",
           of_a ? "," : "", of_a ? of_a : "");
  return make_client(config);
}

/* ---- what is tested */

static void every_chat_model_is_asked(void) {
  gatelet_client *client = two(NULL);
  run r = test(client, "{\"spacing\":0}");
  EXPECT(GATELET_OK, r.status);
  CHECK(r.starts == 4 && r.finishes == 6);
  CHECK(strcmp(r.order, "a/echo b/echo a/echo-large b/echo-large ") == 0 || strcmp(r.order, "a/echo b/echo b/echo-large a/echo-large ") == 0);
  CHECK(strcmp(member(r.results, "summary.total"), "4") == 0 && strcmp(member(r.results, "summary.successful"), "4") == 0);
  CHECK(strcmp(member(r.results, "summary.skipped"), "2") == 0 && strcmp(member(r.results, "summary.success_rate"), "100.0") == 0);
  CHECK(strcmp(member(r.results, "results.0.status"), "skipped") == 0 && strcmp(member(r.results, "results.0.reason"), "Embedding model") == 0);
  CHECK(strcmp(member(r.results, "results.2.tokens"), "23") == 0 && strstr(member(r.results, "results.2.response"), "Hello, world!"));
  CHECK(atof(member(r.results, "results.2.latency_ms")) > 1 && *member(r.results, "fastest.3.name") && !*member(r.results, "fastest.4"));
  end_run(&r);
  gatelet_free(client);
}

static void choices_and_their_question(void) {
  gatelet_client *client = two(NULL);
  run r = test(client, "{\"spacing\":0,\"models\":[\"b/echo*\"],\"prompt\":\"Line 1\\n\\u00e9\",\"max_tokens\":7}");
  CHECK(r.status == GATELET_OK && strcmp(r.order, "b/echo b/echo-large ") == 0);
  CHECK(atoi(member(r.results, "results.0.tokens")) > 7 && atoi(member(r.results, "results.0.tokens")) < 20 && *member(r.results, "results.0.usage"));
  CHECK(strcmp(member(r.results, "options.prompt"), "Line 1\n\xc3\xa9") == 0);
  end_run(&r);
  r = test(client, "{\"spacing\":0,\"models\":\"echo\",\"provider\":\"b\"}");
  CHECK(r.status == GATELET_OK && strcmp(r.order, "b/echo ") == 0);
  end_run(&r);
  r = test(client, "{\"spacing\":0,\"models\":[\"a/unlisted\",\"a/echo\",\"a/unlisted\"],\"stream\":true}");
  CHECK(r.status == GATELET_OK && strcmp(r.order, "a/unlisted a/echo ") == 0);
  CHECK(atof(member(r.results, "results.0.first_content_ms")) > 0 && strcmp(member(r.results, "results.0.tokens"), "23") == 0);
  end_run(&r);
  r = test(client, "{\"spacing\":0,\"limit\":1}");
  CHECK(r.status == GATELET_OK && r.starts == 1 && strcmp(member(r.results, "summary.remaining"), "3") == 0);
  end_run(&r);
  gatelet_free(client);
}

static void one_attempt_and_nobody_stands_in(void) {
  /* a fails in every way that would retry, rotate, open a breaker or retire the key; the models after them are asked all the same. */
  gatelet_client *client = two("\"keys\":[{\"value\":\"" SECRET "\"},{\"value\":\"" SECRET "2\"}],"
                               "\"faults\":{\"sequence\":[429,503,{\"status\":402},{\"status\":401},500,429,\"ok\"]}");
  run r = test(client, "{\"spacing\":0,\"provider\":\"a\",\"models\":[\"a/1\",\"a/2\",\"a/3\",\"a/4\",\"a/5\",\"a/6\",\"a/7\"]}");
  EXPECT(GATELET_OK, r.status);
  static const char *const reasons[] = {"Rate limited", "Overloaded", "Requires credits", "Invalid API key", "Server error", "Rate limited"};
  for (int i = 0; i < 6; i++) {
    char path[64];
    snprintf(path, sizeof path, "results.%d.reason", i);
    if (strcmp(member(r.results, path), reasons[i]) != 0) t_fail(__FILE__, __LINE__, "%d: %s", i, member(r.results, path));
  }
  CHECK(strcmp(member(r.results, "results.6.status"), "success") == 0 && strcmp(member(r.results, "results.6.provider"), "a") == 0);
  CHECK(r.starts == 7 && fabs(atof(member(r.results, "summary.success_rate")) - 14.3) < 1e-9 && !*member(r.results, "results.0.error.attempts"));
  if (!t_sanitized()) CHECK(r.seconds < 10); /* no backoff */
  end_run(&r);
  gatelet_free(client);
}

static void servers_over_tcp(void) {
  gatelet_client *client = client_of("code/402", NULL);
  run r = test(client, "{\"spacing\":0,\"models\":\"fault/m\"}"); /* no list is needed */
  CHECK(r.status == GATELET_OK && strcmp(member(r.results, "results.0.error.kind"), "funds") == 0);
  end_run(&r);
  r = test(client, "{\"spacing\":0}");
  CHECK(r.status == GATELET_ERR_FUNDS && r.results == NULL);
  end_run(&r);
  gatelet_free(client);
  client = client_of("hang", NULL);
  r = test(client, "{\"spacing\":0,\"models\":\"fault/m\",\"timeout\":0.2}");
  CHECK(r.status == GATELET_OK && r.seconds < 2 && strcmp(member(r.results, "results.0.reason"), "Timed out") == 0);
  end_run(&r);
  gatelet_free(client);
}

/* ---- when */

static void spacing_and_providers_side_by_side(void) {
  gatelet_client *client = two(NULL);
  run r = test(client, "{\"spacing\":0.4,\"models\":[\"a/1\",\"a/2\",\"a/3\",\"b/1\",\"b/2\",\"b/3\"]}");
  EXPECT(GATELET_OK, r.status);
  CHECK(strncmp(r.order, "a/1 b/1 ", 8) == 0 && r.starts == 6);
  for (int i = 2; i < 6; i++) CHECK(r.started[i] - r.started[i - 2] > 0.39);
  if (!t_sanitized()) CHECK(r.seconds > 0.8 && r.seconds < 8 && r.started[1] < r.started[2]);
  end_run(&r);
  r = test(client, "{\"spacing\":0,\"concurrency\":1,\"models\":[\"a/1\",\"a/2\",\"b/1\",\"b/2\"]}");
  CHECK(r.status == GATELET_OK && strcmp(r.order, "a/1 b/1 a/2 b/2 ") == 0);
  for (int i = 1; i < 4; i++) CHECK(r.started[i] - r.started[i - 1] > 0.05); /* 18 tokens, 5 ms each */
  end_run(&r);
  gatelet_free(client);
}

static void ignore(int signal) { (void)signal; }
static void waiting_ticks_and_notices_signals(void) {
  gatelet_client *client = dev_client();
  run r = test(client, "{\"spacing\":2.5,\"models\":[\"1\",\"2\"]}");
  CHECK(r.status == GATELET_OK && r.waits >= 2 && r.waits <= 3);
  end_run(&r);
  struct sigaction action = {.sa_handler = ignore}, before;
  sigaction(SIGALRM, &action, &before);
  struct itimerval soon = {.it_value = {.tv_usec = 300000}}, later = {0};
  setitimer(ITIMER_REAL, &soon, NULL);
  r = test(client, "{\"spacing\":0.8,\"models\":[\"1\",\"2\"]}");
  setitimer(ITIMER_REAL, &later, NULL);
  sigaction(SIGALRM, &before, NULL);
  CHECK(r.status == GATELET_OK && r.waits == 1);
  end_run(&r);
  gatelet_free(client);
}

/* ---- ends */

static void stopped_and_gone_on_with(void) {
  gatelet_client *client = two(NULL);
  run r = test_with(client, "{\"spacing\":0,\"concurrency\":1}", (run){.stop_at = 4, .stop_value = -7});
  EXPECT(GATELET_ERR_CANCELLED, r.status);
  CHECK(strcmp(member(r.error, "callback_result"), "-7") == 0);
  CHECK(strcmp(member(r.results, "summary.total"), "2") == 0 && strcmp(member(r.results, "summary.remaining"), "2") == 0);
  char *options = malloc(strlen(r.results) + 64), first[sizeof r.order];
  sprintf(options, "{\"spacing\":0,\"results\":%s}", r.results);
  snprintf(first, sizeof first, "%s", r.order);
  double before = atof(member(r.results, "summary.duration"));
  end_run(&r);
  r = test(client, options);
  CHECK(r.status == GATELET_OK && r.starts == 2 && r.finishes == 2 && !strstr(first, r.order));
  CHECK(strcmp(member(r.results, "summary.total"), "4") == 0 && strcmp(member(r.results, "summary.remaining"), "0") == 0);
  CHECK(strcmp(member(r.results, "summary.skipped"), "2") == 0 && *member(r.results, "results.5.status") && !*member(r.results, "results.6"));
  CHECK(atof(member(r.results, "summary.duration")) > before);
  free(options);
  options = malloc(strlen(r.results) + 64);
  sprintf(options, "{\"results\":%s}", r.results); /* with the spacing of 180 seconds */
  end_run(&r);
  r = test(client, options);
  CHECK(r.status == GATELET_OK && r.starts == 0 && r.finishes == 0 && strcmp(member(r.results, "summary.total"), "4") == 0);
  end_run(&r);
  free(options);
  gatelet_free(client);
}

static void stop_cancels_what_is_in_flight(void) {
  gatelet_client *client = two("\"faults\":{\"sequence\":[{\"first_byte_delay\":60}]}");
  run r = test_with(client, "{\"models\":[\"a/1\",\"b/1\",\"b/2\"]}", (run){.stop_at = 1, .stop_value = 1});
  CHECK(r.status == GATELET_ERR_CANCELLED && strcmp(r.order, "a/1 b/1 ") == 0);
  CHECK(strcmp(member(r.results, "summary.total"), "1") == 0 && strcmp(member(r.results, "summary.remaining"), "2") == 0);
  CHECK(strcmp(member(r.results, "results.0.provider"), "b") == 0 && !*member(r.results, "results.1"));
  end_run(&r);
  r = test_with(client, NULL, (run){.stop_at = 3, .stop_value = 1}); /* two skipped models, then one that answers */
  CHECK(r.status == GATELET_ERR_CANCELLED);
  end_run(&r);
  gatelet_free(client);
}

static void *free_soon(void *client) {
  t_sleep(0.4);
  gatelet_free(client);
  return NULL;
}
static void freed_from_another_thread(void) {
  for (int waiting = 0; waiting < 2; waiting++) {
    gatelet_client *client = two(waiting ? NULL : "\"faults\":{\"sequence\":[{\"first_byte_delay\":60}]}");
    pthread_t thread;
    pthread_create(&thread, NULL, free_soon, client);
    run r = test(client, "{\"models\":[\"a/1\",\"a/2\",\"b/1\"]}");
    pthread_join(thread, NULL);
    EXPECT(GATELET_ERR_CLOSED, r.status);
    CHECK(atoi(member(r.results, "summary.successful")) == 1 + waiting);
    end_run(&r);
    EXPECT(GATELET_ERR_HANDLE, gatelet_test_models(client, NULL, NULL, NULL, &r.results, NULL));
  }
}

static void free_inside(run *r) {
  gatelet_free(r->client);
}
static void freed_from_its_own_callback(void) {
  gatelet_client *client = two(NULL);
  run r = test_with(client, "{\"spacing\":0}", (run){.inside = free_inside});
  EXPECT(GATELET_OK, r.status); /* the end is deferred */
  CHECK(r.starts == 4);
  end_run(&r);
  EXPECT(GATELET_ERR_HANDLE, gatelet_test_models(client, NULL, NULL, NULL, &r.results, NULL));
}

static void ask_inside(run *r) {
  if (r->finishes != 1) return;
  outcome o = chat(r->client, "{\"model\":\"a/m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}");
  EXPECT(GATELET_OK, o.status);
  end_outcome(&o);
  gatelet_client *c;
  EXPECT(GATELET_ERR_BAD_STATE, gatelet_init(NULL, &c, NULL));
  run inner = test(r->client, "{\"spacing\":0,\"models\":\"b/inner\"}");
  EXPECT(GATELET_OK, inner.status);
  end_run(&inner);
}
static void callbacks_may_make_requests(void) {
  gatelet_client *client = two(NULL);
  run r = test_with(client, "{\"spacing\":0,\"models\":[\"a/1\",\"b/1\"]}", (run){.inside = ask_inside});
  CHECK(r.status == GATELET_OK && r.starts == 2);
  end_run(&r);
  gatelet_free(client);
}

/* ---- errors */

static void bad_arguments(void) {
  gatelet_client *client = two(NULL);
  char *results = (char *)1;
  EXPECT(GATELET_ERR_HANDLE, gatelet_test_models(NULL, NULL, NULL, NULL, &results, NULL));
  CHECK(results == NULL);
  EXPECT(GATELET_ERR_ARGUMENT, gatelet_test_models(client, NULL, NULL, NULL, NULL, NULL));
  static const struct { const char *options, *says; } bad[] = {
      {"", "not a JSON object"}, {"[]", "not a JSON object"}, {"{", "not a JSON object"}, {"{\"spcing\":1}", "options.spcing"},
      {"{\"spacing\":-1}", "options.spacing"}, {"{\"spacing\":\"1\"}", "options.spacing"}, {"{\"spacing\":1,\"spacing\":2}", "occurs twice"},
      {"{\"models\":[1]}", "options.models"}, {"{\"models\":{}}", "options.models"}, {"{\"models\":[\"\"]}", "options.models"},
      {"{\"provider\":[[]]}", "options.provider"}, {"{\"prompt\":1}", "options.prompt"}, {"{\"max_tokens\":0}", "options.max_tokens"},
      {"{\"concurrency\":0}", "options.concurrency"}, {"{\"timeout\":\"x\"}", "options.timeout"}, {"{\"stream\":1}", "options.stream"},
      {"{\"limit\":0}", "options.limit"}, {"{\"results\":[]}", "options.results"}, {"{\"results\":{\"results\":1}}", "options.results"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    run r = test(client, bad[i].options);
    EXPECT(GATELET_ERR_JSON, r.status);
    if (!strstr(member(r.error, "message"), bad[i].says)) t_fail(__FILE__, __LINE__, "%s: %s", bad[i].options, member(r.error, "message"));
    CHECK(r.results == NULL && r.starts + r.finishes + r.waits == 0);
    end_run(&r);
  }
  EXPECT(GATELET_OK, gatelet_test_models(client, "{\"spacing\":0,\"models\":null,\"results\":null}", NULL, NULL, &results, NULL));
  CHECK(strcmp(member(results, "summary.total"), "4") == 0);
  gatelet_string_free(results);
  gatelet_free(client);
}

static void nothing_to_test(void) {
  gatelet_client *client = two(NULL), *empty = make_client("{\"environment\":false}");
  run r = test(client, "{\"models\":[\"a/zz*\"]}");
  CHECK(r.status == GATELET_ERR_MODEL_UNRESOLVED && strstr(member(r.error, "message"), "a/zz*"));
  end_run(&r);
  r = test(client, "{\"provider\":\"nobody\"}");
  CHECK(r.status == GATELET_ERR_MODEL_UNRESOLVED && strstr(member(r.error, "message"), "nobody"));
  end_run(&r);
  r = test(empty, NULL);
  CHECK(r.status == GATELET_ERR_NO_KEY && strstr(member(r.error, "message"), "OPENROUTER_API_KEY"));
  end_run(&r);
  r = test(empty, "{\"provider\":\"groq\"}");
  CHECK(r.status == GATELET_ERR_NO_KEY && strstr(member(r.error, "message"), "GROQ_API_KEY"));
  end_run(&r);
  gatelet_free(client);
  gatelet_free(empty);
}

/* Whatever a results document holds is taken or left, and harms nothing. */
static void strange_results(void) {
  static const char *const strange[] = {
      "{\"results\":[]}", "{\"results\":[1,null,{},{\"model\":1,\"status\":2}],\"summary\":7,\"started_at\":[]}",
      "{\"results\":[{\"model\":\"echo\",\"provider\":\"a\",\"status\":\"success\",\"latency_ms\":-5}],\"summary\":{\"duration\":-1}}",
      "{\"results\":[{\"model\":\"echo\",\"provider\":\"a\",\"status\":\"success\",\"latency_ms\":1e400}],\"summary\":{\"duration\":1e300}}",
      "{\"results\":[{\"model\":\"echo\",\"provider\":null,\"status\":\"?\",\"name\":\"\\ud800\",\"latency_ms\":\"x\"}]}"};
  gatelet_client *client = two(NULL);
  for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
    char options[512];
    snprintf(options, sizeof options, "{\"spacing\":0,\"provider\":\"a\",\"results\":%s}", strange[i]);
    run r = test(client, options);
    EXPECT(GATELET_OK, r.status);
    CHECK(r.starts == 1 + (i < 2 || i == 4));
    end_run(&r);
  }
  gatelet_free(client);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  RUN(every_chat_model_is_asked);
  RUN(choices_and_their_question);
  RUN(one_attempt_and_nobody_stands_in);
  RUN(servers_over_tcp);
  RUN(spacing_and_providers_side_by_side);
  RUN(waiting_ticks_and_notices_signals);
  RUN(stopped_and_gone_on_with);
  RUN(stop_cancels_what_is_in_flight);
  RUN(freed_from_another_thread);
  RUN(freed_from_its_own_callback);
  RUN(callbacks_may_make_requests);
  RUN(bad_arguments);
  RUN(nothing_to_test);
  RUN(strange_results);
  return t_end();
}
