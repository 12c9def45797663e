/* Everything that may grow has a cap: answers, events, headers, what unpacks, requests. Memory stays bounded meanwhile. */
#include "test.h"

static void refused(const char *scenario, const char *more, gatelet_status blocking, gatelet_status streaming) {
  gatelet_client *client = client_of(scenario, more);
  long before = resident_kb();
  outcome o = chat(client, REQUEST);
  t_expect(__FILE__, __LINE__, scenario, blocking, o.status);
  end_outcome(&o);
  o = stream(client, REQUEST);
  t_expect(__FILE__, __LINE__, scenario, streaming, o.status);
  end_outcome(&o);
  if (!t_sanitized() && resident_kb() - before > 200 * 1024) t_fail(__FILE__, __LINE__, "%s: %ld KB more", scenario, resident_kb() - before);
  gatelet_free(client);
}

static void answer_of_200_megabytes(void) {
  refused(t_scaled(1, 0) ? "big/200" : "big/70", NULL, GATELET_ERR_TOO_LARGE, GATELET_ERR_TOO_LARGE);
  refused(t_scaled(1, 0) ? "big/200/no" : "big/70/no", NULL, GATELET_ERR_TOO_LARGE, GATELET_ERR_TOO_LARGE);
}
static void event_line_over_the_cap(void) { refused("long_line/40", "\"caps\":{\"body\":4194304}", GATELET_ERR_TOO_LARGE, GATELET_ERR_TOO_LARGE); }
static void headers_for_ever(void) { refused("endless_headers", NULL, GATELET_ERR_TOO_LARGE, GATELET_ERR_TOO_LARGE); }
static void headers_for_ever_slowly(void) {
  refused("endless_headers/0.02", "\"timeouts\":{\"first_byte\":0.4}", GATELET_ERR_TIMEOUT_FIRST_BYTE, GATELET_ERR_TIMEOUT_FIRST_BYTE);
}
static void gzip_bomb(void) { refused(t_scaled(1, 0) ? "bomb/1024" : "bomb/128", NULL, GATELET_ERR_TOO_LARGE, GATELET_ERR_TOO_LARGE); }

static void caps_are_configurable(void) {
  refused("ok/200", "\"caps\":{\"body\":1024,\"event\":1024}", GATELET_OK, GATELET_ERR_TOO_LARGE); /* assembled: over body */
  refused("big/1", "\"caps\":{\"body\":65536}", GATELET_ERR_TOO_LARGE, GATELET_ERR_TOO_LARGE);
  refused("large/1", "\"caps\":{\"event\":65536,\"body\":4194304}", GATELET_OK, GATELET_ERR_TOO_LARGE);
  refused("body/deep", NULL, GATELET_ERR_BAD_RESPONSE, GATELET_ERR_BAD_RESPONSE);
}

/* What lies below the caps comes through whole. */
static void large_but_allowed(void) {
  int megabytes = t_scaled(12, 2);
  char scenario[32];
  snprintf(scenario, sizeof scenario, "large/%d", megabytes);
  gatelet_client *client = client_of(scenario, NULL);
  outcome o = chat(client, REQUEST);
  EXPECT(GATELET_OK, o.status);
  char *text = gatelet_easy_text(o.answer);
  CHECK(text && strlen(text) == (size_t)megabytes << 20);
  free(text);
  end_outcome(&o);
  o = stream(client, REQUEST);
  EXPECT(GATELET_OK, o.status);
  text = gatelet_easy_text(o.answer);
  CHECK(text && strlen(text) == (size_t)megabytes << 20);
  free(text);
  end_outcome(&o);
  gatelet_free(client);
}

static char *request_of(size_t bytes) {
  char *prompt = malloc(bytes + 1);
  memset(prompt, 'x', bytes);
  prompt[bytes] = 0;
  char *request = gatelet_easy_request("m", prompt);
  free(prompt);
  return request;
}

static void large_request(void) {
  gatelet_client *client = client_of("ok", NULL);
  char *request = request_of((size_t)t_scaled(20, 2) << 20);
  outcome o = chat(client, request);
  EXPECT(GATELET_OK, o.status);
  end_outcome(&o);
  gatelet_free(client);
  client = client_of("ok", "\"caps\":{\"request\":65536}");
  o = chat(client, request);
  EXPECT(GATELET_ERR_TOO_LARGE, o.status);
  end_outcome(&o);
  gatelet_free(client);
  free(request);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  RUN(answer_of_200_megabytes);
  RUN(event_line_over_the_cap);
  RUN(headers_for_ever);
  RUN(headers_for_ever_slowly);
  RUN(gzip_bomb);
  RUN(caps_are_configurable);
  RUN(large_but_allowed);
  RUN(large_request);
  return t_end();
}
