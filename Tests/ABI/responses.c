/* What is told of a provider's response: status and headers where asked for, its error document, the assembled answer in a queue. */
#include "test.h"

#define STREAMED GATELET_OP_CHAT_STREAM
#define TOLD "{\"response\":true}"
#define IN_ERRORS "{\"response\":\"errors\"}"

static bool is(const char *json, const char *path, const char *wanted) {
  const char *found = member(json, path);
  if (strcmp(found, wanted) == 0) return true;
  t_fail(__FILE__, __LINE__, "%s is \"%s\", expected \"%s\"", path, found, wanted);
  return false;
}

typedef struct seen {
  int kinds[64], count;
  char *response, *answer, *end;
  int stop_at; /* the kind at which the callback wants no more */
} seen;

static void see(seen *s, const gatelet_event *event) {
  if (s->count < 64) s->kinds[s->count++] = event->kind;
  if (event->kind == GATELET_EVENT_RESPONSE) free(s->response), s->response = strdup(event->json);
  if (event->kind == GATELET_EVENT_ANSWER) free(s->answer), s->answer = strdup(event->json);
  if (event->kind == GATELET_EVENT_END) free(s->end), s->end = strdup(event->json);
}

static int on_seen(const gatelet_event *event, void *user) {
  see(user, event);
  return event->kind == ((seen *)user)->stop_at ? 7 : 0;
}

static void end_seen(seen *s) {
  free(s->response), free(s->answer), free(s->end);
  *s = (seen){0};
}

/* All events of one queued request. */
static void queued(gatelet_client *client, gatelet_operation operation, const char *options, seen *s) {
  gatelet_queue *queue = new_queue(NULL);
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, operation, REQUEST, options, 9, NULL));
  for (double end = t_now() + PATIENCE; !s->end && t_now() < end;) {
    gatelet_batch *batch = NULL;
    size_t n = 0;
    EXPECT(GATELET_OK, gatelet_queue_next(queue, 0, 1000, &batch, NULL));
    const gatelet_event *first = gatelet_batch_events(batch, &n);
    for (size_t k = 0; k < n; k++) see(s, gatelet_easy_event(first, k));
    gatelet_batch_free(batch);
  }
  gatelet_queue_free(queue);
}

static void headers_are_told(const char *response) {
  is(response, "status", "200");
  is(response, "headers.x-request-id", "req-1");
  is(response, "headers.x-ratelimit-remaining", "9");
  is(response, "headers.x-twice", "a, b");
  is(response, "headers.content-type", "application/json");
  is(response, "headers.x-echo", "Bearer ***");
  CHECK(strstr(response, "\"x-empty\":\"\""));
  CHECK(!strcasestr(response, "cookie") && !strstr(response, "stolen") && !strstr(response, SECRET));
}

static void answers(void) {
  gatelet_client *client = client_of("told", NULL);
  char *answer = NULL;
  EXPECT(GATELET_OK, gatelet_call(client, GATELET_OP_CHAT, REQUEST, TOLD, NULL, NULL, &answer, NULL));
  json_t *whole = json_loads(answer, 0, NULL);
  char *response = json_dumps(json_object_get(json_object_get(whole, "gatelet"), "response"), JSON_COMPACT);
  headers_are_told(response);
  free(response), json_decref(whole), gatelet_string_free(answer);
  EXPECT(GATELET_OK, gatelet_call(client, GATELET_OP_CHAT, REQUEST, "{\"response\":false}", NULL, NULL, &answer, NULL));
  CHECK(!strstr(answer, "x-request-id"));
  gatelet_string_free(answer);
  EXPECT(GATELET_OK, gatelet_call(client, GATELET_OP_CHAT, REQUEST, IN_ERRORS, NULL, NULL, &answer, NULL));
  CHECK(!strstr(answer, "x-request-id"));
  gatelet_string_free(answer);
  gatelet_error *error = NULL;
  EXPECT(GATELET_ERR_JSON, gatelet_call(client, GATELET_OP_CHAT, REQUEST, "{\"response\":\"always\"}", NULL, NULL, &answer, &error));
  CHECK(strstr(gatelet_error_json(error), "true, false or"));
  gatelet_error_free(error);
  gatelet_free(client);
}

