/* our_routing BASE SECONDS PROVIDERS MODELS plain|words: gatelet_chat, one request after another, through more or less routing. */
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "routing_side.h"

int main(int argc, char **argv) {
  if (argc < 6) return 2;
  samples each = {0};
  const char *request = routing_request(!strcmp(argv[5], "words"));
  gatelet_client *client = routing_client(argv[1], atoi(argv[3]), atoi(argv[4]));
  for (int i = 0; i < 200; i++) routing_chat(client, request);
  usage start = usage_now();
  for (uint64_t end = deadline_in(atof(argv[2])), t = now_ns(), n; t < end; t = n) {
    routing_chat(client, request);
    n = now_ns();
    samples_add(&each, n - t);
  }
  result_begin(usage_since(start), each.count);
  result_latency(&each);
  result_end();
  gatelet_free(client);
  return 0;
}
