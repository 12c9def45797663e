/* Requests of a provider's other endpoints: what goes out, what comes back, what is refused, what is tried again. */
#include "test.h"

#define RAW GATELET_OP_RAW
#define PIECES GATELET_OP_RAW_STREAM

static bool is(const char *json, const char *path, const char *wanted) {
  const char *found = member(json, path);
  if (strcmp(found, wanted) == 0) return true;
  t_fail(__FILE__, __LINE__, "%s is \"%s\", expected \"%s\"", path, found, wanted);
  return false;
}

static outcome raw(gatelet_client *client, const char *options, const char *body) {
  outcome o = {0};
  gatelet_error *error = NULL;
  o.status = gatelet_call(client, RAW, body, options, NULL, NULL, &o.answer, &error);
  if (error) o.error_json = strdup(gatelet_error_json(error));
  gatelet_error_free(error);
  return o;
}

/* What the mirror saw: {"method", "path", "headers", "body"}, the body in hexadecimal digits. */
static void goes_out_as_it_is(void) {
  const char bytes[] = "\0\1{\"stream\":true}\xff\0end";
  gatelet_client *client = client_of("rawmirror", NULL);
  char *answer = NULL, options[300];
  snprintf(options, sizeof options,
           "{\"http\":{\"method\":\"POST\",\"path\":\"/audio/transcriptions\",\"query\":{\"a b\":\"c&d\"},\"length\":%d,"
           "\"headers\":{\"Content-Type\":\"multipart/form-data; boundary=x\",\"X-Trace\":\"t\"}}}", (int)sizeof bytes - 1);
  EXPECT(GATELET_OK, gatelet_call(client, RAW, bytes, options, NULL, NULL, &answer, NULL));
  is(answer, "object", "gatelet.raw");
  json_t *whole = json_loads(answer, 0, NULL);
  const char *seen = json_string_value(json_object_get(whole, "body"));
  is(seen, "method", "POST");
  is(seen, "path", "/rawmirror/v1/audio/transcriptions?a%20b=c%26d");
  is(seen, "body", "00017b2273747265616d223a747275657dff00656e64");
  is(seen, "headers.content-type", "multipart/form-data; boundary=x");
  is(seen, "headers.x-trace", "t");
  is(seen, "headers.authorization", "Bearer " SECRET);
  is(answer, "gatelet.response.status", "200");
  is(answer, "gatelet.response.headers.content-type", "application/json");
  is(answer, "gatelet.attempts.0.status", "ok");
  is(answer, "gatelet.model", "POST /audio/transcriptions");
  is(answer, "gatelet.cost.source", "unknown");
  json_decref(whole), gatelet_string_free(answer);
  gatelet_free(client);
}

