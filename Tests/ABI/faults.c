/* Everything a server can do wrong, with the exact status of each. The scenarios are those of faultserver.py. */
#include "test.h"

#include <arpa/inet.h>
#include <sys/socket.h>

enum { SAME = -1 }; /* the stream ends as the blocking call does */

typedef struct {
  const char *scenario, *more;
  gatelet_status blocking, streaming;
  const char *end; /* of the stream's END; NULL: no event */
} fault;

#define SHORT "\"timeouts\":{\"first_byte\":0.4}"
#define IDLE "\"timeouts\":{\"idle\":0.4}"
#define CONTENT "\"timeouts\":{\"content\":0.4}"
#define TOTAL "\"timeouts\":{\"total\":0.4}"

static const fault faults[] = {
    /* nothing, or not HTTP */
    {"hang", SHORT, GATELET_ERR_TIMEOUT_FIRST_BYTE, SAME, "error"},
    {"hang", TOTAL, GATELET_ERR_TIMEOUT_TOTAL, SAME, "error"},
    {"raw/nothttp", NULL, GATELET_ERR_PROTOCOL, SAME, "error"},
    {"raw/version", NULL, GATELET_ERR_PROTOCOL, SAME, "error"},
    {"raw/nostatus", NULL, GATELET_ERR_PROTOCOL, SAME, "error"},
    {"raw/badlength", NULL, GATELET_ERR_PROTOCOL, SAME, "error"},
    {"raw/negative", NULL, GATELET_ERR_PROTOCOL, SAME, "error"},
    {"raw/badchunk", NULL, GATELET_ERR_PROTOCOL, SAME, "error"},
    {"raw/hugechunk", NULL, GATELET_ERR_PROTOCOL, SAME, "error"},
    {"raw/nulheader", NULL, GATELET_ERR_PROTOCOL, SAME, "error"},
    {"raw/encoding", NULL, GATELET_ERR_PROTOCOL, SAME, "error"},
    {"raw/chunkcut", NULL, GATELET_ERR_TRUNCATED, SAME, "truncated"},
    /* HTTP, but not an answer */
    {"html", NULL, GATELET_ERR_BAD_RESPONSE, SAME, "error"},
    {"html/502", NULL, GATELET_ERR_UNAVAILABLE, SAME, "error"},
    {"redirect/302", NULL, GATELET_ERR_BAD_RESPONSE, SAME, "error"},
    {"redirect/307", NULL, GATELET_ERR_BAD_RESPONSE, SAME, "error"},
    {"redirect/308", NULL, GATELET_ERR_BAD_RESPONSE, SAME, "error"},
    {"body/empty", NULL, GATELET_ERR_EMPTY, SAME, "error"},
    {"body/null", NULL, GATELET_ERR_BAD_RESPONSE, GATELET_ERR_EMPTY, "error"}, /* as a stream: no event in it */
    {"body/array", NULL, GATELET_ERR_BAD_RESPONSE, SAME, "error"},
    {"body/string", NULL, GATELET_ERR_BAD_RESPONSE, GATELET_ERR_EMPTY, "error"},
    {"body/half", NULL, GATELET_ERR_BAD_RESPONSE, SAME, "error"},
    {"body/object", NULL, GATELET_ERR_BAD_RESPONSE, GATELET_ERR_BAD_RESPONSE, "error"},
    {"body/nul", NULL, GATELET_ERR_BAD_RESPONSE, SAME, "error"},
    {"body/nochoices", NULL, GATELET_ERR_EMPTY, GATELET_ERR_BAD_RESPONSE, "error"},
    {"crossed", NULL, GATELET_ERR_BAD_RESPONSE, SAME, "error"},
    /* a good answer under a wrong name is still a good answer */
    {"typed/text/plain", NULL, GATELET_OK, SAME, "finished"},
    {"typed/text/html", NULL, GATELET_OK, SAME, "finished"},
    {"typed/application/octet-stream", NULL, GATELET_OK, SAME, "finished"},
    /* what providers say */
    {"code/400", NULL, GATELET_ERR_BAD_REQUEST, SAME, "error"},
    {"code/401", NULL, GATELET_ERR_AUTH, SAME, "error"},
    {"code/402", NULL, GATELET_ERR_FUNDS, SAME, "error"},
    {"code/403", NULL, GATELET_ERR_PERMISSION, SAME, "error"},
    {"code/404", NULL, GATELET_ERR_NOT_FOUND, SAME, "error"},
    {"code/429", NULL, GATELET_ERR_RATE_LIMIT, SAME, "error"},
    {"code/500", NULL, GATELET_ERR_SERVER, SAME, "error"},
    {"code/502", NULL, GATELET_ERR_UNAVAILABLE, SAME, "error"},
    {"code/503", NULL, GATELET_ERR_OVERLOADED, SAME, "error"},
    {"code/504", NULL, GATELET_ERR_UNAVAILABLE, SAME, "error"},
    {"code/529", NULL, GATELET_ERR_OVERLOADED, SAME, "error"},
    {"code/418", NULL, GATELET_ERR_BAD_REQUEST, SAME, "error"},
    {"code/599", NULL, GATELET_ERR_SERVER, SAME, "error"},
    {"echo/401", NULL, GATELET_ERR_AUTH, SAME, "error"},
    {"echo/400", NULL, GATELET_ERR_AUTH, SAME, "error"},
    {"echo/500", NULL, GATELET_ERR_SERVER, SAME, "error"},
};

