/* An upstream that counts: server FAULTS_PER_MILLE [MICROSECONDS of each answer]. Prints its port. Prompts hold "nonce-<digits>", and answers give the nonce back, so that
 * none can be taken for another. What goes wrong follows from nonce and attempt. GET /_stats gives the counts. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* dies: the connection ends under the request; leaves: it ends right after a good answer, and the next request may be on its way */
enum { OK, S500, S503, S429, RESET, DIES, CUT, GARBAGE, SLOW, LEAVES, KINDS };
enum { NONCES = 1 << 22 };
static long requests, connections, running, most; /* most: at the same time */
static unsigned char attempts[NONCES];
static int permille, answer_time;

typedef struct { int fd; size_t have; char in[1 << 16], out[1 << 16]; } peer;

static uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static int put(peer *p, size_t count) {
  for (size_t at = 0; at < count;) {
    ssize_t n = send(p->fd, p->out + at, count - at, MSG_NOSIGNAL);
    if (n <= 0) return 0;
    at += (size_t)n;
  }
  return 1;
}

/* Reads one request to its end; its length, or 0. */
static size_t take(peer *p) {
  for (;;) {
    p->in[p->have] = '\0';
    char *end = strstr(p->in, "\r\n\r\n"), *length = end ? strcasestr(p->in, "content-length:") : NULL;
    size_t whole = end ? (size_t)(end + 4 - p->in) + (length && length < end ? strtoul(length + 15, NULL, 10) : 0) : 0;
    if (end && p->have >= whole) return whole;
    if (p->have + 1 >= sizeof p->in) return 0;
    ssize_t n = recv(p->fd, p->in + p->have, sizeof p->in - 1 - p->have, 0);
    if (n <= 0) return 0;
    p->have += (size_t)n;
  }
}

static void forget(peer *p, size_t count) {
  memmove(p->in, p->in + count, p->have - count);
  p->have -= count;
}

static int event(char *out, const char *data) {
  size_t n = strlen(data) + 8;
  return sprintf(out, "%zx\r\ndata: %s\n\n\r\n", n, data);
}

static size_t stream(peer *p, unsigned long nonce, int kind) {
  char data[400], *out = p->out;
  int pieces = 2 + (int)(nonce % 5), n = sprintf(out, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < pieces; i++) {
    sprintf(data, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%lu.%d \"},\"finish_reason\":null}]}", nonce, i);
    n += event(out + n, kind == GARBAGE && i == 1 ? "{\"garbage" : data);
    if (kind == CUT && i == (int)(nonce % (unsigned)pieces)) return (size_t)n;
  }
  n += event(out + n, "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}");
  n += event(out + n, "[DONE]");
  return (size_t)(n + sprintf(out + n, "0\r\n\r\n"));
}

static size_t document(peer *p, int status, unsigned long nonce, int kind) {
  char body[400];
  int n = status != 200 ? sprintf(body, "{\"error\":{\"message\":\"fault %lu\"}}", nonce)
      : sprintf(body, "%s{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"%lu.\"},\"finish_reason\":\"stop\"}]}",
                kind == GARBAGE ? "{" : "", nonce);
  int whole = sprintf(p->out, "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", status, n, body);
  return (size_t)(kind == CUT ? whole - n / 2 : whole);
}

/* 0: the connection is over. */
static int serve(peer *p, size_t length) {
  if (!strncmp(p->in, "GET /_stats", 11)) {
    char body[100];
    int n = sprintf(body, "{\"requests\":%ld,\"connections\":%ld,\"most\":%ld}", requests, connections, most);
    put(p, (size_t)sprintf(p->out, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", n, body));
    return 0;
  }
  char *at = memmem(p->in, length, "nonce-", 6);
  unsigned long nonce = at ? strtoul(at + 6, NULL, 10) : 0;
  int streams = memmem(p->in, length, "\"stream\":true", 13) != NULL;
  unsigned nth = __atomic_add_fetch(&attempts[nonce % NONCES], 1, __ATOMIC_SEQ_CST);
  uint64_t h = mix(nonce * 0x9E3779B97F4A7C15u + nth * 77777u);
  int kind = (int)(h % 1000) < permille ? 1 + (int)(h / 1000 % (KINDS - 1)) : OK;
  forget(p, length);
  __atomic_add_fetch(&requests, 1, __ATOMIC_SEQ_CST);
  long now = __atomic_add_fetch(&running, 1, __ATOMIC_SEQ_CST);
  for (long seen = most; seen < now && !__atomic_compare_exchange_n(&most, &seen, now, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);) {}
  if (answer_time) usleep((useconds_t)answer_time);
  __atomic_sub_fetch(&running, 1, __ATOMIC_SEQ_CST);
  if (kind == DIES) return 0;
  if (kind == RESET) {
    struct linger now = {1, 0};
    setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    return 0;
  }
  if (kind == SLOW) usleep(20000);
  int status = kind == S500 ? 500 : kind == S503 ? 503 : kind == S429 ? 429 : 200;
  if (!put(p, streams && status == 200 ? stream(p, nonce, kind) : document(p, status, nonce, kind)) || kind == CUT) return 0;
  if (kind != LEAVES) return 1;
  shutdown(p->fd, SHUT_WR);
  for (size_t more; (more = take(p)) > 0; forget(p, more)) __atomic_add_fetch(&requests, 1, __ATOMIC_SEQ_CST);
  return 0;
}

static void *connection(void *fd) {
  peer *p = malloc(sizeof *p);
  int one = 1;
  p->fd = (int)(intptr_t)fd;
  p->have = 0;
  setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  __atomic_add_fetch(&connections, 1, __ATOMIC_SEQ_CST);
  for (size_t length; (length = take(p)) > 0 && serve(p, length);) {}
  close(p->fd);
  free(p);
  return NULL;
}

int main(int argc, char **argv) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  pthread_attr_t attributes;
  signal(SIGPIPE, SIG_IGN);
  permille = argc > 1 ? atoi(argv[1]) : 50;
  answer_time = argc > 2 ? atoi(argv[2]) : 0;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (void *)&address, sizeof address) || listen(listener, 4096) || getsockname(listener, (void *)&address, &length)) return 1;
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 256 << 10);
  for (;;) {
    pthread_t thread;
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) usleep(1000);
    else if (pthread_create(&thread, &attributes, connection, (void *)(intptr_t)fd)) close(fd);
  }
}
