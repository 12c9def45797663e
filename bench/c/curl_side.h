/* What the raw libcurl programs share: an easy handle for a chat request, and the multi interface driven by epoll. */
#ifndef BENCH_CURL_SIDE_H
#define BENCH_CURL_SIDE_H

#include <curl/curl.h>

#include "measure.h"

/* POST `body` to `base`/v1/chat/completions; the answer goes to `write` with `data`. */
CURL *chat_handle(const char *base, const char *body, curl_write_callback write, void *data);
/* Likewise, at another path below /v1. */
CURL *post_handle(const char *base, const char *path, const char *body, curl_write_callback write, void *data);
/* A write callback that collects into a `bytes`. */
size_t collect(char *data, size_t one, size_t len, void *into);

typedef struct { CURLM *multi; int epoll, running; uint64_t timer_at; } curl_loop;
curl_loop *curl_loop_new(long connections);
/* One turn: waits up to max_ms for sockets or curl's timer. */
void curl_loop_turn(curl_loop *loop, int max_ms);

#endif
