/* our_growth chat|messages|responses BASE SHORT LONG: how many bytes more are alive at most in a long stream than in a short one of the same
 * kind, and what a chunk allocates. */
#include "counted.h"
#include "dialect_side.h"

typedef struct { long made, peak; } cost;

/* Of the second of two: the first opens the connection. */
static cost cost_of(const char *surface, const char *base, const char *stream, const stream_facts *want) {
  gatelet_client *client = dialect_client(base, stream);
  dialect_stream(client, surface, stream, want, NULL);
  long made = counted.made, bytes = counted.bytes;
  counted.peak = bytes;
  dialect_stream(client, surface, stream, want, NULL);
  cost all = {counted.made - made, counted.peak - bytes};
  gatelet_free(client);
  return all;
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  stream_facts few = facts_of(argv[3]), many = facts_of(argv[4]);
  usage start = usage_now();
  cost one = cost_of(argv[1], argv[2], argv[3], &few), all = cost_of(argv[1], argv[2], argv[4], &many);
  result_begin(usage_since(start), many.chunks);
  result_number("allocations", (double)(all.made - one.made) / (double)(many.chunks - few.chunks));
  result_number("grown_bytes", (double)(all.peak - one.peak));
  result_end();
  return 0;
}
