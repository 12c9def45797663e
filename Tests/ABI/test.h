/* A test harness in one page, and what the conformance programs share (support.c). */
#ifndef TEST_H
#define TEST_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <gatelet_easy.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition) ((condition) ? (void)0 : t_fail(__FILE__, __LINE__, "%s", #condition))
/* A status is compared exactly, and `internal` is always a failure. */
#define EXPECT(status, call) t_expect(__FILE__, __LINE__, #call, (status), (call))
#define RUN(test) t_run(#test, test)

void t_start(int argc, char **argv); /* argv[1]: run only tests whose name contains it, in any case */
void t_run(const char *name, void (*test)(void));
int t_end(void); /* main's result: whether a test failed */
void t_fail(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
void t_expect(const char *file, int line, const char *call, gatelet_status expected, gatelet_status got);

/* ABI_SCALE=small (valgrind, sanitizers): the same tests with fewer rounds. */
int t_scaled(int full, int small);
bool t_sanitized(void); /* under valgrind or a sanitizer: no claims about memory, threads and time */
double t_now(void);     /* seconds, monotonic */
/* Seconds until what must happen is given up. How soon it happens is claimed only where time is the behaviour, ten times as wide. */
#define PATIENCE 100.0
void t_sleep(double seconds);

/* ---- clients. `more` is further configuration members, such as "\"timeouts\":{\"idle\":0.3}", or NULL. */
#define SECRET "sk-secret-0123456789"
gatelet_client *dev_client(void);
gatelet_client *dev_client_with(const char *more);
gatelet_client *client_at(const char *base_url, const char *more);
gatelet_client *client_of(const char *scenario, const char *more); /* of faultserver.py */
/* Providers a and b at two scenarios; a is asked first, b may continue a message. */
gatelet_client *pair_of(const char *first, const char *second, const char *more);
gatelet_client *make_client(const char *config);
int server_port(void);
long server_stat(const char *path); /* a number of /_stats, such as "open" or "paths.target"; absent: 0 */

/* A request in every usual shape; the string is static. */
extern const char *const REQUEST;

/* ---- one request and all that is known about its end */
typedef struct outcome {
  gatelet_status status, end_status;
  int chunks, ends, cancel_after, cancel_value;
  char text[4096];
  size_t text_length;
  char *answer, *end_json, *error_json;
  double seconds;
} outcome;

outcome chat(gatelet_client *client, const char *request);
outcome stream(gatelet_client *client, const char *request);
outcome stream_cancel(gatelet_client *client, const char *request, int after, int value);
int on_event(const gatelet_event *event, void *outcome); /* checks what holds for every event */
void end_outcome(outcome *o);

/* A member of a JSON text by path ("error.kind", "choices.0.text"); as text, "" when absent; static, four at a time. */
const char *member(const char *json, const char *path);

/* ---- queues */
gatelet_queue *new_queue(const char *options);
/* Takes events until `ends` ENDs came or the time is over; returns how many ENDs. Counters may be NULL. */
int drain(gatelet_queue *queue, int ends, double seconds, int *chunks, int *ok);

/* ---- this process */
int thread_count(void);
int open_files(void);
long resident_kb(void);
#endif