static void every_method(void) {
  gatelet_client *client = client_of("rawmirror", "\"allow_requests\":[\"PUT /things/*\",\"PATCH /things/*\"]");
  const struct { const char *method, *path, *body, *hex; } rows[] = {
      {"GET", "/files", NULL, ""}, {"GET", "/files", "", ""}, {"POST", "/batches", "{}", "7b7d"}, {"POST", "/batches/b-1/cancel", NULL, ""},
      {"DELETE", "/files/file-1", NULL, ""}, {"PUT", "/things/1", "x", "78"}, {"PATCH", "/things/1", "yz", "797a"}, {"GET", "/files/f:1/content", NULL, ""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char options[200];
    snprintf(options, sizeof options, "{\"http\":{\"method\":\"%s\",\"path\":\"%s\"}}", rows[i].method, rows[i].path);
    outcome o = raw(client, options, rows[i].body);
    EXPECT(GATELET_OK, o.status);
    json_t *whole = json_loads(o.answer, 0, NULL);
    const char *seen = json_string_value(json_object_get(whole, "body"));
    is(seen, "method", rows[i].method);
    is(seen, "body", rows[i].hex);
    bool is_free = strcmp(rows[i].method, "GET") == 0 || strcmp(rows[i].method, "DELETE") == 0;
    is(o.answer, "gatelet.cost.total", is_free ? "0" : "null");
    is(seen, "headers.content-type", strcmp(rows[i].method, "GET") == 0 ? "" : "application/json");
    json_decref(whole), end_outcome(&o);
  }
  outcome o = raw(client, "{\"http\":{\"method\":\"GET\",\"path\":\"/files\"}}", "{}");
  EXPECT(GATELET_ERR_JSON, o.status);
  end_outcome(&o);
  gatelet_free(client);
}

/* ---- what comes back */

typedef struct piece { int responses, ends, first; size_t bytes; bool wrong; char *response, *end; } piece;
static int on_piece(const gatelet_event *event, void *user) {
  piece *p = user;
  if (!p->first) p->first = event->kind;
  if (event->kind == GATELET_EVENT_RESPONSE) p->responses++, p->response = strdup(event->json);
  if (event->kind == GATELET_EVENT_END) p->ends++, p->end = strdup(event->json);
  if (event->kind != GATELET_EVENT_CHUNK) return 0;
  for (size_t i = 0; i < event->json_len; i++) p->wrong |= (unsigned char)event->json[i] != (p->bytes + i) % 251;
  p->bytes += event->json_len;
  return 0;
}
static void check_pieces(piece *p) {
  CHECK(p->first == GATELET_EVENT_RESPONSE && p->responses == 1 && p->ends == 1 && p->bytes == 3000000 && !p->wrong);
  if (p->response) {
    is(p->response, "status", "200");
    is(p->response, "headers.content-type", "audio/mpeg");
    CHECK(!strcasestr(p->response, "cookie"));
  }
  if (p->end) is(p->end, "end", "finished");
  free(p->response), free(p->end);
  *p = (piece){0};
}

#define SPEECH "{\"http\":{\"method\":\"POST\",\"path\":\"/audio/speech\"}}"

static void bytes_come_back(void) {
  gatelet_client *client = client_of("sound/3000000", NULL);
  piece p = {0};
  EXPECT(GATELET_OK, gatelet_call(client, PIECES, "{}", SPEECH, on_piece, &p, NULL, NULL));
  check_pieces(&p);
  gatelet_queue *queue = new_queue("{\"bytes\":100000}");
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, PIECES, "{}", SPEECH, 1, NULL));
  for (double end = t_now() + PATIENCE; !p.ends && t_now() < end;) {
    gatelet_batch *batch = NULL;
    size_t n = 0;
    EXPECT(GATELET_OK, gatelet_queue_next(queue, 0, 1000, &batch, NULL));
    const gatelet_event *first = gatelet_batch_events(batch, &n);
    for (size_t k = 0; k < n; k++) on_piece(gatelet_easy_event(first, k), &p);
    gatelet_batch_free(batch);
  }
  check_pieces(&p);
  gatelet_queue_free(queue);
  gatelet_free(client);
  client = client_of("sound/300", NULL);
  outcome o = raw(client, SPEECH, "{}");
  EXPECT(GATELET_OK, o.status);
  CHECK(strncmp(member(o.answer, "body_base64"), "AAECAwQFBgcICQoLDA0ODw==", 20) == 0 && strlen(member(o.answer, "body_base64")) == 400);
  is(o.answer, "body", "");
  end_outcome(&o);
  gatelet_free(client);
}

static void queues_answer(void) {
  gatelet_client *client = client_of("rawmirror", NULL);
  gatelet_queue *queue = new_queue(NULL);
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, RAW, NULL, "{\"http\":{\"method\":\"GET\",\"path\":\"/files\"}}", 4, NULL));
  bool answered = false;
  for (double end = t_now() + PATIENCE; !answered && t_now() < end;) {
    gatelet_batch *batch = NULL;
    size_t n = 0;
    EXPECT(GATELET_OK, gatelet_queue_next(queue, 0, 1000, &batch, NULL));
    const gatelet_event *first = gatelet_batch_events(batch, &n);
    for (size_t k = 0; k < n; k++) {
      const gatelet_event *event = gatelet_easy_event(first, k);
      if (event->kind == GATELET_EVENT_ANSWER) is(event->json, "object", "gatelet.raw");
      if (event->kind == GATELET_EVENT_END) answered = true, EXPECT(GATELET_OK, event->status);
    }
    gatelet_batch_free(batch);
  }
  CHECK(answered);
  gatelet_queue_free(queue);
  gatelet_free(client);
}

