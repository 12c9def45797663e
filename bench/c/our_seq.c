/* our_seq BASE SECONDS: gatelet_chat, one request after another. */
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "our_side.h"

static void one(gatelet_client *client) {
  char *answer = NULL;
  gatelet_error *error = NULL;
  our_check(gatelet_chat(client, chat_request, &answer, &error), &error, "gatelet_chat");
  check_answer(answer, strlen(answer));
  gatelet_string_free(answer);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  samples each = {0};
  gatelet_client *client = our_client(argv[1]);
  for (int i = 0; i < 200; i++) one(client);
  usage start = usage_now();
  for (uint64_t end = deadline_in(atof(argv[2])), t = now_ns(), n; t < end; t = n) {
    one(client);
    n = now_ns();
    samples_add(&each, n - t);
  }
  result_begin(usage_since(start), each.count);
  result_latency(&each);
  result_end();
  gatelet_free(client);
  return 0;
}
