/* our_lists BASE SECONDS QUERY: gatelet_list_models on a list that is kept, to the free of its answer, again and again. */
#include <stdlib.h>
#include <string.h>

#include "our_side.h"

static void list(gatelet_client *client, const char *query, size_t *length) {
  char *models = NULL;
  gatelet_error *error = NULL;
  our_check(gatelet_list_models(client, query, &models, &error), &error, "gatelet_list_models");
  if (length) *length = strlen(models);
  gatelet_string_free(models);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  samples each = {0};
  gatelet_client *client = our_client(argv[1]);
  uint64_t first = now_ns();
  list(client, NULL, NULL); /* fetched and read once */
  first = now_ns() - first;
  const char *query = strcmp(argv[3], "all") ? argv[3] : NULL;
  size_t length = 0;
  for (int i = 0; i < 5; i++) list(client, query, &length);
  usage start = usage_now();
  for (uint64_t end = deadline_in(atof(argv[2])), t = now_ns(), n; t < end; t = n) {
    list(client, query, NULL);
    n = now_ns();
    samples_add(&each, n - t);
  }
  result_begin(usage_since(start), each.count);
  result_latency(&each);
  result_number("first_ms", (double)first / 1e6);
  result_number("kb_each", (double)length / 1024);
  result_end();
  gatelet_free(client);
  return 0;
}
