#include "curl_side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

static struct curl_slist *headers(void) {
  static struct curl_slist *list;
  if (list) return list;
  list = curl_slist_append(list, "Content-Type: application/json");
  list = curl_slist_append(list, "Accept: application/json");
  return list = curl_slist_append(list, "Authorization: Bearer sk-bench-0123456789abcdef");
}

CURL *chat_handle(const char *base, const char *body, curl_write_callback write, void *data) {
  return post_handle(base, "/chat/completions", body, write, data);
}

CURL *post_handle(const char *base, const char *path, const char *body, curl_write_callback write, void *data) {
  char url[512];
  snprintf(url, sizeof url, "%s/v1%s", base, path);
  CURL *h = curl_easy_init();
  curl_easy_setopt(h, CURLOPT_URL, url);
  curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers());
  curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
  curl_easy_setopt(h, CURLOPT_POSTFIELDS, body);
  curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(h, CURLOPT_PROXY, "");
  curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, 10L);
  curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, write);
  curl_easy_setopt(h, CURLOPT_WRITEDATA, data);
  return h;
}

size_t collect(char *data, size_t one, size_t len, void *into) {
  bytes_append(into, data, one * len);
  return one * len;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *known) {
  (void)easy;
  curl_loop *loop = user;
  struct epoll_event event = {.data.fd = fd};
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, &event);
    curl_multi_assign(loop->multi, fd, NULL);
    return 0;
  }
  event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
  if (known) return epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fd, &event), 0;
  if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event)) epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fd, &event);
  curl_multi_assign(loop->multi, fd, loop);
  return 0;
}

static int on_timer(CURLM *multi, long ms, void *user) {
  (void)multi;
  ((curl_loop *)user)->timer_at = ms < 0 ? UINT64_MAX : now_ns() + (uint64_t)ms * 1000000u;
  return 0;
}

curl_loop *curl_loop_new(long connections) {
  curl_loop *loop = calloc(1, sizeof *loop);
  loop->timer_at = UINT64_MAX;
  loop->epoll = epoll_create1(EPOLL_CLOEXEC);
  loop->multi = curl_multi_init();
  curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, connections);
  curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
  curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
  return loop;
}

static int wait_ms(const curl_loop *loop, int max_ms) {
  if (loop->timer_at == UINT64_MAX) return max_ms;
  uint64_t now = now_ns();
  if (loop->timer_at <= now) return 0;
  uint64_t ms = (loop->timer_at - now + 999999) / 1000000;
  return ms < (uint64_t)max_ms ? (int)ms : max_ms;
}

void curl_loop_turn(curl_loop *loop, int max_ms) {
  struct epoll_event events[256];
  int n = epoll_wait(loop->epoll, events, 256, wait_ms(loop, max_ms));
  for (int i = 0; i < n; i++) {
    uint32_t e = events[i].events;
    int mask = (e & EPOLLIN ? CURL_CSELECT_IN : 0) | (e & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
               (e & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
    curl_multi_socket_action(loop->multi, events[i].data.fd, mask, &loop->running);
  }
  if (loop->timer_at > now_ns()) return;
  loop->timer_at = UINT64_MAX;
  curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &loop->running);
}
