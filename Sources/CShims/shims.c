#define _GNU_SOURCE
#include "shims.h"

#include <limits.h>
#include <linux/futex.h>
#include <locale.h>
#include <math.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <sys/syscall.h>

/* ---- once per process */

static pthread_once_t version_once = PTHREAD_ONCE_INIT; /* glibc's once survives a fork in the middle, and no lock is taken in it */
static unsigned version;
static void version_once_body(void) { version = curl_version_info(CURLVERSION_NOW)->version_num; }
unsigned gl_curl_version(void) {
  pthread_once(&version_once, version_once_body);
  return version;
}

/* Before 7.85.0 protocols had numbers instead of names. */
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
void gl_set_protocols(CURL *h) {
  if (curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https")) curl_easy_setopt(h, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
  if (curl_easy_setopt(h, CURLOPT_REDIR_PROTOCOLS_STR, "https")) curl_easy_setopt(h, CURLOPT_REDIR_PROTOCOLS, (long)CURLPROTO_HTTPS);
}
#pragma clang diagnostic pop

/* ---- share */

typedef struct { pthread_mutex_t locks[CURL_LOCK_DATA_LAST]; } share_locks;
static void share_lock(CURL *h, curl_lock_data what, curl_lock_access access, void *user) {
  (void)h, (void)access;
  pthread_mutex_lock(&((share_locks *)user)->locks[what]);
}
static void share_unlock(CURL *h, curl_lock_data what, void *user) {
  (void)h;
  pthread_mutex_unlock(&((share_locks *)user)->locks[what]);
}
typedef struct { CURLSH *share; share_locks *locks; } share_pair;

CURLSH *gl_share_new(void) {
  CURLSH *s = curl_share_init();
  share_locks *l = malloc(sizeof *l);
  if (!s || !l) {
    if (s) curl_share_cleanup(s);
    free(l);
    return NULL;
  }
  for (int i = 0; i < CURL_LOCK_DATA_LAST; i++) pthread_mutex_init(&l->locks[i], NULL);
  curl_share_setopt(s, CURLSHOPT_LOCKFUNC, share_lock);
  curl_share_setopt(s, CURLSHOPT_UNLOCKFUNC, share_unlock);
  curl_share_setopt(s, CURLSHOPT_USERDATA, l);
  curl_share_setopt(s, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
  curl_share_setopt(s, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  share_pair *pair = malloc(sizeof *pair);
  if (!pair) {
    curl_share_cleanup(s);
    free(l);
    return NULL;
  }
  pair->share = s;
  pair->locks = l;
  return (CURLSH *)pair;
}
CURLSH *gl_share_curl(CURLSH *share) { return share ? ((share_pair *)share)->share : NULL; }
void gl_share_free(CURLSH *share) {
  if (!share) return;
  share_pair *pair = (share_pair *)share;
  curl_share_cleanup(pair->share); /* takes the lock once more */
  for (int i = 0; i < CURL_LOCK_DATA_LAST; i++) pthread_mutex_destroy(&pair->locks->locks[i]);
  free(pair->locks);
  free(pair);
}

/* ---- addresses */

static void map_v4(const void *four, uint8_t *address) {
  memset(address, 0, 10);
  memset(address + 10, 0xFF, 2);
  memcpy(address + 12, four, 4);
}

int gl_address_of(const struct curl_sockaddr *from, uint8_t *address) {
  if (from->family == AF_INET && from->addrlen >= sizeof(struct sockaddr_in)) {
    map_v4(&((const struct sockaddr_in *)(const void *)&from->addr)->sin_addr, address);
    return 1;
  }
  if (from->family == AF_INET6 && from->addrlen >= sizeof(struct sockaddr_in6)) {
    memcpy(address, &((const struct sockaddr_in6 *)(const void *)&from->addr)->sin6_addr, 16);
    return 1;
  }
  return 0;
}

int gl_parse_address(const char *text, uint8_t *address) {
  char plain[INET6_ADDRSTRLEN + 1];
  size_t length = strcspn(text, "%");
  if (length >= sizeof plain) return 0;
  memcpy(plain, text, length);
  plain[length] = '\0';
  uint8_t four[4];
  if (inet_pton(AF_INET, plain, four) == 1) {
    map_v4(four, address);
    return 1;
  }
  return inet_pton(AF_INET6, plain, address) == 1;
}

curl_socket_t gl_open_socket(const struct curl_sockaddr *to) {
  return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static int has_part(CURLU *url, CURLUPart part) {
  char *text = NULL;
  int found = curl_url_get(url, part, &text, 0) == CURLUE_OK && text && *text;
  curl_free(text);
  return found;
}

static int url_host(CURLU *url, char *host, size_t room) {
  char *scheme = NULL, *text = NULL;
  int result = GL_URL_BAD;
  if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK && scheme && strcmp(scheme, "http") && strcmp(scheme, "https")) result = GL_URL_SCHEME;
  else if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD)) result = GL_URL_USER;
  else if (curl_url_get(url, CURLUPART_HOST, &text, 0) == CURLUE_OK && text && *text && strlen(text) < room) {
    strcpy(host, text);
    result = GL_URL_OK;
  }
  curl_free(scheme);
  curl_free(text);
  return result;
}

int gl_url_host(const char *url, char *host, size_t room) {
  CURLU *parts = curl_url();
  if (!parts) return GL_URL_BAD;
  int result = curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK ? url_host(parts, host, room) : GL_URL_BAD;
  curl_url_cleanup(parts);
  return result;
}

/* ---- descriptors */

int gl_epoll_wait(int ep, int *fds, uint32_t *events, int most, int timeout_ms) {
  struct epoll_event list[256];
  if (most > 256) most = 256;
  int n = epoll_wait(ep, list, most, timeout_ms);
  for (int i = 0; i < n; i++) {
    fds[i] = list[i].data.fd;
    events[i] = list[i].events;
  }
  return n;
}
int gl_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

/* ---- futex */

int gl_wait(const uint32_t *word, uint32_t expected, int64_t timeout_us) {
  struct timespec t = {.tv_sec = timeout_us / 1000000, .tv_nsec = (timeout_us % 1000000) * 1000};
  long r = syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, timeout_us < 0 ? NULL : &t, NULL, 0);
  if (r == 0 || errno == EAGAIN) return 0;
  return errno == ETIMEDOUT ? 1 : errno == EINTR ? 2 : 0;
}
void gl_wake(const uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0); }

