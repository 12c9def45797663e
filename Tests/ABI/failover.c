/* Failing over from one provider to another: nothing of the failed one shows, and every request ends once. */
#include "test.h"

#define NO_RETRY_AND(seconds) "\"retry\":{\"attempts\":0},\"timeouts\":{\"first_byte\":" seconds ",\"idle\":" seconds "}"
/* Under an emulator setting up TLS alone takes half a second. */
#define NO_RETRY (t_sanitized() ? NO_RETRY_AND("3") : NO_RETRY_AND("0.5"))
#define FIVE "w0 w1 w2 w3 w4 "

/* Failures before any content, and how the attempt is called. */
static const struct { const char *scenario, *chat, *stream; } failures[] = {
    {"code/503", "overloaded", "overloaded"},
    {"code/500", "server", "server"},
    {"code/429", "rate_limit", "rate_limit"},
    {"code/401", "auth", "auth"},
    {"code/404", "not_found", "not_found"},
    {"raw/nothttp", "protocol", "protocol"},
    {"reset/0", "truncated", "truncated"},
    {"cut/140", "truncated", "truncated"},
    {"html", "bad_response", "bad_response"},
    {"body/empty", "empty", "empty"},
    {"hang", "timeout_first_byte", "timeout_first_byte"},
    {"events/nothing", NULL, "empty"},
    {"events/errorfirst", NULL, "rate_limit"},
    {"held/3/error", NULL, "overloaded"},
    {"held/3/cut", NULL, "truncated"},
    {"held/3/silent", NULL, "timeout_idle"},
};

static void expect_failover(const char *scenario, const char *gatelet, const char *status) {
  bool right = strcmp(member(gatelet, "provider"), "b") == 0 && strcmp(member(gatelet, "attempts.0.provider"), "a") == 0
      && strcmp(member(gatelet, "attempts.0.status"), status) == 0 && strcmp(member(gatelet, "attempts.0.action"), "next_provider") == 0
      && strcmp(member(gatelet, "attempts.1.provider"), "b") == 0 && strcmp(member(gatelet, "attempts.1.status"), "ok") == 0
      && !*member(gatelet, "attempts.2.provider");
  if (!right) t_fail(__FILE__, __LINE__, "%s, expected %s: %s", scenario, status, gatelet);
}

static char *part(const char *json, const char *name) {
  json_t *root = json_loads(json ? json : "{}", 0, NULL);
  char *text = json_dumps(json_object_get(root, name), JSON_ENCODE_ANY);
  json_decref(root);
  return text ? text : strdup("{}");
}

static void blocking(void) {
  for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
    if (!failures[i].chat) continue;
    gatelet_client *client = pair_of(failures[i].scenario, "ok", NO_RETRY);
    outcome o = chat(client, REQUEST);
    t_expect(__FILE__, __LINE__, failures[i].scenario, GATELET_OK, o.status);
    char *gatelet = part(o.answer, "gatelet");
    expect_failover(failures[i].scenario, gatelet, failures[i].chat);
    free(gatelet);
    end_outcome(&o);
    gatelet_free(client);
  }
}

/* The caller sees the text of the one that served, whole and once; so does the assembled answer. */
static void streaming(void) {
  for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
    gatelet_client *client = pair_of(failures[i].scenario, "ok", NO_RETRY);
    outcome o = stream(client, REQUEST);
    t_expect(__FILE__, __LINE__, failures[i].scenario, GATELET_OK, o.status);
    CHECK(o.ends == 1 && o.chunks == 6 && strcmp(o.text, FIVE) == 0);
    CHECK(strcmp(member(o.answer, "choices.0.message.content"), FIVE) == 0);
    CHECK(strcmp(member(o.end_json, "end"), "finished") == 0 && strcmp(member(o.end_json, "error"), "null") == 0);
    char *gatelet = part(o.end_json, "gatelet");
    expect_failover(failures[i].scenario, gatelet, failures[i].stream);
    free(gatelet);
    end_outcome(&o);
    gatelet_free(client);
  }
}

