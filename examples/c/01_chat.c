/* 01: one chat.   cc 01_chat.c $(pkg-config --cflags --libs gatelet) -o chat
 *
 * The environment decides who answers: OPENROUTER_API_KEY, ONEROUTER_API_KEY, ... or DEV_MODE=true without any network.
 * Usage: ./chat [model [prompt]] */
#include <gatelet_easy.h>

int main(int argc, char **argv) {
  const char *model = argc > 1 ? argv[1] : "openai/gpt-4o-mini";
  const char *prompt = argc > 2 ? argv[2] : "Say hello in one short sentence.";
  gatelet_client *client;
  gatelet_error *error;

  gatelet_status status = gatelet_init(NULL, &client, &error);
  if (status != GATELET_OK) return gatelet_easy_fail(status, error);

  char *request = gatelet_easy_request(model, prompt);
  char *answer;
  status = gatelet_chat(client, request, &answer, &error);
  free(request);
  if (status == GATELET_OK) {
    char *text = gatelet_easy_text(answer);
    puts(text ? text : answer);
    free(text);
    gatelet_string_free(answer);
  }
  gatelet_free(client);
  return status == GATELET_OK ? 0 : gatelet_easy_fail(status, error);
}
