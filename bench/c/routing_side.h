/* Clients and requests for what routing costs, on one upstream. */
#ifndef BENCH_ROUTING_SIDE_H
#define BENCH_ROUTING_SIDE_H

#include <gatelet.h>
#include <stdbool.h>

/* With `providers` > 1: that many with a key each, `models` known models spread over them, rows for every kind of detection, an order,
 * retries and breakers. The model of the request is known to three of them and to nobody by its form. */
gatelet_client *routing_client(const char *base, int providers, int models);

/* The chat request of all scenarios, or the same with `models`, `provider` and `gatelet.route`. */
const char *routing_request(bool with_words);

/* One request, its answer checked. */
void routing_chat(gatelet_client *client, const char *request);

#endif
