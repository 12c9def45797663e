/* 06: failover, seen without a network: of two development providers the first fails as its script says.
 * cc 06_failover.c $(pkg-config --cflags --libs gatelet jansson) -o failover     (any JSON library will do)
 * Usage: ./failover [what happens at the first one, such as 429 or '{"reset": true}'], see docs/testing-failover.md */
#include <gatelet_easy.h>
#include <jansson.h>

static const char before[] =
    "{\"dev_mode\": false, \"provider_order\": [\"main\", \"spare\"], \"retry\": {\"attempts\": 1, \"backoff_base\": 0.1},"
    " \"timeouts\": {\"first_byte\": 1, \"idle\": 1},"
    " \"providers\": {\"spare\": {\"dialect\": \"dev\"}, \"main\": {\"dialect\": \"dev\", \"faults\": ";
static const char after[] = "}}}";

static const char *text(const json_t *object, const char *name) {
  const char *value = json_string_value(json_object_get(object, name));
  return value ? value : "done";
}

/* Every attempt is in the answer: who was asked, how it went, and what was done then. */
static void print_attempts(const char *answer) {
  json_t *root = json_loads(answer, 0, NULL), *attempt;
  size_t i;
  json_array_foreach(json_object_get(json_object_get(root, "gatelet"), "attempts"), i, attempt)
    printf("%-6s %-20s HTTP %lld  then: %s\n", text(attempt, "provider"), text(attempt, "status"),
           (long long)json_integer_value(json_object_get(attempt, "http_status")), text(attempt, "action"));
  json_decref(root);
}

int main(int argc, char **argv) {
  const char *fault = argc > 1 ? argv[1] : "503";
  size_t room = sizeof before + strlen(fault) + sizeof after;
  char *config = malloc(room), *request = gatelet_easy_request("main/echo", "Is anybody there?"), *answer;
  gatelet_client *client;
  gatelet_error *error;
  if (!config || !request) return 1;
  snprintf(config, room, "%s%s%s", before, fault, after);
  gatelet_status status = gatelet_init(config, &client, &error);
  free(config);
  if (status != GATELET_OK) return gatelet_easy_fail(status, error);

  status = gatelet_chat(client, request, &answer, &error);
  free(request);
  gatelet_free(client);
  if (status != GATELET_OK) return gatelet_easy_fail(status, error);

  print_attempts(answer);
  char *said = gatelet_easy_text(answer);
  puts(said ? said : "(no text)");
  free(said);
  gatelet_string_free(answer);
  return 0;
}