/* A forwarded body cannot ask for it. */
static void bodies_cannot_ask(void) {
  gatelet_client *client = client_of("told", "\"request_extensions\":\"all\"");
  outcome o = chat(client, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"gatelet\":{\"response\":true}}");
  EXPECT(GATELET_ERR_JSON, o.status);
  end_outcome(&o);
  gatelet_free(client);
}

static void streams(void) {
  gatelet_client *client = client_of("told", NULL);
  seen s = {0};
  EXPECT(GATELET_OK, gatelet_call(client, STREAMED, REQUEST, TOLD, on_seen, &s, NULL, NULL));
  CHECK(s.count == 8 && s.kinds[0] == GATELET_EVENT_RESPONSE && s.kinds[1] == GATELET_EVENT_CHUNK);
  if (s.response) headers_are_told(s.response);
  is(s.end, "gatelet.response.headers.x-request-id", "req-1");
  end_seen(&s);
  queued(client, STREAMED, TOLD, &s);
  CHECK(s.count == 8 && s.kinds[0] == GATELET_EVENT_RESPONSE && s.kinds[1] == GATELET_EVENT_CHUNK);
  if (s.response) headers_are_told(s.response);
  end_seen(&s);
  EXPECT(GATELET_OK, gatelet_call(client, STREAMED, REQUEST, NULL, on_seen, &s, NULL, NULL));
  CHECK(s.count == 7 && s.kinds[0] == GATELET_EVENT_CHUNK && !strstr(s.end, "x-request-id"));
  end_seen(&s);
  EXPECT(GATELET_OK, gatelet_call(client, STREAMED, REQUEST, IN_ERRORS, on_seen, &s, NULL, NULL));
  CHECK(s.count == 7 && s.kinds[0] == GATELET_EVENT_CHUNK && !strstr(s.end, "x-request-id"));
  end_seen(&s);
  /* a callback may stop there */
  gatelet_error *error = NULL;
  s.stop_at = GATELET_EVENT_RESPONSE;
  EXPECT(GATELET_ERR_CANCELLED, gatelet_call(client, STREAMED, REQUEST, TOLD, on_seen, &s, NULL, &error));
  CHECK(s.count == 1);
  is(gatelet_error_json(error), "callback_result", "7");
  gatelet_error_free(error);
  end_seen(&s);
  gatelet_free(client);
}

/* Of the one whose chunks follow, and of none that failed before. */
static void streams_after_a_failure(void) {
  gatelet_client *client = pair_of("told/500", "told", NULL);
  seen s = {0};
  EXPECT(GATELET_OK, gatelet_call(client, STREAMED, REQUEST, TOLD, on_seen, &s, NULL, NULL));
  CHECK(s.count == 8 && s.kinds[0] == GATELET_EVENT_RESPONSE);
  if (s.response) is(s.response, "status", "200");
  end_seen(&s);
  gatelet_free(client);
}

static void told_error(const char *error, bool asked) {
  is(error, "type", "invalid_request_error");
  is(error, "param", "temperatur");
  is(error, "code", "unknown");
  json_t *whole = json_loads(error, 0, NULL);
  const char *body = json_string_value(json_object_get(whole, "provider_body"));
  CHECK(body);
  if (!body) body = "";
  CHECK(strncmp(body, "{\"error\": {\"message\": \"no such field\"", 36) == 0 && strstr(body, "zzzz") && strlen(body) == 16 << 10);
  CHECK(strstr(body, "Bearer ***") && !strstr(error, SECRET) && !strstr(error, "stolen"));
  json_decref(whole);
  is(error, "response.status", asked ? "400" : "");
  is(error, "response.headers.x-request-id", asked ? "req-1" : "");
}

