/* gatelet_call and the options of a call: every operation, every option, what is refused. */
#include "test.h"

#define TEXT "\"prompt\":\"hello\",\"model\":\"m\""

static outcome call(gatelet_client *client, gatelet_operation operation, const char *request, const char *options) {
  outcome o = {0};
  gatelet_error *error = NULL;
  o.status = gatelet_call(client, operation, request, options, NULL, NULL, &o.answer, &error);
  CHECK((o.status == GATELET_OK) == (error == NULL));
  if (error) {
    CHECK(gatelet_error_status(error) == o.status);
    o.error_json = strdup(gatelet_error_json(error));
  }
  gatelet_error_free(error);
  return o;
}

static bool is(const char *json, const char *path, const char *wanted) {
  const char *found = member(json, path);
  if (strcmp(found, wanted) == 0) return true;
  t_fail(__FILE__, __LINE__, "%s is \"%s\", expected \"%s\"", path, found, wanted);
  return false;
}

/* ---- operations */

static void every_operation(void) {
  const struct { gatelet_operation op; const char *request, *path, *wanted; } rows[] = {
      {GATELET_OP_CHAT, REQUEST, "object", "chat.completion"},
      {GATELET_OP_CHAT_STREAM, REQUEST, "object", "chat.completion"},
      {GATELET_OP_COMPLETION, "{" TEXT "}", "object", "text_completion"},
      {GATELET_OP_COMPLETION_STREAM, "{" TEXT "}", "object", "text_completion"},
      {GATELET_OP_EMBEDDINGS, "{\"model\":\"m\",\"input\":\"hello\"}", "object", "list"},
      {GATELET_OP_LIST_MODELS, NULL, "object", "list"},
      {GATELET_OP_LIST_MODELS, "{\"limit\":1}", "object", "list"},
  };
  gatelet_client *client = dev_client();
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const char *options[] = {NULL, "{}", "{\"cancel_id\":\"x\"}"};
    for (int k = 0; k < 3; k++) {
      outcome o = call(client, rows[i].op, rows[i].request, options[k]);
      EXPECT(GATELET_OK, o.status);
      is(o.answer, rows[i].path, rows[i].wanted);
      end_outcome(&o);
    }
  }
  gatelet_free(client);
}

static void streams_call_back(void) {
  gatelet_client *client = client_of("ok", NULL);
  for (int with_answer = 0; with_answer < 2; with_answer++) {
    outcome o = {0};
    EXPECT(GATELET_OK, gatelet_call(client, GATELET_OP_CHAT_STREAM, REQUEST, "{\"tag\":\"t\"}", on_event, &o, with_answer ? &o.answer : NULL, NULL));
    CHECK(o.chunks == 6 && o.ends == 1 && strcmp(o.text, "w0 w1 w2 w3 w4 ") == 0);
    if (with_answer) is(o.answer, "choices.0.message.content", "w0 w1 w2 w3 w4 ");
    end_outcome(&o);
  }
  gatelet_free(client);
}

/* A stream that breaks leaves what came, also without a callback. */
static void broken_streams_leave_what_came(void) {
  gatelet_client *client = client_of("broken/2", NULL);
  outcome o = call(client, GATELET_OP_CHAT_STREAM, REQUEST, NULL);
  EXPECT(GATELET_ERR_TRUNCATED, o.status);
  is(o.answer, "choices.0.message.content", "a0 a1 ");
  end_outcome(&o);
  gatelet_free(client);
}

static void bad_arguments(void) {
  gatelet_client *client = dev_client();
  gatelet_error *error = NULL;
  char *answer = (char *)"untouched";
  EXPECT(GATELET_ERR_HANDLE, gatelet_call(NULL, GATELET_OP_CHAT, REQUEST, NULL, NULL, NULL, &answer, &error));
  CHECK(!answer && error);
  gatelet_error_free(error);
  const gatelet_operation unknown[] = {-1, 0, 14, 99, INT32_MAX};
  for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
    gatelet_operation op = unknown[i];
    answer = (char *)"untouched";
    EXPECT(GATELET_ERR_ARGUMENT, gatelet_call(client, op, REQUEST, NULL, NULL, NULL, &answer, &error));
    CHECK(!answer && strstr(gatelet_error_message(error), "operation"));
    gatelet_error_free(error);
  }
  EXPECT(GATELET_ERR_ARGUMENT, gatelet_call(client, GATELET_OP_CHAT, NULL, NULL, NULL, NULL, &answer, NULL));
  EXPECT(GATELET_ERR_ARGUMENT, gatelet_call(client, GATELET_OP_CHAT, REQUEST, NULL, NULL, NULL, NULL, NULL));
  EXPECT(GATELET_ERR_ARGUMENT, gatelet_call(client, GATELET_OP_LIST_MODELS, NULL, NULL, NULL, NULL, NULL, NULL));
  EXPECT(GATELET_ERR_ARGUMENT, gatelet_call(client, GATELET_OP_CHAT_STREAM, REQUEST, NULL, NULL, NULL, NULL, NULL));
  outcome o = {0};
  EXPECT(GATELET_ERR_ARGUMENT, gatelet_call(client, GATELET_OP_CHAT, REQUEST, NULL, on_event, &o, &answer, NULL));
  EXPECT(GATELET_ERR_ARGUMENT, gatelet_call(client, GATELET_OP_LIST_MODELS, NULL, NULL, on_event, &o, &answer, NULL));
  CHECK(!o.ends && !o.chunks);
  gatelet_free(client);
}

