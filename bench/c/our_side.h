/* What the programs on Gatelet share: a client for our upstream, and the end of the program when a call fails. */
#ifndef BENCH_OUR_SIDE_H
#define BENCH_OUR_SIDE_H

#include <gatelet.h>

#include "measure.h"

/* Fails when the loaded library is not the one that is to be measured. */
void our_check_library(void);
/* A client whose only provider has this base URL (+ /v1). */
gatelet_client *our_client(const char *base);
/* `error` by address: it is set by the call that is the first argument. */
void our_check(gatelet_status status, gatelet_error **error, const char *what);

/* driver: "thread" or "caller" */
gatelet_queue *our_queue(const char *driver);
void our_submit(gatelet_queue *queue, gatelet_client *client, gatelet_operation operation, const char *request,
                uint64_t tag);
/* Takes what is there and calls `each` for every event; waits up to 50 ms. */
void our_turn(gatelet_queue *queue, void (*each)(const gatelet_event *, void *), void *user);
/* An END event that is not a success ends the program. */
void our_check_end(const gatelet_event *event);

#endif