static const fault streams[] = {
    {"stall/silent", IDLE, 0, GATELET_ERR_TIMEOUT_IDLE, "error"},
    {"stall/comments", CONTENT, 0, GATELET_ERR_TIMEOUT_CONTENT, "error"},
    {"stall/content", TOTAL, 0, GATELET_ERR_TIMEOUT_TOTAL, "error"},
    {"events/nothing", NULL, 0, GATELET_ERR_EMPTY, "error"},
    {"events/comments", NULL, 0, GATELET_ERR_EMPTY, "error"},
    {"events/done", NULL, 0, GATELET_ERR_EMPTY, "error"},
    {"events/unfinished", NULL, 0, GATELET_ERR_TRUNCATED, "truncated"},
    {"events/garbage", NULL, 0, GATELET_ERR_BAD_RESPONSE, "error"},
    {"events/nodone", NULL, 0, GATELET_OK, "finished"},
    {"events/error", NULL, 0, GATELET_ERR_SERVER, "error"},
    {"events/errorfirst", NULL, 0, GATELET_ERR_RATE_LIMIT, "error"},
    {"events/crlf", NULL, 0, GATELET_OK, "finished"},
    {"events/surrogate", NULL, 0, GATELET_OK, "finished"},
    {"events/badutf8", NULL, 0, GATELET_OK, "finished"},
};

static gatelet_status wanted(const fault *f) { return f->streaming == SAME ? f->blocking : f->streaming; }

static void expect(const fault *f, const char *how, gatelet_status expected, outcome *o) {
  char what[128];
  snprintf(what, sizeof what, "%s %s", f->scenario, how);
  t_expect(__FILE__, __LINE__, what, expected, o->status);
  if (o->status == GATELET_OK) return;
  CHECK(strcmp(member(o->error_json, "provider"), "fault") == 0);
}

static void expect_stream(const fault *f, outcome *o) {
  expect(f, "stream", wanted(f), o);
  CHECK(o->ends == 1);
  const char *end = member(o->end_json, "end");
  if (strcmp(end, f->end)) t_fail(__FILE__, __LINE__, "%s ends \"%s\", expected \"%s\"", f->scenario, end, f->end);
}

static void blocking_faults(void) {
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    gatelet_client *client = client_of(faults[i].scenario, faults[i].more);
    outcome o = chat(client, REQUEST);
    expect(&faults[i], "chat", faults[i].blocking, &o);
    end_outcome(&o);
    gatelet_free(client);
  }
}

static void streamed(const fault *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    gatelet_client *client = client_of(rows[i].scenario, rows[i].more);
    outcome o = stream(client, REQUEST);
    expect_stream(&rows[i], &o);
    end_outcome(&o);
    gatelet_free(client);
  }
}
static void streamed_faults(void) { streamed(faults, sizeof faults / sizeof *faults); }
static void stream_faults(void) { streamed(streams, sizeof streams / sizeof *streams); }