/* ---- options */

static void bad_options_name_the_place(void) {
  const struct { const char *options, *says; } rows[] = {
      {"", "not JSON"}, {"{", "not JSON"}, {"[]", "options"}, {"null", "options"}, {"{\"tag\":1}", "options.tag"},
      {"{\"base_url\":\"http://x\"}", "options.base_url"}, {"{\"timeouts\":{\"idle\":-1}}", "options.timeouts.idle"},
      {"{\"timeouts\":{\"x\":1}}", "options.timeouts.x"}, {"{\"retry\":{\"attempts\":101}}", "options.retry.attempts"},
      {"{\"request_extensions\":\"some\"}", "options.request_extensions"}, {"{\"cancel_id\":\"\"}", "options.cancel_id"},
      {"{\"headers\":{\"Host\":\"x\"}}", "options.headers.Host"}, {"{\"headers\":{\"authorization\":\"x\"}}", "options.headers.authorization"},
      {"{\"headers\":{\"Content-Length\":\"1\"}}", "options.headers.Content-Length"}, {"{\"headers\":{\"X-A\":\"a\\r\\nb: c\"}}", "options.headers.X-A"},
      {"{\"headers\":{\"X-A\":\"a\\u0000\"}}", "options.headers.X-A"}, {"{\"headers\":{\"X A\":\"a\"}}", "options.headers"},
      {"{\"headers\":{\"Accept-Encoding\":\"br\"}}", "options.headers.Accept-Encoding"}, {"{\"headers\":{\"X-A\":\"1\",\"x-a\":\"2\"}}", "options.headers.x-a"},
      {"{\"query\":{\"a\":\"1\\n2\"}}", "options.query.a"}, {"{\"query\":{\"\":\"1\"}}", "options.query"}, {"{\"query\":[]}", "options.query"},
      {"{\"tag\":\"a\",\"tag\":\"b\"}", "options.tag"}, {"{\"dry_run\":1}", "options.dry_run"}, {"{\"faults\":{\"x\":1}}", "options.faults"},
  };
  gatelet_client *client = client_of("ok", "\"allow_headers\":[\"*\"],\"allow_query\":[\"*\"]");
  gatelet_queue *queue = new_queue(NULL);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    outcome o = call(client, GATELET_OP_CHAT, REQUEST, rows[i].options);
    EXPECT(GATELET_ERR_JSON, o.status);
    if (!strstr(member(o.error_json, "message"), rows[i].says))
      t_fail(__FILE__, __LINE__, "%s: \"%s\" should name %s", rows[i].options, member(o.error_json, "message"), rows[i].says);
    end_outcome(&o);
    EXPECT(GATELET_ERR_JSON, gatelet_queue_submit(queue, client, GATELET_OP_CHAT, REQUEST, rows[i].options, 1, NULL));
  }
  /* A list is shared with others: nothing but its cancel id is one call's. */
  outcome o = call(client, GATELET_OP_LIST_MODELS, NULL, "{\"timeouts\":{\"total\":1}}");
  EXPECT(GATELET_ERR_JSON, o.status);
  CHECK(strstr(member(o.error_json, "message"), "options.timeouts"));
  end_outcome(&o);
  gatelet_queue_free(queue);
  gatelet_free(client);
}