static void refusals_are_told(void) {
  gatelet_client *client = client_of("told/400", NULL);
  for (int pieces = 0; pieces < 2; pieces++) {
    char *answer = NULL;
    gatelet_error *error = NULL;
    EXPECT(GATELET_ERR_BAD_REQUEST, gatelet_call(client, pieces ? PIECES : RAW, "{}", SPEECH, NULL, NULL, &answer, &error));
    const char *json = gatelet_error_json(error);
    is(json, "response.headers.x-request-id", "req-1");
    is(json, "param", "temperatur");
    CHECK(strstr(json, "provider_body") && strstr(json, "Bearer ***") && !strstr(json, SECRET) && !strstr(json, "stolen") && !answer);
    gatelet_error_free(error);
  }
  gatelet_free(client);
}

/* ---- what may be asked */

static void paths_stay_where_they_are(void) {
  const char *const paths[] = {"files", "//files", "/files/", "/", "", "/files//x", "/../files", "/files/..", "/files/../x", "/./files", "/files/.../x", "/files/%2e%2e/x",
                               "/files/%2f", "http://evil.example/files", "/files?x=1", "/files#x", "/fi les", "/files\\\\x", "/files\\u0000", "/files;x", "/files/\\u00e4",
                               "@evil.example/files", ":80/files", "/files/x\\n"};
  gatelet_client *client = client_of("rawmirror", "\"allow_requests\":[\"GET /*\",\"GET /*/*\",\"GET /*/*/*\"]");
  long before = server_stat("paths.rawmirror");
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    char options[200];
    snprintf(options, sizeof options, "{\"http\":{\"method\":\"GET\",\"path\":\"%s\"}}", paths[i]);
    outcome o = raw(client, options, NULL);
    if (o.status != GATELET_ERR_JSON) t_fail(__FILE__, __LINE__, "path %s: %d", paths[i], o.status);
    end_outcome(&o);
  }
  EXPECT(0, (gatelet_status)(server_stat("paths.rawmirror") - before));
  gatelet_free(client);
}

static void only_what_is_listed(void) {
  gatelet_client *client = client_of("rawmirror", NULL);
  const char *const others[][2] = {{"POST", "/chat/completions"}, {"GET", "/audio/speech"}, {"POST", "/organization/admin_api_keys"}, {"DELETE", "/files"}, {"GET", "/files/a/b"},
                                   {"DELETE", "/models/x"}, {"PUT", "/files/x"}};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    char options[200];
    snprintf(options, sizeof options, "{\"http\":{\"method\":\"%s\",\"path\":\"%s\"}}", others[i][0], others[i][1]);
    outcome o = raw(client, options, NULL);
    EXPECT(GATELET_ERR_REFUSED, o.status);
    CHECK(strstr(o.error_json, "allow_requests"));
    end_outcome(&o);
  }
  gatelet_free(client);
}

