/* What is done once in a process, and what libcurl guards with a lock of its own that no fork resets: all of it under one lock,
 * which every fork takes. So no child is born while another thread is in the middle of it. */
#include "shims.h"

static pthread_mutex_t lock;
static pthread_t forking; /* the thread that holds the lock over its fork; 0 for none */
static uint32_t forks;    /* between the process that loaded the library and this one */
static int abandoned;     /* in a child: somebody was inside at its birth, and will never come out */

static void make_lock(void) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&lock, &attributes);
  pthread_mutexattr_destroy(&attributes);
}

static int is_forking(void) {
  pthread_t who = __atomic_load_n(&forking, __ATOMIC_ACQUIRE);
  return who && pthread_equal(who, pthread_self());
}

/* Bounded: whoever is inside may wait for something that the forking thread holds. */
static void before_fork(void) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += 5;
  if (pthread_mutex_timedlock(&lock, &until) == 0) __atomic_store_n(&forking, pthread_self(), __ATOMIC_RELEASE);
}

static void after_fork(void) {
  if (!is_forking()) return;
  __atomic_store_n(&forking, 0, __ATOMIC_RELEASE);
  pthread_mutex_unlock(&lock);
}

static void in_child(void) {
  __atomic_add_fetch(&forks, 1, __ATOMIC_RELAXED);
  if (!is_forking()) abandoned = 1;
  __atomic_store_n(&forking, 0, __ATOMIC_RELEASE);
  make_lock(); /* its owner was a thread of the parent */
}

__attribute__((constructor)) static void loaded(void) {
  make_lock();
  pthread_atfork(before_fork, after_fork, in_child);
}

int gl_first_use_enter(void) {
  if (abandoned) return 0;
  pthread_mutex_lock(&lock);
  return 1;
}
void gl_first_use_leave(void) { pthread_mutex_unlock(&lock); }
uint32_t gl_forks(void) { return __atomic_load_n(&forks, __ATOMIC_RELAXED); }
int gl_first_use_abandoned(void) { return abandoned; }

CURLcode gl_curl_global(void) {
  static int done;
  static CURLcode result;
  if (__atomic_load_n(&done, __ATOMIC_ACQUIRE)) return result;
  if (!gl_first_use_enter()) return CURLE_FAILED_INIT;
  if (!done) {
    result = curl_global_init(CURL_GLOBAL_ALL);
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
  }
  gl_first_use_leave();
  return result;
}

void gl_json_seed(void) {
  static int done;
  if (__atomic_load_n(&done, __ATOMIC_ACQUIRE) || !gl_first_use_enter()) return;
  if (!done) json_object_seed(0);
  __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
  gl_first_use_leave();
}

static int tls_used;
int gl_tls_enter(void) { return !__atomic_load_n(&tls_used, __ATOMIC_ACQUIRE) && gl_first_use_enter(); }
void gl_tls_is_used(void) { __atomic_store_n(&tls_used, 1, __ATOMIC_RELEASE); }

CURL *gl_easy_init(void) {
  int entered = gl_first_use_enter(); /* libcurl takes its global lock here, each time */
  CURL *easy = curl_easy_init();
  if (entered) gl_first_use_leave();
  return easy;
}