/* The same words in a body are unknown ones. */
static void bodies_cannot_say_it(void) {
  const char *words[] = {"\"cancel_id\":\"x\"", "\"request_extensions\":\"all\"", "\"headers\":{\"X-A\":\"1\"}", "\"query\":{\"a\":\"1\"}"};
  gatelet_client *client = client_of("ok", "\"request_extensions\":\"all\",\"allow_headers\":[\"*\"],\"allow_query\":[\"*\"]");
  for (int i = 0; i < 4; i++) {
    char request[512];
    snprintf(request, sizeof request, "{\"model\":\"m\",\"messages\":[1],\"gatelet\":{%s}}", words[i]);
    EXPECT(GATELET_ERR_JSON, gatelet_chat(client, request, &(char *){NULL}, NULL));
  }
  gatelet_free(client);
}

static void options_raise_and_lower(void) {
  gatelet_client *client = client_of("late/1.2", "\"timeouts\":{\"first_byte\":0.3}");
  outcome o = call(client, GATELET_OP_CHAT, REQUEST, NULL);
  EXPECT(GATELET_ERR_TIMEOUT_FIRST_BYTE, o.status);
  end_outcome(&o);
  const char *longer[] = {"{\"timeouts\":{\"first_byte\":30}}", "{\"timeouts\":{\"first_byte\":0}}"};
  for (int i = 0; i < 2; i++) {
    o = call(client, GATELET_OP_CHAT, REQUEST, longer[i]);
    EXPECT(GATELET_OK, o.status);
    CHECK(!*member(o.answer, "gatelet.warnings.0.code"));
    end_outcome(&o);
  }
  gatelet_free(client);
  char config[512];
  snprintf(config, sizeof config,
           "{\"environment\":false,\"retry\":{\"attempts\":1,\"backoff_base\":0.001},\"breaker\":{\"enabled\":false},"
           "\"providers\":{\"fault\":{\"base_url\":\"http://127.0.0.1:%d/code/503/v1\",\"api_key\":\"" SECRET "\"}}}", server_port());
  client = make_client(config);
  const struct { const char *options; int attempts; } rows[] = {
      {NULL, 2}, {"{\"retry\":{\"attempts\":0}}", 1}, {"{\"retry\":{\"attempts\":4}}", 5}, {"{\"retry\":{\"attempts\":20,\"attempts_per_request\":10}}", 10}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    long before = server_stat("paths.code");
    o = call(client, GATELET_OP_CHAT, REQUEST, rows[i].options);
    CHECK(o.status >= 300 && o.status < 400);
    CHECK(server_stat("paths.code") - before == rows[i].attempts);
    end_outcome(&o);
  }
  gatelet_free(client);
}

static void tag_names_the_account(void) {
  gatelet_client *client = client_of("ok", "\"limits\":{\"wait\":false,\"tags\":{\"small\":{\"requests_per_day\":1}}}");
  const char *body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}],\"gatelet\":{\"tag\":\"other\"}}";
  outcome o = call(client, GATELET_OP_CHAT, body, "{\"tag\":\"small\"}");
  EXPECT(GATELET_OK, o.status);
  is(o.answer, "gatelet.warnings.0.code", "overruled");
  is(o.answer, "gatelet.warnings.0.path", "gatelet.tag");
  end_outcome(&o);
  o = call(client, GATELET_OP_CHAT, body, "{\"tag\":\"small\"}"); /* the body's tag is no way out */
  EXPECT(GATELET_ERR_RATE_LIMIT, o.status);
  end_outcome(&o);
  char *stats = NULL;
  EXPECT(GATELET_OK, gatelet_stats(client, "{\"by\":\"tag\",\"tag\":\"small\"}", &stats, NULL));
  is(stats, "total.requests", "2");
  gatelet_string_free(stats);
  gatelet_free(client);
}

static void dry_run_and_faults(void) {
  long before = server_stat("paths.ok");
  gatelet_client *client = client_of("ok", NULL);
  const gatelet_operation operations[] = {GATELET_OP_CHAT, GATELET_OP_CHAT_STREAM};
  for (int i = 0; i < 2; i++) {
    outcome o = call(client, operations[i], REQUEST, "{\"dry_run\":true}");
    EXPECT(GATELET_OK, o.status);
    is(o.answer, "object", "gatelet.plan");
    is(o.answer, "plan.0.provider", "fault");
    end_outcome(&o);
  }
  CHECK(server_stat("paths.ok") == before);
  gatelet_free(client);
  client = dev_client_with("\"retry\":{\"attempts\":0}");
  outcome o = call(client, GATELET_OP_CHAT, REQUEST, "{\"faults\":{\"sequence\":[503]}}");
  CHECK(o.status == GATELET_ERR_OVERLOADED || o.status == GATELET_ERR_UNAVAILABLE);
  end_outcome(&o);
  gatelet_free(client);
}