static void queued(void) {
  for (int driver = 0; driver < 2; driver++) {
    gatelet_queue *queue = new_queue(driver ? "{\"driver\":\"caller\"}" : NULL);
    gatelet_client *clients[sizeof failures / sizeof *failures];
    int count = sizeof failures / sizeof *failures, chunks = 0, ok = 0;
    for (int i = 0; i < count; i++) {
      clients[i] = pair_of(failures[i].scenario, "ok", NO_RETRY);
      EXPECT(GATELET_OK, gatelet_queue_submit(queue, clients[i], GATELET_OP_CHAT_STREAM, REQUEST, NULL, (uint64_t)i, NULL));
    }
    CHECK(drain(queue, count, PATIENCE, &chunks, &ok) == count);
    CHECK(ok == count && chunks == 6 * count);
    CHECK(drain(queue, 1, 0.1, NULL, NULL) == 0);
    gatelet_queue_free(queue);
    for (int i = 0; i < count; i++) gatelet_free(clients[i]);
  }
}

static void retries_then_fails_over(void) {
  gatelet_client *client = pair_of("code/503", "ok", "\"retry\":{\"attempts\":2,\"backoff_base\":0.05}");
  outcome o = stream(client, REQUEST);
  EXPECT(GATELET_OK, o.status);
  CHECK(o.ends == 1 && strcmp(o.text, FIVE) == 0);
  for (int i = 0; i < 4; i++) {
    char path[48];
    snprintf(path, sizeof path, "gatelet.attempts.%d.provider", i);
    CHECK(strcmp(member(o.end_json, path), i < 3 ? "a" : "b") == 0);
  }
  end_outcome(&o);
  gatelet_free(client);
}

/* Nobody serves: the error lists all attempts. */
static void all_fail(void) {
  gatelet_client *client = pair_of("code/503", "raw/nothttp", "\"retry\":{\"attempts\":1,\"backoff_base\":0.05}");
  for (int round = 0; round < 2; round++) {
    outcome o = round ? stream(client, REQUEST) : chat(client, REQUEST);
    CHECK(o.status == GATELET_ERR_OVERLOADED || o.status == GATELET_ERR_PROTOCOL);
    CHECK(o.ends == round && strcmp(member(o.error_json, "attempts.1.action"), "next_provider") == 0);
    CHECK(strcmp(member(o.error_json, "attempts.2.provider"), "b") == 0);
    end_outcome(&o);
  }
  gatelet_free(client);
}

/* ---- chunks that were held back */

/* Where nobody serves, what came is the caller's after all: once, and before the END. */
static void held_chunks_of_a_failure_are_delivered(void) {
  const struct { const char *first, *second; gatelet_status expected; } rows[] = {
      {"held/3/error", "held/3/error", GATELET_ERR_OVERLOADED}, {"held/3/cut", "held/3/cut", GATELET_ERR_TRUNCATED}};
  for (int i = 0; i < 2; i++) {
    gatelet_client *client = pair_of(rows[i].first, rows[i].second, NO_RETRY);
    outcome o = stream(client, REQUEST);
    EXPECT(rows[i].expected, o.status);
    if (o.chunks != 3) t_fail(__FILE__, __LINE__, "%s: %d chunks", rows[i].first, o.chunks);
    CHECK(o.ends == 1 && !*o.text && o.answer);
    end_outcome(&o);
    gatelet_free(client);
  }
}

/* A callback that wants none of them has its value in the error. */
static void a_held_chunk_is_refused(void) {
  gatelet_client *client = client_of("held/3/error", NULL);
  outcome o = stream_cancel(client, REQUEST, 1, 42);
  EXPECT(GATELET_ERR_CANCELLED, o.status);
  CHECK(o.chunks == 1 && strcmp(member(o.error_json, "callback_result"), "42") == 0);
  end_outcome(&o);
  gatelet_free(client);
}