/* The same through the queue: the I/O thread's loop, not the caller's. */
static void queued(gatelet_operation operation, const fault *f, gatelet_status expected) {
  gatelet_client *client = client_of(f->scenario, f->more);
  gatelet_queue *queue = new_queue(NULL);
  gatelet_status got = -1;
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, operation, REQUEST, NULL, 1, NULL));
  for (double end = t_now() + PATIENCE; got == -1 && t_now() < end;) {
    gatelet_batch *batch = NULL;
    size_t n = 0;
    EXPECT(GATELET_OK, gatelet_queue_next(queue, 0, 1000, &batch, NULL));
    const gatelet_event *first = gatelet_batch_events(batch, &n);
    for (size_t i = 0; i < n; i++) {
      const gatelet_event *event = gatelet_easy_event(first, i);
      CHECK(got == -1 && !strstr(event->json, SECRET));
      if (event->kind == GATELET_EVENT_END) got = event->status;
    }
    gatelet_batch_free(batch);
  }
  t_expect(__FILE__, __LINE__, f->scenario, expected, got);
  gatelet_queue_free(queue);
  gatelet_free(client);
}
static void queued_faults(void) {
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    queued(GATELET_OP_CHAT, &faults[i], faults[i].blocking);
    queued(GATELET_OP_CHAT_STREAM, &faults[i], wanted(&faults[i]));
  }
  for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) queued(GATELET_OP_CHAT_STREAM, &streams[i], wanted(&streams[i]));
}

/* ---- closed at every byte */

static void close_at(const char *how, long at, bool streaming, gatelet_status expected) {
  char scenario[64], what[128];
  snprintf(scenario, sizeof scenario, "%s/%ld", how, at);
  snprintf(what, sizeof what, "%s, %s", scenario, streaming ? "stream" : "chat");
  gatelet_client *client = client_of(scenario, NULL);
  outcome o = streaming ? stream(client, REQUEST) : chat(client, REQUEST);
  t_expect(__FILE__, __LINE__, what, expected, o.status);
  CHECK(!streaming || o.ends == 1);
  end_outcome(&o);
  gatelet_free(client);
}

/* A blocking answer must be whole; a stream is finished once its finish reason came. */
static void closed_at_every_byte(void) {
  const long whole[2] = {server_stat("lengths.chat"), server_stat("lengths.stream")};
  const long enough[2] = {whole[0], server_stat("lengths.finish")};
  CHECK(whole[0] > 200 && whole[1] > 500 && enough[1] > 300 && enough[1] < whole[1]);
  for (int streaming = 0; streaming < 2; streaming++)
    for (long at = 0; at <= whole[streaming]; at += t_scaled(1, 23)) {
      gatelet_status expected = at >= enough[streaming] ? GATELET_OK : GATELET_ERR_TRUNCATED;
      close_at("cut", at, streaming, expected);
      if (at % 8 == 0 && expected != GATELET_OK) close_at("reset", at, streaming, expected);
    }
}

/* ---- no server at all */

static void unreachable(void) {
  const struct { const char *url, *more; gatelet_status expected; } rows[] = {
      {"http://127.0.0.1:1/v1", NULL, GATELET_ERR_CONNECT},
      {"https://127.0.0.1:1/v1", NULL, GATELET_ERR_CONNECT},
      {"https://no-such-host.invalid/v1", "\"timeouts\":{\"connect\":5}", GATELET_ERR_RESOLVE},
  };
  for (size_t i = 0; i < 3; i++) {
    gatelet_client *client = client_at(rows[i].url, rows[i].more);
    outcome o = chat(client, REQUEST);
    t_expect(__FILE__, __LINE__, rows[i].url, rows[i].expected, o.status);
    end_outcome(&o);
    gatelet_free(client);
  }
}

/* TLS against a server that speaks plain HTTP. */
static void no_tls_there(void) {
  char url[64];
  snprintf(url, sizeof url, "https://127.0.0.1:%d/ok/v1", server_port());
  gatelet_client *client = client_at(url, NULL);
  outcome o = chat(client, REQUEST);
  EXPECT(GATELET_ERR_TLS, o.status);
  end_outcome(&o);
  gatelet_free(client);
}