/* The level of the call, up and down. */
static void extension_level(void) {
  const char *body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}],\"gatelet\":{\"dry_run\":true}}";
  const struct { const char *configured, *options; gatelet_status status; } rows[] = {
      {"\"request_extensions\":\"routing\"", NULL, GATELET_ERR_REFUSED}, {"\"request_extensions\":\"routing\"", "{\"request_extensions\":\"all\"}", GATELET_OK},
      {"\"request_extensions\":\"all\"", NULL, GATELET_OK}, {"\"request_extensions\":\"all\"", "{\"request_extensions\":\"routing\"}", GATELET_ERR_REFUSED},
      {"\"request_extensions\":\"all\"", "{\"request_extensions\":\"none\"}", GATELET_ERR_REFUSED}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    gatelet_client *client = client_of("ok", rows[i].configured);
    outcome o = call(client, GATELET_OP_CHAT, body, rows[i].options);
    EXPECT(rows[i].status, o.status);
    end_outcome(&o);
    gatelet_free(client);
  }
}

/* ---- headers and query */

static char *mirrored(const outcome *o) { return strdup(member(o->answer, "choices.0.message.content")); }

static void headers_and_query_are_sent(void) {
  gatelet_client *client = client_of("mirror", "\"allow_headers\":[\"X-Trace\",\"X-Team-*\",\"User-Agent\"],\"allow_query\":[\"api-version\"]");
  outcome o = call(client, GATELET_OP_CHAT, REQUEST,
                   "{\"headers\":{\"x-trace\":\"abc 1\",\"X-Team-Name\":\"b\",\"User-Agent\":\"mine/1\"},\"query\":{\"api-version\":\"2026-01 &=\\u00e4\"}}");
  EXPECT(GATELET_OK, o.status);
  char *seen = mirrored(&o);
  is(seen, "headers.x-trace", "abc 1");
  is(seen, "headers.x-team-name", "b");
  is(seen, "headers.user-agent", "mine/1");
  is(seen, "headers.authorization", "Bearer " SECRET);
  is(seen, "headers.content-type", "application/json");
  is(seen, "path", "/mirror/v1/chat/completions?api-version=2026-01%20%26%3D%C3%A4");
  free(seen);
  end_outcome(&o);
  o = call(client, GATELET_OP_CHAT, REQUEST, NULL); /* the next call has none of it */
  seen = mirrored(&o);
  is(seen, "headers.x-trace", "");
  is(seen, "path", "/mirror/v1/chat/completions");
  free(seen);
  end_outcome(&o);
  gatelet_free(client);
}

static void only_listed_ones(void) {
  gatelet_client *client = client_of("ok", "\"allow_headers\":[\"X-Trace\"]");
  const char *options[] = {"{\"headers\":{\"X-Other\":\"1\"}}", "{\"headers\":{\"X-Trace-2\":\"1\"}}", "{\"query\":{\"a\":\"1\"}}"};
  for (int i = 0; i < 3; i++) {
    outcome o = call(client, GATELET_OP_CHAT, REQUEST, options[i]);
    EXPECT(GATELET_ERR_REFUSED, o.status);
    CHECK(strstr(member(o.error_json, "message"), i < 2 ? "options.headers.X-" : "options.query.a"));
    end_outcome(&o);
  }
  gatelet_free(client);
}

/* A list of one provider does not open the others, and none of them the header of the key. */
static void lists_are_each_providers(void) {
  char config[2048];
  int port = server_port();
  snprintf(config, sizeof config,
           "{\"environment\":false,\"default_provider\":\"a\",\"provider_order\":[\"a\",\"b\"],\"breaker\":{\"enabled\":false},\"retry\":{\"attempts\":0},\"providers\":{"
           "\"a\":{\"base_url\":\"http://127.0.0.1:%d/code/503/v1\",\"api_key\":\"" SECRET "\",\"allow_headers\":[\"X-A\",\"*\"],\"auth\":{\"header\":\"X-Api-Key\"}},"
           "\"b\":{\"base_url\":\"http://127.0.0.1:%d/mirror/v1\",\"api_key\":\"" SECRET "\",\"headers\":{\"X-B\":\"own\"},\"allow_headers\":[\"X-B\"]}}}",
           port, port);
  gatelet_client *client = make_client(config);
  outcome o = call(client, GATELET_OP_CHAT, REQUEST, "{\"headers\":{\"X-A\":\"1\",\"X-B\":\"2\"}}");
  EXPECT(GATELET_OK, o.status);
  char *seen = mirrored(&o);
  is(seen, "headers.x-a", "");
  is(seen, "headers.x-b", "2"); /* in the place of the configured one */
  free(seen);
  end_outcome(&o);
  o = call(client, GATELET_OP_CHAT, REQUEST, "{\"headers\":{\"x-api-key\":\"mine\"}}");
  EXPECT(GATELET_ERR_REFUSED, o.status);
  end_outcome(&o);
  gatelet_free(client);
}

