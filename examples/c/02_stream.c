/* 02: an answer that prints itself as it arrives.   cc 02_stream.c $(pkg-config --cflags --libs gatelet) -o stream
 * Usage: ./stream [model [prompt]], with a key in the environment or DEV_MODE=true */
#include <gatelet_easy.h>

int main(int argc, char **argv) {
  gatelet_client *client;
  gatelet_error *error;
  gatelet_status status = gatelet_init(NULL, &client, &error);
  if (status != GATELET_OK) return gatelet_easy_fail(status, error);

  char *request = gatelet_easy_request(argc > 1 ? argv[1] : "openai/gpt-4o-mini",
                                       argc > 2 ? argv[2] : "Count from one to ten, in words.");
  status = gatelet_stream(client, request, gatelet_easy_print, stdout, NULL, &error);
  putchar('\n');
  free(request);
  gatelet_free(client);
  return status == GATELET_OK ? 0 : gatelet_easy_fail(status, error);
}