/* A full backlog: the kernel drops further SYNs, so that connecting neither fails nor succeeds. */
static void connect_time_out(void) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof a;
  int listener = socket(AF_INET, SOCK_STREAM, 0), fillers[4];
  CHECK(bind(listener, (struct sockaddr *)&a, size) == 0 && listen(listener, 0) == 0);
  getsockname(listener, (struct sockaddr *)&a, &size);
  for (int i = 0; i < 4; i++) {
    fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (connect(fillers[i], (struct sockaddr *)&a, sizeof a) == 0) continue;
  }
  t_sleep(0.1);
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", ntohs(a.sin_port));
  gatelet_client *client = client_at(url, "\"timeouts\":{\"connect\":0.5}");
  outcome o = chat(client, REQUEST);
  EXPECT(GATELET_ERR_TIMEOUT_CONNECT, o.status);
  CHECK(o.seconds < 5);
  end_outcome(&o);
  o = stream(client, REQUEST);
  EXPECT(GATELET_ERR_TIMEOUT_CONNECT, o.status);
  end_outcome(&o);
  gatelet_free(client);
  for (int i = 0; i < 4; i++) close(fillers[i]);
  close(listener);
}

/* ---- details */

static void redirects_are_not_followed(void) {
  gatelet_client *client = client_of("redirect/307", NULL);
  long before = server_stat("paths.target");
  outcome o = chat(client, REQUEST);
  CHECK(o.status != GATELET_OK && server_stat("paths.target") == before);
  end_outcome(&o);
  gatelet_free(client);
}

static void echoed_key_is_masked(void) {
  gatelet_client *client = client_of("echo/401", NULL);
  outcome o = stream(client, REQUEST);
  CHECK(strstr(o.error_json, "***") && !strstr(o.error_json, SECRET));
  CHECK(strstr(o.end_json, "***") && !strstr(o.end_json, SECRET));
  end_outcome(&o);
  gatelet_free(client);
}

static void error_has_the_details(void) {
  gatelet_client *client = client_of("code/429/7", NULL);
  outcome o = chat(client, REQUEST);
  CHECK(strcmp(member(o.error_json, "http_status"), "429") == 0);
  CHECK(strcmp(member(o.error_json, "code"), "c429") == 0);
  CHECK(strcmp(member(o.error_json, "provider_message"), "provider says 429") == 0);
  CHECK(strcmp(member(o.error_json, "retryable"), "true") == 0);
  CHECK(strcmp(member(o.error_json, "retry_after_ms"), "7000") == 0);
  CHECK(strcmp(member(o.error_json, "model"), "m") == 0);
  CHECK(*member(o.error_json, "request_id") != 0);
  end_outcome(&o);
  gatelet_free(client);
}

/* A dropped last event is reported, and what came before it was delivered. */
static void truncated_keeps_what_came(void) {
  gatelet_client *client = client_of("events/unfinished", NULL);
  outcome o = stream(client, REQUEST);
  CHECK(o.chunks == 1 && strcmp(o.text, "one ") == 0);
  CHECK(strcmp(member(o.answer, "choices.0.message.content"), "one ") == 0);
  CHECK(strcmp(member(o.answer, "choices.0.finish_reason"), "null") == 0);
  end_outcome(&o);
  gatelet_free(client);
}

static void bad_text_is_repaired(void) {
  const char *scenarios[] = {"events/surrogate", "events/badutf8"};
  for (size_t i = 0; i < 2; i++) {
    gatelet_client *client = client_of(scenarios[i], NULL);
    outcome o = stream(client, REQUEST);
    CHECK(strncmp(o.text, "a\xEF\xBF\xBD", 4) == 0 && o.text[o.text_length - 1] == 'b');
    end_outcome(&o);
    gatelet_free(client);
  }
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  RUN(blocking_faults);
  RUN(streamed_faults);
  RUN(stream_faults);
  RUN(queued_faults);
  RUN(unreachable);
  RUN(no_tls_there);
  RUN(connect_time_out);
  RUN(redirects_are_not_followed);
  RUN(echoed_key_is_masked);
  RUN(error_has_the_details);
  RUN(truncated_keeps_what_came);
  RUN(bad_text_is_repaired);
  RUN(closed_at_every_byte);
  return t_end();
}