static void bad_options(void) {
  const struct { const char *options, *says; } rows[] = {
      {NULL, "options.http"}, {"{}", "options.http"}, {"{\"http\":null}", "options.http"}, {"{\"http\":{\"method\":\"GET\"}}", "options.http"}, {"{\"http\":{\"path\":\"/files\"}}", "options.http"},
      {"{\"http\":{\"method\":\"HEAD\",\"path\":\"/files\"}}", "options.http.method"}, {"{\"http\":{\"method\":\"get\",\"path\":\"/files\"}}", "options.http.method"},
      {"{\"http\":{\"method\":\"GET\",\"path\":\"/files\",\"host\":\"x\"}}", "options.http.host"},
      {"{\"http\":{\"method\":\"GET\",\"path\":\"/files\",\"headers\":{\"Authorization\":\"x\"}}}", "options.http.headers.Authorization"},
      {"{\"http\":{\"method\":\"GET\",\"path\":\"/files\",\"headers\":{\"Host\":\"x\"}}}", "options.http.headers.Host"},
      {"{\"http\":{\"method\":\"GET\",\"path\":\"/files\",\"headers\":{\"Cookie\":\"x\"}}}", "options.http.headers.Cookie"},
      {"{\"http\":{\"method\":\"GET\",\"path\":\"/files\",\"headers\":{\"Content-Length\":\"5\"}}}", "options.http.headers.Content-Length"},
      {"{\"http\":{\"method\":\"GET\",\"path\":\"/files\",\"headers\":{\"Content-Type\":\"a\\r\\nb: c\"}}}", "options.http.headers.Content-Type"},
      {"{\"http\":{\"method\":\"GET\",\"path\":\"/files\"},\"models\":[\"m\"]}", "options.models"}, {"{\"http\":{\"method\":\"GET\",\"path\":\"/files\"},\"hedge\":{\"delay\":1}}", "options.hedge"},
      {"{\"http\":{\"method\":\"POST\",\"path\":\"/files\",\"length\":-1}}", "options.http.length"},
  };
  gatelet_client *client = client_of("rawmirror", NULL);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    outcome o = raw(client, rows[i].options, NULL);
    EXPECT(GATELET_ERR_JSON, o.status);
    if (!strstr(o.error_json ? o.error_json : "", rows[i].says)) t_fail(__FILE__, __LINE__, "%s: %s", rows[i].options, o.error_json);
    end_outcome(&o);
  }
  outcome o = raw(client, "{\"http\":{\"method\":\"POST\",\"path\":\"/files\",\"length\":5}}", NULL);
  EXPECT(GATELET_ERR_ARGUMENT, o.status);
  end_outcome(&o);
  /* no other operation takes it, and no body says it */
  gatelet_error *error = NULL;
  char *answer = NULL;
  EXPECT(GATELET_ERR_JSON, gatelet_call(client, GATELET_OP_CHAT, REQUEST, SPEECH, NULL, NULL, &answer, &error));
  gatelet_error_free(error);
  gatelet_free(client);
  client = client_of("ok", "\"request_extensions\":\"all\"");
  o = chat(client, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"gatelet\":{\"http\":{\"method\":\"GET\",\"path\":\"/files\"}}}");
  EXPECT(GATELET_ERR_JSON, o.status);
  end_outcome(&o);
  gatelet_free(client);
}

/* ---- who is asked, and how often */