/* ---- threads */

int gl_thread_start(pthread_t *thread, void *(*body)(void *), void *argument) {
  static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
  sigset_t mask, before;
  sigfillset(&mask);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&mask, faults[i]);
  pthread_sigmask(SIG_SETMASK, &mask, &before); /* inherited by the new thread */
  int r = pthread_create(thread, NULL, body, argument);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return r;
}

void gl_thread_name(const char *name) { pthread_setname_np(pthread_self(), name); }

enum { PIPE_OPEN, PIPE_BLOCKED, PIPE_PENDING };

int gl_sigpipe_block(void) {
  sigset_t pipe, before, pending;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, &before);
  if (!sigismember(&before, SIGPIPE)) return PIPE_OPEN;
  sigemptyset(&pending);
  sigpending(&pending);
  return sigismember(&pending, SIGPIPE) ? PIPE_PENDING : PIPE_BLOCKED;
}
void gl_sigpipe_restore(int before) {
  if (before == PIPE_PENDING) return; /* the host's, and one more of the same is no other */
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  const struct timespec zero = {0, 0};
  while (sigtimedwait(&pipe, NULL, &zero) == SIGPIPE) {} /* ours: none was pending before */
  if (before == PIPE_OPEN) pthread_sigmask(SIG_UNBLOCK, &pipe, NULL);
}

/* A pthread key, not __thread: that would make the library need ld-linux itself. */
static pthread_key_t callback_key;
static int callback_key_made;
static locale_t c_locale;
__attribute__((constructor)) static void loaded(void) { /* before any thread can fork in the middle of it */
  callback_key_made = pthread_key_create(&callback_key, NULL) == 0;
  c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

gl_callback_frame *gl_callback_top(void) {
  return callback_key_made ? pthread_getspecific(callback_key) : NULL;
}
static void set_top(gl_callback_frame *frame) {
  if (callback_key_made) pthread_setspecific(callback_key, frame);
}
void gl_callback_push(gl_callback_frame *frame) {
  frame->outer = gl_callback_top();
  set_top(frame);
}
void gl_callback_pop(void) {
  gl_callback_frame *top = gl_callback_top();
  if (top) set_top(top->outer);
}

/* ---- numbers */

static double parse(const char *text, char **end) {
  return c_locale ? strtod_l(text, end, c_locale) : strtod(text, end);
}
int gl_parse_double(const char *text, double *out) {
  char *end;
  *out = parse(text, &end);
  return end != text && *end == '\0' && isfinite(*out);
}
/* Wanted by Embedded Swift's Double(String). */
const char *_swift_stdlib_strtod_clocale(const char *text, double *out) {
  char *end;
  *out = parse(text, &end);
  return end;
}

/* Wanted by Embedded Swift's Hasher; defining it here lowers the glibc floor from 2.36 to 2.34. */
void arc4random_buf(void *buffer, size_t length) {
  uint8_t *p = buffer;
  while (length) {
    ssize_t n = getrandom(p, length, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) abort();
    p += n;
    length -= (size_t)n;
  }
}

/* ---- files */

int gl_watch_new(void) {
  int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

static int watch_folder(int fd, const char *path) {
  const char *slash = strrchr(path, '/');
  char folder[PATH_MAX] = ".";
  size_t length = slash ? (size_t)(slash - path) : 0;
  if (length >= sizeof folder) return ENAMETOOLONG;
  if (slash) snprintf(folder, sizeof folder, "%.*s", (int)(length ? length : 1), path);
  /* Files that are written to, and those that take the place of others: a new file under the old name, a link that leads elsewhere. */
  const uint32_t what = IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR;
  return inotify_add_watch(fd, folder, what) < 0 ? errno : 0;
}

int gl_watch_add(int fd, const char *path) {
  int code = watch_folder(fd, path);
  char *real = code == 0 ? realpath(path, NULL) : NULL;
  if (real) code = watch_folder(fd, real);
  free(real);
  return code;
}

void gl_watch_drain(int fd) {
  char events[4096];
  while (read(fd, events, sizeof events) > 0) {}
}

uint64_t gl_file_stamp(const char *path) {
  struct stat st;
  if (stat(path, &st) != 0) return 0;
  const uint64_t parts[] = {(uint64_t)st.st_dev, (uint64_t)st.st_ino, (uint64_t)st.st_size, (uint64_t)st.st_mtim.tv_sec,
                            (uint64_t)st.st_mtim.tv_nsec};
  uint64_t stamp = 14695981039346656037u; /* FNV-1a over words */
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) stamp = (stamp ^ parts[i]) * 1099511628211u;
  return stamp ? stamp : 1;
}

int gl_open_file(const char *path, size_t *size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hang init */
  if (fd < 0) return -errno;
  struct stat st;
  if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
    close(fd);
    return -EINVAL;
  }
  *size = (size_t)st.st_size;
  return fd;
}

