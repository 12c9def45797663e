/* 07: a hook sees every attempt, and refuses requests that name no team, before anything is spent.
 * cc 07_hook.c $(pkg-config --cflags --libs gatelet jansson) -o hook             (any JSON library will do)
 * Usage: ./hook [model], see "Events of a hook" in docs/routing.md */
#include <gatelet_easy.h>
#include <jansson.h>

static const char *text(const json_t *object, const char *name) {
  const char *value = json_string_value(json_object_get(object, name));
  return value ? value : "";
}

/* It may be called by several threads at once, and must not block. */
static int watch(const char *event_json, void *user) {
  json_t *event = json_loads(event_json, 0, NULL);
  const char *kind = text(event, "event"), *team = text(event, "tag");
  int refuse = strcmp(kind, "request") == 0 && !*team;
  (void)user;
  if (strcmp(kind, "attempt_end") == 0)
    printf("%s: %s of %s: %s\n", team, text(event, "model"), text(event, "provider"), text(event, "status"));
  json_decref(event);
  return refuse;
}

static gatelet_status ask(gatelet_client *client, const char *model, const char *options) {
  gatelet_error *error;
  char *answer;
  json_t *request = json_pack("{s:s, s:[{s:s, s:s}], s:o}", "model", model, "messages", "role", "user", "content",
                              "Say hello.", "gatelet", json_loads(options, 0, NULL));
  char *text = json_dumps(request, 0);
  gatelet_status status = gatelet_chat(client, text, &answer, &error);
  if (status == GATELET_ERR_REFUSED) printf("refused: %s\n", gatelet_error_message(error));
  else if (status != GATELET_OK) fprintf(stderr, "%s\n", gatelet_error_message(error));
  gatelet_error_free(error);
  gatelet_string_free(answer);
  free(text);
  json_decref(request);
  return status;
}

int main(int argc, char **argv) {
  const char *model = argc > 1 ? argv[1] : "openai/gpt-4o-mini";
  gatelet_client *client;
  gatelet_error *error;
  const char *events = "{\"events\": [\"request\", \"attempt_end\"]}";
  gatelet_status status = gatelet_init(NULL, &client, &error);
  if (status == GATELET_OK) status = gatelet_set_hook(client, watch, NULL, NULL, events, &error);
  if (status != GATELET_OK) return gatelet_easy_fail(status, error);
  int good = ask(client, model, "{\"tag\": \"search\"}") == GATELET_OK && ask(client, model, "{}") == GATELET_ERR_REFUSED;
  gatelet_free(client);
  return good ? 0 : 1;
}
