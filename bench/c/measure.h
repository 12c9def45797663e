/* What every measuring program needs: clocks, CPU time, memory, percentiles, and the one JSON line it prints. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct { double wall, user, sys; } usage;
typedef struct { uint64_t *ns; size_t count, room; } samples;
typedef struct { char *data; size_t len, room; } bytes;

uint64_t now_ns(void);
uint64_t deadline_in(double seconds);
/* CPU seconds of this process (all its threads) and the clock. */
usage usage_now(void);
usage usage_since(usage start);
long rss_kb(void);
/* Streams by the thousand need descriptors by the thousand. */
void raise_descriptor_limit(void);

void samples_add(samples *s, uint64_t ns);
void samples_join(samples *s, const samples *other);
/* The q-quantile in microseconds; sorts. */
double samples_us(samples *s, double q);

void bytes_append(bytes *b, const void *data, size_t len);
/* A whole file of the folder BENCH_DATA, NUL-terminated. */
bytes data_file(const char *name);

/* A mismatch or an error is never measured around: it ends the program, and so the run. */
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* {"units":…,"wall":…,"user":…,"sys":…,"rss_kb":… , then the numbers, then } */
void result_begin(usage spent, uint64_t units);
void result_number(const char *name, double value);
void result_latency(samples *s);
void result_end(void);

#endif
