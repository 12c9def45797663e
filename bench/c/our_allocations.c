/* our_allocations BASE PROVIDERS MODELS plain|words: what gatelet_chat allocates, and whether anything stays: the blocks and bytes alive
 * after 1,000 requests and after 10,000. */
#include <stdlib.h>
#include <string.h>

#include "counted.h"
#include "measure.h"
#include "routing_side.h"

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  const char *request = routing_request(!strcmp(argv[4], "words"));
  gatelet_client *client = routing_client(argv[1], atoi(argv[2]), atoi(argv[3]));
  for (int i = 0; i < 1000; i++) routing_chat(client, request);
  usage start = usage_now();
  long made = counted.made, blocks = counted.blocks, bytes = counted.bytes;
  for (int i = 0; i < 9000; i++) routing_chat(client, request);
  made = counted.made - made;
  blocks = counted.blocks - blocks;
  bytes = counted.bytes - bytes;
  result_begin(usage_since(start), 9000);
  result_number("allocations", (double)made / 9000);
  result_number("kept_blocks", (double)blocks);
  result_number("kept_bytes", (double)bytes);
  result_end();
  gatelet_free(client);
  return 0;
}
