#include "dialect_side.h"

#include <stdio.h>
#include <string.h>

gatelet_client *dialect_client(const char *base, const char *stream) {
  char config[1024];
  gatelet_client *client = NULL;
  gatelet_error *error = NULL;
  our_check_library();
  snprintf(config, sizeof config,
           "{\"environment\":false,\"default_provider\":\"bench\",\"providers\":{\"bench\":{\"base_url\":\"%s/%s/v1\",\"dialect\":\"%s\","
           "\"api_key\":\"sk-bench-0123456789abcdef\"}}}",
           base, stream, form_of(stream).dialect);
  our_check(gatelet_init(config, &client, &error), &error, "gatelet_init");
  return client;
}

typedef struct {
  bool thoughts, ended;
  size_t text, chunks;
  bytes *kept;
} hearing;

static int on_event(const gatelet_event *event, void *user) {
  hearing *h = user;
  if (event->kind == GATELET_EVENT_END) {
    our_check_end(event);
    h->ended = true;
    return 0;
  }
  const char *text = h->thoughts ? event->reasoning : event->text;
  size_t len = h->thoughts ? event->reasoning_len : event->text_len;
  if (!len) return 0;
  h->chunks++;
  h->text += len;
  if (h->kept) bytes_append(h->kept, text, len);
  return 0;
}

void dialect_stream(gatelet_client *client, const char *surface, const char *stream, const stream_facts *want, bytes *kept) {
  hearing h = {.thoughts = stream[0] == 't', .kept = kept};
  gatelet_error *error = NULL;
  if (!strcmp(surface, "messages")) our_check(gatelet_messages_stream(client, messages_request, on_event, &h, NULL, &error), &error, surface);
  else if (!strcmp(surface, "responses")) our_check(gatelet_responses_stream(client, responses_request, on_event, &h, NULL, &error), &error, surface);
  else our_check(gatelet_stream(client, stream_request, on_event, &h, NULL, &error), &error, surface);
  if (!h.ended || h.text != want->text.len || h.chunks != want->chunks)
    fail("the stream's text is wrong: %zu bytes in %zu chunks", h.text, h.chunks);
}