static void who_is_asked(void) {
  char config[600];
  snprintf(config, sizeof config,
           "{\"environment\":false,\"retry\":{\"attempts\":0},\"providers\":{\"a\":{\"base_url\":\"http://127.0.0.1:%d/told/503/v1\",\"api_key\":\"" SECRET "\"},"
           "\"b\":{\"base_url\":\"http://127.0.0.1:%d/rawmirror/v1\",\"api_key\":\"" SECRET "\"},\"dead\":{\"base_url\":\"http://127.0.0.1:1/v1\",\"api_key\":\"" SECRET "\"},\"dev\":{}}}",
           server_port(), server_port());
  gatelet_client *client = make_client(config);
  const struct { const char *more, *method; gatelet_status status; int attempts; } rows[] = {
      {"", "GET", GATELET_ERR_MODEL_UNRESOLVED, 0},                                   /* there is no default */
      {",\"providers\":[\"nobody\"]", "GET", GATELET_ERR_MODEL_UNRESOLVED, 0},
      {",\"providers\":[\"dev\"]", "GET", GATELET_ERR_UNSUPPORTED, 0},
      {",\"providers\":[\"openai\"]", "GET", GATELET_ERR_NO_KEY, 0},
      {",\"providers\":[\"a\"]", "GET", GATELET_ERR_OVERLOADED, 1},                   /* nobody takes over who is not named */
      {",\"providers\":[\"a\",\"b\"]", "GET", GATELET_OK, 2},
      {",\"providers\":[\"a\",\"b\"]", "POST", GATELET_ERR_OVERLOADED, 1},            /* it may have been done */
      {",\"providers\":[\"dead\",\"b\"]", "POST", GATELET_OK, 2},                     /* it surely was not */
      {"},\"provider\":\"b\",\"tag\":{", "GET", GATELET_ERR_JSON, 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char options[300];
    snprintf(options, sizeof options, "{\"http\":{\"method\":\"%s\",\"path\":\"/files\"%s}}", rows[i].method, rows[i].more);
    outcome o = raw(client, options, NULL);
    if (o.status != rows[i].status) t_fail(__FILE__, __LINE__, "%s: %d", options, o.status);
    if (rows[i].attempts) {
      json_t *whole = json_loads(o.status ? o.error_json : o.answer, 0, NULL), *inner = o.status ? whole : json_object_get(whole, "gatelet");
      if ((int)json_array_size(json_object_get(inner, "attempts")) != rows[i].attempts) t_fail(__FILE__, __LINE__, "%s: attempts", options);
      json_decref(whole);
    }
    end_outcome(&o);
  }
  outcome o = raw(client, "{\"provider\":\"b\",\"http\":{\"method\":\"GET\",\"path\":\"/files\"}}", NULL);
  EXPECT(GATELET_OK, o.status);
  is(o.answer, "gatelet.provider", "b");
  end_outcome(&o);
  char *stats = NULL;
  EXPECT(GATELET_OK, gatelet_stats(client, "{\"by\":\"model\"}", &stats, NULL));
  CHECK(strstr(stats, "GET /files") && strstr(stats, "POST /files"));
  gatelet_string_free(stats);
  gatelet_free(client);
}

/* A POST that was sent is not sent again by the same provider either, a GET is. */
#define AGAIN "\"retry\":{\"attempts\":2,\"backoff_base\":0.01,\"backoff_max\":0.02},"
static void retries(void) {
  gatelet_client *client = client_of("told/503", NULL);
  for (int get = 0; get < 2; get++) {
    long before = server_stat("paths.told");
    outcome o = raw(client, get ? "{" AGAIN "\"http\":{\"method\":\"GET\",\"path\":\"/files\"}}" : "{" AGAIN "\"http\":{\"method\":\"POST\",\"path\":\"/audio/speech\"}}", NULL);
    EXPECT(GATELET_ERR_OVERLOADED, o.status);
    EXPECT(get ? 3 : 1, (gatelet_status)(server_stat("paths.told") - before));
    end_outcome(&o);
  }
  gatelet_free(client);
}

static void limits_hold(void) {
  gatelet_client *client = client_of("rawmirror", "\"caps\":{\"request\":2000,\"body\":3000},\"limits\":{\"client\":{\"requests_per_minute\":2},\"wait\":false}");
  char *big = calloc(1, 4000), options[200];
  memset(big, 'x', 3999);
  outcome o = raw(client, SPEECH, big);
  EXPECT(GATELET_ERR_TOO_LARGE, o.status);
  end_outcome(&o);
  big[1700] = 0;
  o = raw(client, SPEECH, big); /* the answer has twice as many digits */
  EXPECT(GATELET_ERR_TOO_LARGE, o.status);
  end_outcome(&o);
  o = raw(client, SPEECH, "x");
  EXPECT(GATELET_OK, o.status);
  end_outcome(&o);
  o = raw(client, SPEECH, "x");
  EXPECT(GATELET_ERR_RATE_LIMIT, o.status);
  end_outcome(&o);
  snprintf(options, sizeof options, "{\"max_cost\":\"0.1\",\"http\":{\"method\":\"POST\",\"path\":\"/audio/speech\"}}");
  o = raw(client, options, "x"); /* nobody knows what it costs */
  EXPECT(GATELET_ERR_REFUSED, o.status);
  end_outcome(&o);
  free(big);
  gatelet_free(client);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  RUN(goes_out_as_it_is);
  RUN(every_method);
  RUN(bytes_come_back);
  RUN(queues_answer);
  RUN(refusals_are_told);
  RUN(paths_stay_where_they_are);
  RUN(only_what_is_listed);
  RUN(bad_options);
  RUN(who_is_asked);
  RUN(retries);
  RUN(limits_hold);
  return t_end();
}
