/* The hand-written stream readers that ours is compared with: bytes only, delta scan, or a jansson parse per chunk. */
#ifndef BENCH_SSE_READER_H
#define BENCH_SSE_READER_H

#include "measure.h"

typedef enum { READ_RAW, READ_SCAN, READ_JANSSON } read_mode;

typedef struct {
  read_mode mode;
  char form;                   /* of a jansson parse: the first letter of the stream's name, s, a, t, g or r */
  bool done;
  uint64_t chunks, text, body; /* text deltas, their bytes, bytes of the whole body */
  bytes partial;               /* a line that is not complete yet */
  void (*on_text)(void *user, const char *text, size_t len);
  void *user;
} sse_reader;

read_mode read_mode_named(const char *name);
void sse_reset(sse_reader *r);
/* A CURLOPT_WRITEFUNCTION; its data is the reader. */
size_t sse_write(char *data, size_t one, size_t len, void *reader);

#endif