/* More than is held back: the stream is the caller's, and its failure too. */
static void too_many_to_hold(void) {
  gatelet_client *client = pair_of("held/100/error", "ok", NO_RETRY);
  outcome o = stream(client, REQUEST);
  EXPECT(GATELET_ERR_OVERLOADED, o.status);
  CHECK(o.chunks == 100 && o.ends == 1);
  end_outcome(&o);
  gatelet_free(client);
}

/* ---- after the first content */

static void no_failover_after_content(void) {
  gatelet_client *client = pair_of("broken/2", "ok", NO_RETRY);
  outcome o = stream(client, REQUEST);
  EXPECT(GATELET_ERR_TRUNCATED, o.status);
  CHECK(o.chunks == 2 && o.ends == 1 && strcmp(o.text, "a0 a1 ") == 0);
  CHECK(strcmp(member(o.answer, "choices.0.message.content"), "a0 a1 ") == 0);
  CHECK(strcmp(member(o.end_json, "end"), "truncated") == 0);
  end_outcome(&o);
  gatelet_free(client);
}

#define CONTINUE "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}],\"gatelet\":{\"continue\":true}}"

static void another_goes_on(void) {
  gatelet_client *client = pair_of("broken/2", "ok", NO_RETRY);
  outcome o = stream(client, CONTINUE);
  EXPECT(GATELET_OK, o.status);
  CHECK(o.ends == 1 && strcmp(o.text, "a0 a1 " FIVE) == 0);
  CHECK(strcmp(member(o.answer, "choices.0.message.content"), "a0 a1 " FIVE) == 0);
  CHECK(strcmp(member(o.end_json, "gatelet.continued"), "true") == 0);
  CHECK(strcmp(member(o.end_json, "gatelet.attempts.0.action"), "continue") == 0);
  end_outcome(&o);
  gatelet_free(client);
  client = pair_of("broken/2", "code/503", NO_RETRY); /* nobody can */
  o = stream(client, CONTINUE);
  EXPECT(GATELET_ERR_TRUNCATED, o.status);
  CHECK(o.ends == 1 && strcmp(o.text, "a0 a1 ") == 0);
  end_outcome(&o);
  gatelet_free(client);
}

static void first_content_wins_a_hedge(void) {
  long open = server_stat("open");
  gatelet_client *client = pair_of("hang", "ok", "\"routing\":{\"hedge\":{\"delay\":0.1}}");
  for (int round = 0; round < 2; round++) {
    outcome o = round ? chat(client, REQUEST) : stream(client, REQUEST);
    EXPECT(GATELET_OK, o.status);
    CHECK(round || strcmp(o.text, FIVE) == 0);
    CHECK(strcmp(member(o.answer, "gatelet.attempts.1.hedge"), "true") == 0);
    end_outcome(&o);
  }
  gatelet_free(client);
  for (double end = t_now() + PATIENCE; server_stat("open") > open && t_now() < end;) t_sleep(0.05);
  CHECK(server_stat("open") <= open);
}

/* ---- many of them */

static void nothing_is_left_behind(void) {
  gatelet_client *client = pair_of("code/503", "ok", "\"retry\":{\"attempts\":0}");
  long memory = 0;
  int files = 0, rounds = t_scaled(400, 50);
  for (int i = 0; i < rounds; i++) {
    if (i == rounds / 2) memory = resident_kb(), files = open_files();
    outcome o = i % 2 ? chat(client, REQUEST) : stream(client, REQUEST);
    EXPECT(GATELET_OK, o.status);
    end_outcome(&o);
  }
  CHECK(open_files() <= files);
  if (!t_sanitized()) CHECK(resident_kb() - memory < 1024);
  gatelet_free(client);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  RUN(blocking);
  RUN(streaming);
  RUN(queued);
  RUN(retries_then_fails_over);
  RUN(all_fail);
  RUN(held_chunks_of_a_failure_are_delivered);
  RUN(a_held_chunk_is_refused);
  RUN(too_many_to_hold);
  RUN(no_failover_after_content);
  RUN(another_goes_on);
  RUN(first_content_wins_a_hedge);
  RUN(nothing_is_left_behind);
  return t_end();
}
