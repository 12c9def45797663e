/* upstream_paced [PORT]: SSE streams that arrive slowly, as from a model. One thread, thousands of connections.
 * Prints its port. The model of the request says what comes (every chunk is one send and one HTTP chunk):
 *   paced  10 chunks/s for ever; the streams are spread evenly over the period
 *   idle   one chunk, then silence
 *   fast   1,000 chunks/s
 * The delta is "t=<CLOCK_MONOTONIC ns at the send>". */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

enum { SLOTS = 1024 /* of 1 ms; more than any period */ };

typedef struct stream {
  int fd, period; /* ms; 0: silent */
  size_t held;
  struct stream *next, **link; /* in its slot */
  char request[8192];
} stream;

static stream *slots[SLOTS];
static uint64_t tick;
static long open_streams, spread;
static int epoll;

static void leave_slot(stream *s) {
  if (!s->link) return;
  *s->link = s->next;
  if (s->next) s->next->link = s->link;
  s->link = NULL;
}

static void enter_slot(stream *s, uint64_t due) {
  stream **head = &slots[due % SLOTS];
  s->next = *head;
  s->link = head;
  if (s->next) s->next->link = &s->next;
  *head = s;
}

static void drop(stream *s) {
  leave_slot(s);
  close(s->fd);
  free(s);
  open_streams--;
}

static bool put(const stream *s, const char *data, int len) {
  ssize_t sent = send(s->fd, data, (size_t)len, MSG_NOSIGNAL);
  if (sent > 0 && sent < len) fail("a client reads too slowly for the paced upstream");
  return sent == len;
}

static bool put_chunk(const stream *s) {
  char event[512], chunk[600];
  int n = snprintf(event, sizeof event,
                   "data: {\"id\":\"chatcmpl-7d3f0c5ab1e2498fa60d\",\"object\":\"chat.completion.chunk\",\"created\":1750000000,"
                   "\"model\":\"gpt-4o-mini-2024-07-18\",\"system_fingerprint\":\"fp_4f1c88d2a7\",\"choices\":[{\"index\":0,"
                   "\"delta\":{\"content\":\"t=%llu\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                   (unsigned long long)now_ns());
  return put(s, chunk, snprintf(chunk, sizeof chunk, "%x\r\n%s\r\n", n, event));
}

/* Golden-ratio steps spread any number of streams evenly over a period. */
static uint64_t first_due(const stream *s) {
  spread = (spread + 618034) % 1000000;
  return tick + 1 + (uint64_t)(s->period * spread / 1000000);
}

static bool begin(stream *s) {
  static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  int one = 1;
  setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (!put(s, head, sizeof head - 1)) return false;
  if (strstr(s->request, "\"model\":\"idle\"")) return put_chunk(s);
  s->period = strstr(s->request, "\"model\":\"fast\"") ? 1 : 100;
  enter_slot(s, first_due(s));
  return true;
}

/* Gathers the request; false when the connection is over. */
static bool gather(stream *s) {
  size_t room = sizeof s->request - 1 - s->held;
  ssize_t got = recv(s->fd, s->request + s->held, room, 0);
  if (got <= 0) return false;
  s->held += (size_t)got;
  s->request[s->held] = 0;
  const char *body = strstr(s->request, "\r\n\r\n"), *length = strcasestr(s->request, "content-length:");
  if (!body || !length || s->held < (size_t)(body + 4 - s->request) + (size_t)atol(length + 15)) return true;
  bool ok = begin(s);
  s->held = 0;
  return ok;
}

static void accept_all(int listener) {
  for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
    stream *s = calloc(1, sizeof *s);
    s->fd = fd;
    open_streams++;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = s};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
}

static void fire(void) {
  for (uint64_t now = now_ns() / 1000000; tick < now; tick++) {
    stream *due = slots[tick % SLOTS];
    slots[tick % SLOTS] = NULL;
    for (stream *s = due, *next; s; s = next) {
      next = s->next;
      s->link = NULL;
      if (put_chunk(s)) enter_slot(s, tick + (uint64_t)s->period);
      else drop(s);
    }
  }
}

static int listen_on(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  socklen_t size = sizeof address;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (bind(fd, (struct sockaddr *)&address, size) || listen(fd, 4096)) fail("cannot listen");
  getsockname(fd, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

int main(int argc, char **argv) {
  raise_descriptor_limit();
  int listener = listen_on(argc > 1 ? atoi(argv[1]) : 0);
  epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN}, ready[256];
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  for (tick = now_ns() / 1000000;;) {
    int n = epoll_wait(epoll, ready, 256, open_streams ? 1 : -1);
    if (!open_streams) tick = now_ns() / 1000000;
    for (int i = 0; i < n; i++) {
      stream *s = ready[i].data.ptr;
      if (!s) accept_all(listener);
      else if (!gather(s)) drop(s);
    }
    fire();
  }
}
