/* our_dialect chat|messages|responses BASE STREAM SECONDS: whole streams of a dialect one after another, asked for by a surface. */
#include <stdlib.h>
#include <string.h>

#include "dialect_side.h"

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  const char *surface = argv[1], *stream = argv[3];
  gatelet_client *client = dialect_client(argv[2], stream);
  stream_facts want = facts_of(stream);
  samples each = {0};
  bytes kept = {0}; /* the first stream is compared byte by byte, the measured ones by length */
  dialect_stream(client, surface, stream, &want, &kept);
  if (memcmp(kept.data, want.text.data, want.text.len)) fail("the stream's text is wrong");
  usage start = usage_now();
  for (uint64_t end = deadline_in(atof(argv[4])), t = now_ns(), n; t < end; t = n) {
    dialect_stream(client, surface, stream, &want, NULL);
    n = now_ns();
    samples_add(&each, n - t);
  }
  result_begin(usage_since(start), each.count * want.chunks);
  result_number("streams", (double)each.count);
  result_latency(&each);
  result_end();
  gatelet_free(client);
  return 0;
}