static void errors(void) {
  gatelet_client *client = client_of("told/400", NULL);
  const char *ways[] = {NULL, TOLD, IN_ERRORS};
  for (int streamed = 0; streamed < 2; streamed++)
    for (int asked = 0; asked < 3; asked++) {
      gatelet_error *error = NULL;
      char *answer = NULL;
      seen s = {0};
      EXPECT(GATELET_ERR_BAD_REQUEST, gatelet_call(client, streamed ? STREAMED : GATELET_OP_CHAT, REQUEST, ways[asked], NULL, NULL, &answer, &error));
      told_error(gatelet_error_json(error), asked);
      gatelet_error_free(error);
      queued(client, streamed ? STREAMED : GATELET_OP_CHAT, ways[asked], &s);
      CHECK(s.count == 1);
      json_t *end = json_loads(s.end, 0, NULL);
      char *text = json_dumps(json_object_get(end, "error"), 0);
      told_error(text, asked);
      free(text), json_decref(end), end_seen(&s);
    }
  gatelet_free(client);
}

/* Where no response came there is none to tell of, and what no provider said is null. */
static void errors_without_a_response(void) {
  gatelet_client *client = client_at("http://127.0.0.1:1/v1", NULL);
  gatelet_error *error = NULL;
  char *answer = NULL;
  EXPECT(GATELET_ERR_CONNECT, gatelet_call(client, GATELET_OP_CHAT, REQUEST, TOLD, NULL, NULL, &answer, &error));
  const char *json = gatelet_error_json(error);
  CHECK(strstr(json, "\"type\":null,\"param\":null,\"provider_message\":null") && !strstr(json, "provider_body") && !strstr(json, "\"response\""));
  gatelet_error_free(error);
  gatelet_free(client);
}

static void much_is_cut(void) {
  gatelet_client *client = client_of("wordy", NULL);
  char *answer = NULL;
  EXPECT(GATELET_OK, gatelet_call(client, GATELET_OP_CHAT, REQUEST, TOLD, NULL, NULL, &answer, NULL));
  CHECK(strlen(answer) < 20000 && strstr(answer, "\"x-word-14\"") && !strstr(answer, "\"x-word-20\""));
  gatelet_string_free(answer);
  gatelet_free(client);
}

/* ---- the assembled answer in a queue */

static void queues_assemble(void) {
  gatelet_client *client = client_of("ok", NULL);
  seen s = {0};
  queued(client, STREAMED, "{\"answer\":true}", &s);
  CHECK(s.count == 8 && s.kinds[6] == GATELET_EVENT_ANSWER && s.kinds[7] == GATELET_EVENT_END);
  is(s.answer, "object", "chat.completion");
  is(s.answer, "choices.0.message.content", "w0 w1 w2 w3 w4 ");
  is(s.answer, "gatelet.provider", member(s.end, "gatelet.provider"));
  end_seen(&s);
  queued(client, STREAMED, NULL, &s);
  CHECK(s.count == 7 && !s.answer);
  end_seen(&s);
  queued(client, GATELET_OP_CHAT, "{\"answer\":true}", &s); /* it has one anyway */
  CHECK(s.count == 2 && s.answer);
  end_seen(&s);
  gatelet_free(client);
  client = client_of("broken/2", NULL);
  queued(client, STREAMED, "{\"answer\":true}", &s);
  is(s.answer, "choices.0.message.content", "a0 a1 ");
  is(s.end, "end", "truncated");
  end_seen(&s);
  gatelet_free(client);
  client = client_of("told/400", NULL); /* nothing came */
  queued(client, STREAMED, "{\"answer\":true}", &s);
  CHECK(s.count == 1 && !s.answer);
  end_seen(&s);
  gatelet_free(client);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  RUN(answers);
  RUN(bodies_cannot_ask);
  RUN(streams);
  RUN(streams_after_a_failure);
  RUN(errors);
  RUN(errors_without_a_response);
  RUN(much_is_cut);
  RUN(queues_assemble);
  return t_end();
}