ssize_t gl_read(int fd, void *bytes, size_t most) {
  ssize_t n;
  do n = read(fd, bytes, most);
  while (n < 0 && errno == EINTR);
  return n < 0 ? -errno : n;
}

int gl_read_file(const char *path, size_t most, char **out, size_t *length) {
  *out = NULL;
  *length = 0;
  size_t size = 0, n = 0;
  int fd = gl_open_file(path, &size);
  if (fd < 0) return -fd;
  size_t capacity = size < most ? size + 1 : most + 1;
  char *text = malloc(capacity + 1);
  ssize_t r = text ? 1 : -ENOMEM;
  while (r > 0 && n < capacity) {
    r = gl_read(fd, text + n, capacity - n);
    if (r > 0) n += (size_t)r;
  }
  close(fd);
  if (r >= 0 && n > most) r = -EFBIG;
  if (r < 0) {
    free(text);
    return (int)-r;
  }
  text[n] = '\0';
  *out = text;
  *length = n;
  return 0;
}

int gl_write_begin(const char *folder, const char *path, char *part) {
  if (mkdir(folder, 0700) != 0 && errno != EEXIST) return -errno;
  if (snprintf(part, PATH_MAX, "%s.XXXXXX", path) >= PATH_MAX) return -ENAMETOOLONG;
  int fd = mkostemp(part, O_CLOEXEC); /* mode 0600 */
  return fd < 0 ? -errno : fd;
}

int gl_write_more(int fd, const void *bytes, size_t length) {
  for (size_t n = 0; n < length;) {
    ssize_t w = write(fd, (const char *)bytes + n, length - n);
    if (w > 0) n += (size_t)w;
    else if (w < 0 && errno != EINTR) return errno;
  }
  return 0;
}

int gl_write_end(int fd, const char *part, const char *path) {
  int error = close(fd) != 0 ? errno : 0;
  if (!error && path && rename(part, path) != 0) error = errno;
  if (error || !path) unlink(part);
  return error;
}

const char *gl_library_path(void) {
  Dl_info info;
  return dladdr((const void *)(uintptr_t)&gl_library_path, &info) ? info.dli_fname : NULL;
}

/* ---- records */

int gl_open_append(const char *path, int *torn) {
  char last = '\n';
  struct stat status;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd >= 0) {
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 && pread(fd, &last, 1, status.st_size - 1) != 1) last = '\n';
    close(fd);
  }
  *torn = last != '\n';
  return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
}

int gl_file_moved(int fd, const char *path) {
  struct stat open_one, named;
  if (stat(path, &named) != 0 || fstat(fd, &open_one) != 0) return 1;
  return open_one.st_ino != named.st_ino || open_one.st_dev != named.st_dev;
}

static int append_once(int fd, const void *bytes, size_t count, int *torn) {
  for (;;) {
    ssize_t n = write(fd, bytes, count);
    if (n == (ssize_t)count) return 0;
    if (n > 0) *torn = 1;
    if (n >= 0) return ENOSPC;
    if (errno != EINTR) return errno;
  }
}

int gl_append(int fd, const void *bytes, size_t count, int *torn) {
  int pipe = gl_sigpipe_block(), error = 0; /* it may be a FIFO that nobody reads any more */
  if (*torn) {
    error = append_once(fd, "\n", 1, torn);
    if (!error) *torn = 0;
  }
  if (!error) error = append_once(fd, bytes, count, torn);
  gl_sigpipe_restore(pipe);
  return error;
}
