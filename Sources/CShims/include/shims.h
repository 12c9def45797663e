/* What Swift cannot call itself: variadic functions, macros, thread-locals, and structs with unions. Thin on purpose. */
#ifndef GATELET_SHIMS_H
#define GATELET_SHIMS_H

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "hiredis.h"
#include "scan.h"
#include "sha256.h"

/* GATELET_VERSION of the public header. */
const char *gl_version(void);

/* ---- clock */
static inline int64_t gl_now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
static inline int64_t gl_unix_seconds(void) { return (int64_t)time(NULL); }

/* ---- curl: typed setters for a variadic function */
static inline CURLcode gl_set_long(CURL *h, CURLoption o, long v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode gl_set_off(CURL *h, CURLoption o, curl_off_t v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode gl_set_text(CURL *h, CURLoption o, const char *v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode gl_set_ptr(CURL *h, CURLoption o, const void *v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode gl_set_list(CURL *h, CURLoption o, struct curl_slist *v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode gl_set_write(CURL *h, CURLoption o, size_t (*f)(char *, size_t, size_t, void *)) {
  return curl_easy_setopt(h, o, f);
}
static inline CURLcode gl_set_prereq(CURL *h, int (*f)(void *, char *, char *, int, int)) {
  return curl_easy_setopt(h, CURLOPT_PREREQFUNCTION, f);
}
static inline CURLcode gl_set_sockopt(CURL *h, int (*f)(void *, curl_socket_t, curlsocktype)) {
  return curl_easy_setopt(h, CURLOPT_SOCKOPTFUNCTION, f);
}
static inline CURLcode gl_set_opensocket(CURL *h, curl_socket_t (*f)(void *, curlsocktype, struct curl_sockaddr *)) {
  return curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, f);
}
static inline CURLcode gl_set_debug(CURL *h, int (*f)(CURL *, curl_infotype, char *, size_t, void *)) {
  return curl_easy_setopt(h, CURLOPT_DEBUGFUNCTION, f);
}
static inline long gl_info_long(CURL *h, CURLINFO i) {
  long v = 0;
  curl_easy_getinfo(h, i, &v);
  return v;
}
static inline int64_t gl_info_off(CURL *h, CURLINFO i) {
  curl_off_t v = 0;
  curl_easy_getinfo(h, i, &v);
  return (int64_t)v;
}
static inline int gl_info_socket(CURL *h) {
  curl_socket_t v = CURL_SOCKET_BAD;
  return curl_easy_getinfo(h, CURLINFO_ACTIVESOCKET, &v) == CURLE_OK ? (int)v : -1;
}
static inline void *gl_info_private(CURL *h) {
  char *v = NULL;
  curl_easy_getinfo(h, CURLINFO_PRIVATE, &v);
  return v;
}
static inline const char *gl_info_text(CURL *h, CURLINFO i) {
  char *v = NULL;
  curl_easy_getinfo(h, i, &v);
  return v;
}
static inline CURLMcode gl_multi_long(CURLM *m, CURLMoption o, long v) { return curl_multi_setopt(m, o, v); }
static inline CURLMcode gl_multi_ptr(CURLM *m, CURLMoption o, void *v) { return curl_multi_setopt(m, o, v); }
static inline CURLMcode gl_multi_socket_fn(CURLM *m, int (*f)(CURL *, curl_socket_t, int, void *, void *)) {
  return curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, f);
}
static inline CURLMcode gl_multi_timer_fn(CURLM *m, int (*f)(CURLM *, long, void *)) {
  return curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, f);
}
/* Runs every transfer and tells the socket function about every socket: how the loop changes from poll to epoll. */
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
static inline CURLMcode gl_multi_socket_all(CURLM *m, int *running) { return curl_multi_socket_all(m, running); }
#pragma clang diagnostic pop
/* ---- first use: work that is done once in a process, under a lock that every fork takes (firstuse.c) */
/* 0 in a child that was born in the middle of it all the same: then there is no lock, and nothing to leave. */
int gl_first_use_enter(void);
void gl_first_use_leave(void);
int gl_first_use_abandoned(void);
/* How often a fork lies between the process that loaded the library and this one. */
uint32_t gl_forks(void);
/* Sets libcurl up (0.7 ms for OpenSSL): when the first engine is made, not when a client is. */
CURLcode gl_curl_global(void);
/* http and https, and https alone after a redirect. */
void gl_set_protocols(CURL *h);
/* The version of the libcurl that is loaded, as curl numbers it (0x075801 is 7.88.1); needs no set-up. */
unsigned gl_curl_version(void);
/* Seeds jansson's hashes; it would do so itself on first use, but not safely in two threads. */
void gl_json_seed(void);
/* The first TLS handshake of a process has its TLS library make random generators and look up algorithms, under locks that no fork
 * resets. Until one is done, whoever drives one enters; 0: nothing to leave. */
int gl_tls_enter(void);
void gl_tls_is_used(void);
/* curl_easy_init, which touches libcurl's global lock. */
CURL *gl_easy_init(void);

/* A share handle for DNS and TLS sessions with its own locks; NULL when out of memory. */
CURLSH *gl_share_new(void);
CURLSH *gl_share_curl(CURLSH *share); /* what CURLOPT_SHARE takes */
void gl_share_free(CURLSH *share);

/* ---- addresses */
/* 16 bytes, IPv4 as ::ffff:a.b.c.d. 0: it is neither IPv4 nor IPv6. `text` may have a zone behind it (fe80::1%eth0). */
int gl_address_of(const struct curl_sockaddr *from, uint8_t *address);
int gl_parse_address(const char *text, uint8_t *address);
/* As curl would make it by itself. */
curl_socket_t gl_open_socket(const struct curl_sockaddr *to);
/* What curl makes of an absolute URL. The host goes to `host` (at most `room` bytes, NUL-terminated), brackets included. */
enum { GL_URL_OK = 0, GL_URL_BAD = 1, GL_URL_SCHEME = 2, GL_URL_USER = 3 };
int gl_url_host(const char *url, char *host, size_t room);

/* ---- epoll */
static inline int gl_epoll_set(int ep, int op, int fd, uint32_t events) {
  struct epoll_event e = {.events = events, .data = {.fd = fd}};
  return epoll_ctl(ep, op, fd, &e);
}
/* Waits and writes descriptors and event bits to two plain arrays. */
int gl_epoll_wait(int ep, int *fds, uint32_t *events, int most, int timeout_ms);

/* ---- eventfd */
int gl_eventfd(void);
static inline void gl_event_raise(int fd) {
  uint64_t one = 1;
  ssize_t n = write(fd, &one, sizeof one);
  (void)n;
}
static inline void gl_event_clear(int fd) {
  uint64_t v;
  ssize_t n = read(fd, &v, sizeof v);
  (void)n;
}

/* ---- waiting: a futex, because a condition variable hides that a signal handler ran */
/* 0 woken or value differs, 1 timed out, 2 interrupted by a signal handler. timeout_us < 0: no bound. */
int gl_wait(const uint32_t *word, uint32_t expected, int64_t timeout_us);
void gl_wake(const uint32_t *word);
static inline uint32_t gl_load(const uint32_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
static inline void gl_store(uint32_t *p, uint32_t v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }
static inline uint32_t gl_add(uint32_t *p, uint32_t v) { return __atomic_add_fetch(p, v, __ATOMIC_ACQ_REL); }
static inline uint32_t gl_exchange(uint32_t *p, uint32_t v) { return __atomic_exchange_n(p, v, __ATOMIC_ACQ_REL); }

/* ---- locks and threads */
/* Starts a thread of ours: signals that come from outside are blocked in it, those that its own faults raise are not.
 * 0 or an errno value. */
int gl_thread_start(pthread_t *thread, void *(*body)(void *), void *argument);

/* What the calling thread is called in a debugger. */
void gl_thread_name(const char *name);

/* Blocks SIGPIPE in this thread while it may write to a socket or a pipe. What is raised meanwhile is gone afterwards, and the
 * host's own is not. The result is for gl_sigpipe_restore. */
int gl_sigpipe_block(void);
void gl_sigpipe_restore(int before);

/* What kind of callback runs on this thread, innermost: 0 none. And for which client (a handle value). */
typedef struct gl_callback_frame {
  uint32_t kind;
  uint32_t free_wanted; /* gatelet_free was called for `client` meanwhile */
  uint64_t client;
  struct gl_callback_frame *outer;
} gl_callback_frame;
gl_callback_frame *gl_callback_top(void);
void gl_callback_push(gl_callback_frame *frame);
void gl_callback_pop(void);

/* ---- slots: handles as slot + generation, looked up without a lock (slots.c) */
/* A handle value, or 0 when the table is full. `object` is kept as it is; `kind` 1 to 15. */
uint64_t gl_slot_new(uint32_t kind, void *object);
enum { GL_SLOT_OK = 0, GL_SLOT_BAD = 1, GL_SLOT_FORKED = 2 };
/* Takes a reference for the length of a call. */
int gl_slot_enter(uint64_t handle, uint32_t kind, void **object);
/* Gives it back; returns the object when this was the last reference of a closed slot: the caller releases it. */
void *gl_slot_leave(uint64_t handle);
/* Closes: later entries fail. Returns GL_SLOT_OK for exactly one caller; `last` as gl_slot_leave. */
int gl_slot_close(uint64_t handle, uint32_t kind, void **last);

/* ---- numbers and text */
#ifndef _GNU_SOURCE
void *memmem(const void *haystack, size_t length, const void *needle, size_t needle_length); /* glibc hides it */
#endif
/* Locale-independent; 1 when the whole text is a finite number. */
int gl_parse_double(const char *text, double *out);

/* ---- environment and files */
extern char **environ;
static inline const char *gl_environ_at(size_t i) { return environ ? environ[i] : NULL; }
/* A file to append to, made with mode 0600, or -1. `torn`: it ends within a line. */
int gl_open_append(const char *path, int *torn);
/* Whether the path names another file by now. */
int gl_file_moved(int fd, const char *path);
/* Appends a line in one write, behind a line break of its own when the file is torn; 0 or errno. */
int gl_append(int fd, const void *bytes, size_t count, int *torn);
static inline int gl_errno(void) { return errno; }
/* A descriptor that tells of changes in folders, or -errno. */
int gl_watch_new(void);
/* Adds the folder of a file, and that of the file it is a link to. 0 or errno. */
int gl_watch_add(int fd, const char *path);
/* Takes what has been told; it does not matter which file it was. */
void gl_watch_drain(int fd);
/* Differs as soon as the path leads to another file, or the file was written to; 0 where there is none. */
uint64_t gl_file_stamp(const char *path);
/* Reads a file of at most `most` bytes into malloc memory, NUL-terminated; 0 or an errno value (EFBIG when larger). */
int gl_read_file(const char *path, size_t most, char **out, size_t *length);
/* The same in pieces. A descriptor and the file's size, or -errno; bytes, 0 at the end, or -errno. */
int gl_open_file(const char *path, size_t *size);
ssize_t gl_read(int fd, void *bytes, size_t most);
/* Puts a file in the place of another in one step; nobody sees half of it. Makes the folder, both for this user only. A descriptor or
 * -errno; then 0 or an errno. `part`: PATH_MAX bytes, which receive what it is called until then. Without a `path` it is given up. */
int gl_write_begin(const char *folder, const char *path, char *part);
int gl_write_more(int fd, const void *bytes, size_t length);
int gl_write_end(int fd, const char *part, const char *path);
/* The file that this code was loaded from, as the loader was told to find it; NULL when it does not say. */
const char *gl_library_path(void);

#endif
