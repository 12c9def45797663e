/* The paced upstream writes the clock into each delta: what is left when it arrives is the added latency. */
#ifndef BENCH_STAMP_H
#define BENCH_STAMP_H

#include <stdlib.h>

#include "measure.h"

/* "t=<nanoseconds>" to the time since then; 0 when it is no stamp. */
static inline uint64_t stamp_age(const char *text, size_t len) {
  if (len < 3 || len > 40 || text[0] != 't' || text[1] != '=') return 0;
  char digits[48];
  __builtin_memcpy(digits, text + 2, len - 2);
  digits[len - 2] = 0;
  uint64_t sent = strtoull(digits, NULL, 10), now = now_ns();
  return now > sent ? now - sent : 1;
}

#endif
