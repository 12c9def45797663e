#define _GNU_SOURCE
#include "measure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t deadline_in(double seconds) { return now_ns() + (uint64_t)(seconds * 1e9); }

static double seconds(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec / 1e6; }

usage usage_now(void) {
  struct rusage r;
  getrusage(RUSAGE_SELF, &r);
  return (usage){(double)now_ns() / 1e9, seconds(r.ru_utime), seconds(r.ru_stime)};
}

usage usage_since(usage start) {
  usage n = usage_now();
  return (usage){n.wall - start.wall, n.user - start.user, n.sys - start.sys};
}

long rss_kb(void) {
  long size = 0, resident = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  if (!f || fscanf(f, "%ld %ld", &size, &resident) != 2) fail("cannot read /proc/self/statm");
  fclose(f);
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

void raise_descriptor_limit(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static void *grown(void *p, size_t *room, size_t need, size_t each) {
  if (need <= *room) return p;
  *room = need * 2 + 1024;
  p = realloc(p, *room * each);
  if (!p) fail("out of memory");
  return p;
}

void samples_add(samples *s, uint64_t ns) {
  s->ns = grown(s->ns, &s->room, s->count + 1, sizeof *s->ns);
  s->ns[s->count++] = ns;
}

void samples_join(samples *s, const samples *other) {
  for (size_t i = 0; i < other->count; i++) samples_add(s, other->ns[i]);
}

static int ascending(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

double samples_us(samples *s, double q) {
  if (!s->count) return 0;
  qsort(s->ns, s->count, sizeof *s->ns, ascending);
  size_t at = (size_t)((double)s->count * q);
  return (double)s->ns[at < s->count ? at : s->count - 1] / 1e3;
}

void bytes_append(bytes *b, const void *data, size_t len) {
  b->data = grown(b->data, &b->room, b->len + len + 1, 1);
  memcpy(b->data + b->len, data, len);
  b->len += len;
}

bytes data_file(const char *name) {
  const char *folder = getenv("BENCH_DATA");
  char path[1024], part[65536];
  snprintf(path, sizeof path, "%s/%s", folder ? folder : ".", name);
  FILE *f = fopen(path, "rb");
  if (!f) fail("cannot read %s", path);
  bytes all = {0};
  for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;) bytes_append(&all, part, n);
  fclose(f);
  bytes_append(&all, "", 0);
  all.data[all.len] = 0;
  return all;
}

void fail(const char *format, ...) {
  va_list list;
  va_start(list, format);
  vfprintf(stderr, format, list);
  va_end(list);
  fputc('\n', stderr);
  fflush(stderr);
  _exit(1); /* other threads may be in the middle of a transfer */
}

void result_begin(usage spent, uint64_t units) {
  printf("{\"units\":%llu,\"wall\":%.6f,\"user\":%.6f,\"sys\":%.6f,\"rss_kb\":%ld", (unsigned long long)units, spent.wall,
         spent.user, spent.sys, rss_kb());
}

void result_number(const char *name, double value) { printf(",\"%s\":%.3f", name, value); }

void result_latency(samples *s) {
  result_number("p50_us", samples_us(s, 0.5));
  result_number("p99_us", samples_us(s, 0.99));
}

void result_end(void) {
  puts("}");
  fflush(stdout);
}