static void bad_lists_are_refused(void) {
  const char *lists[] = {"[\"Authorization\"]", "[\"host\"]", "[\"a b\"]", "[1]", "\"X-A\""};
  for (int i = 0; i < 5; i++) {
    for (int inside = 0; inside < 2; inside++) {
      char config[512];
      snprintf(config, sizeof config, inside ? "{\"environment\":false,\"providers\":{\"openai\":{\"allow_headers\":%s}}}" : "{\"environment\":false,\"allow_headers\":%s}", lists[i]);
      gatelet_client *client = NULL;
      gatelet_error *error = NULL;
      EXPECT(GATELET_ERR_CONFIG, gatelet_init(config, &client, &error));
      CHECK(strstr(gatelet_error_message(error), "allow_headers"));
      gatelet_error_free(error);
    }
  }
}

static void sink_log(int32_t level, const char *message, void *user) {
  (void)level;
  strncat(user, message, 4000 - strlen(user));
}

/* What looks like a key is one, whoever repeats it. */
static void keys_in_options_are_not_shown(void) {
  static char lines[8192];
  const char *options[] = {"{\"headers\":{\"X-Session-Token\":\"abcdefgh\"}}", "{\"headers\":{\"X-Session-Token\":\"plain0text1of2seventeen\"}}"};
  const char *secrets[] = {"abcdefgh", "plain0text1of2seventeen"};
  for (int i = 0; i < 2; i++) {
    gatelet_client *client = client_of("echo_header/x-session-token", "\"allow_headers\":[\"*\"],\"log\":\"debug\"");
    lines[0] = 0;
    EXPECT(GATELET_OK, gatelet_set_log(client, sink_log, lines, NULL, NULL));
    outcome o = call(client, GATELET_OP_CHAT, REQUEST, options[i]);
    EXPECT(GATELET_ERR_BAD_REQUEST, o.status);
    CHECK(!strstr(o.error_json, secrets[i]) && strstr(o.error_json, "***"));
    CHECK(!strstr(lines, secrets[i]));
    end_outcome(&o);
    gatelet_free(client);
  }
}

/* ---- queues take the same options, and keep them longer than the caller does */

static void queues_take_options(void) {
  gatelet_client *client = client_of("mirror", "\"allow_headers\":[\"X-Trace\"]");
  gatelet_queue *queue = new_queue(NULL);
  char *options = strdup("{\"headers\":{\"X-Trace\":\"from afar\"},\"tag\":\"account\",\"cancel_id\":\"i\"}");
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT, REQUEST, options, 77, NULL));
  memset(options, 'x', strlen(options));
  free(options);
  int answers = 0;
  for (int ends = 0; !ends;) {
    gatelet_batch *batch = NULL;
    size_t count = 0;
    EXPECT(GATELET_OK, gatelet_queue_next(queue, 0, 20000, &batch, NULL));
    if (!batch) {
      t_fail(__FILE__, __LINE__, "no event");
      break;
    }
    const gatelet_event *event = gatelet_batch_events(batch, &count);
    for (size_t i = 0; i < count; i++, event = (const gatelet_event *)((const char *)event + event->struct_size)) {
      CHECK(event->tag == 77);
      if (event->kind == GATELET_EVENT_ANSWER) {
        char *seen = strdup(member(event->json, "choices.0.message.content"));
        is(seen, "headers.x-trace", "from afar");
        free(seen);
        answers++;
      }
      ends += event->kind == GATELET_EVENT_END;
    }
    gatelet_batch_free(batch);
  }
  CHECK(answers == 1);
  gatelet_queue_free(queue);
  gatelet_free(client);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  RUN(every_operation);
  RUN(streams_call_back);
  RUN(broken_streams_leave_what_came);
  RUN(bad_arguments);
  RUN(bad_options_name_the_place);
  RUN(bodies_cannot_say_it);
  RUN(options_raise_and_lower);
  RUN(tag_names_the_account);
  RUN(dry_run_and_faults);
  RUN(extension_level);
  RUN(headers_and_query_are_sent);
  RUN(only_listed_ones);
  RUN(lists_are_each_providers);
  RUN(bad_lists_are_refused);
  RUN(keys_in_options_are_not_shown);
  RUN(queues_take_options);
  return t_end();
}
