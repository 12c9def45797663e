/* 08: which models answer, and how fast? Asks each one the same short question.
 * cc 08_test_models.c $(pkg-config --cflags --libs gatelet jansson) -o test_models    (any JSON library will do)
 * Usage: ./test_models [model or pattern with *, such as '*:free'], see docs/test-models.md */
#include <gatelet_easy.h>
#include <jansson.h>

static const char *text(const json_t *object, const char *name) {
  const char *value = json_string_value(json_object_get(object, name));
  return value ? value : "";
}

/* Called on this thread for each start, each end, and once a second between. Another value than 0 would stop the test. */
static int show(const char *event_json, void *user) {
  json_t *event = json_loads(event_json, 0, NULL);
  (void)user;
  if (strcmp(text(event, "event"), "finish") == 0)
    printf("[%lld of %lld] %s: %s%s%s\n", json_integer_value(json_object_get(event, "done")),
           json_integer_value(json_object_get(event, "total")), text(event, "name"), text(event, "status"),
           *text(event, "reason") ? ": " : "", text(event, "reason"));
  json_decref(event);
  return 0;
}

int main(int argc, char **argv) {
  gatelet_client *client;
  gatelet_error *error;
  gatelet_status status = gatelet_init(NULL, &client, &error);
  if (status != GATELET_OK) return gatelet_easy_fail(status, error);

  /* One second between two calls to one provider is enough for local servers. The default, 180, is kind to free models. */
  json_t *options = json_pack("{s:s, s:i}", "models", argc > 1 ? argv[1] : "*", "spacing", 1);
  char *text = json_dumps(options, 0), *results;
  status = gatelet_test_models(client, text, show, NULL, &results, &error);
  free(text);
  json_decref(options);
  gatelet_free(client);
  if (status != GATELET_OK) return gatelet_easy_fail(status, error);

  json_t *document = json_loads(results, 0, NULL), *summary = json_object_get(document, "summary");
  printf("%lld tested, %lld successful, %.2f s on average\n", json_integer_value(json_object_get(summary, "total")),
         json_integer_value(json_object_get(summary, "successful")), json_number_value(json_object_get(summary, "average_latency")));
  json_decref(document);
  gatelet_string_free(results);
  return 0;
}
