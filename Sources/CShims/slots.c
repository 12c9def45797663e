/* Handles. A handle value is  seal << 24 | index << 4 | kind.  The seal is the slot's generation, mixed with random numbers of
 * this process and copy of the library: what another copy gave out, or what somebody made up, does not fit. A slot's state is one 64-bit word,
 *   generation << 32 | open << 31 | references,
 * changed by compare-and-swap only: no lock exists that a fork could leave held. Segments are added and never freed, so
 * an index once given out stays readable for ever, and a stale handle fails on its generation. */
#include "shims.h"

#include <sys/random.h>

enum { SEGMENT = 1024, SEGMENTS = 1024 }; /* a million live handles; errors count too */
#define OPEN (UINT64_C(1) << 31)
#define REFS (OPEN - 1)

typedef struct {
  uint64_t state;
  void *object;
  uint32_t kind;
  uint32_t forks; /* before it was given out: a child's slots are its own */
  uint32_t next_free; /* index + 1 */
} slot;

static slot *segments[SEGMENTS];
static uint32_t used;        /* slots ever given out */
static uint64_t free_head;   /* tag << 32 | index + 1: the tag defeats ABA */

static slot *slot_at(uint32_t index) {
  if (index >= SEGMENT * SEGMENTS) return NULL;
  slot *s = __atomic_load_n(&segments[index / SEGMENT], __ATOMIC_ACQUIRE);
  return s ? &s[index % SEGMENT] : NULL;
}

static slot *fresh(uint32_t *index) {
  uint64_t head = __atomic_load_n(&free_head, __ATOMIC_ACQUIRE);
  while ((uint32_t)head) {
    slot *s = slot_at((uint32_t)head - 1);
    if (!s) break;
    uint64_t next = ((head >> 32) + 1) << 32 | __atomic_load_n(&s->next_free, __ATOMIC_ACQUIRE);
    if (__atomic_compare_exchange_n(&free_head, &head, next, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
      *index = (uint32_t)head - 1;
      return s;
    }
  }
  uint32_t i = __atomic_load_n(&used, __ATOMIC_ACQUIRE);
  do {
    if (i >= SEGMENT * SEGMENTS) return NULL;
  } while (!__atomic_compare_exchange_n(&used, &i, i + 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
  slot **segment = &segments[i / SEGMENT];
  if (!__atomic_load_n(segment, __ATOMIC_ACQUIRE)) {
    slot *made = calloc(SEGMENT, sizeof *made), *expected = NULL;
    if (!made) return NULL; /* this index is lost; the next try gets another */
    if (!__atomic_compare_exchange_n(segment, &expected, made, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) free(made);
  }
  *index = i;
  return slot_at(i);
}

static void recycle(slot *s, uint32_t index) {
  uint64_t head = __atomic_load_n(&free_head, __ATOMIC_ACQUIRE), next;
  do {
    __atomic_store_n(&s->next_free, (uint32_t)head, __ATOMIC_RELEASE);
    next = ((head >> 32) + 1) << 32 | (index + 1);
  } while (!__atomic_compare_exchange_n(&free_head, &head, next, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
}

static uint32_t index_of(uint64_t handle) { return (uint32_t)(handle >> 4) & 0xFFFFF; }

static uint64_t random_word(void) {
  uint64_t word = 0;
  if (getrandom(&word, sizeof word, GRND_NONBLOCK) != sizeof word) { /* early at boot, or forbidden: at least another one for each copy */
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    word = ((uint64_t)(uintptr_t)&word ^ (uint64_t)(uintptr_t)segments) * 0x9E3779B97F4A7C15 + (uint64_t)now.tv_nsec;
  }
  return word;
}

/* Drawn once, and the same in the child of a fork: it has to know what it inherited. */
static uint64_t drawn(uint64_t *word) {
  uint64_t value = __atomic_load_n(word, __ATOMIC_ACQUIRE), made;
  if (value) return value;
  made = random_word() | 1;
  return __atomic_compare_exchange_n(word, &value, made, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) ? made : value;
}

static uint64_t seal_factor, seal_step;
static uint64_t handle_of(uint64_t generation, uint32_t index, uint32_t kind) {
  /* Another one for each generation and each index: both numbers are odd. */
  uint64_t seal = generation * drawn(&seal_factor) + (index + UINT64_C(1)) * drawn(&seal_step);
  return (seal & 0x7FFFFFFFFF) << 24 | (uint64_t)index << 4 | kind;
}

/* Whether the handle is of this kind and the one that was given out for this state. */
static int fits(const slot *s, uint64_t state, uint64_t handle, uint32_t kind) {
  if (!(state & OPEN)) return 0;
  return handle == handle_of(state >> 32, index_of(handle), kind) && __atomic_load_n(&s->kind, __ATOMIC_RELAXED) == kind;
}

uint64_t gl_slot_new(uint32_t kind, void *object) {
  uint32_t index;
  slot *s = fresh(&index);
  if (!s) return 0;
  uint64_t generation = ((__atomic_load_n(&s->state, __ATOMIC_ACQUIRE) >> 32) + 1) & 0xFFFFFFFF;
  if (!generation) generation = 1;
  s->object = object;
  __atomic_store_n(&s->kind, kind, __ATOMIC_RELAXED);
  s->forks = gl_forks();
  __atomic_store_n(&s->state, generation << 32 | OPEN, __ATOMIC_RELEASE);
  return handle_of(generation, index, kind);
}

int gl_slot_enter(uint64_t handle, uint32_t kind, void **object) {
  *object = NULL;
  slot *s = slot_at(index_of(handle));
  if (!s) return GL_SLOT_BAD;
  uint64_t state = __atomic_load_n(&s->state, __ATOMIC_ACQUIRE);
  do {
    if (!fits(s, state, handle, kind)) return GL_SLOT_BAD;
  } while (!__atomic_compare_exchange_n(&s->state, &state, state + 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
  if (s->forks != gl_forks()) {
    gl_slot_leave(handle);
    return GL_SLOT_FORKED;
  }
  *object = s->object;
  return GL_SLOT_OK;
}

/* The last one out of a closed slot takes the object. */
static void *take_if_last(slot *s, uint32_t index, uint64_t state) {
  if (state & (OPEN | REFS)) return NULL;
  void *object = s->object;
  s->object = NULL;
  recycle(s, index);
  return object;
}

void *gl_slot_leave(uint64_t handle) {
  slot *s = slot_at(index_of(handle));
  if (!s) return NULL;
  return take_if_last(s, index_of(handle), __atomic_sub_fetch(&s->state, 1, __ATOMIC_ACQ_REL));
}

int gl_slot_close(uint64_t handle, uint32_t kind, void **last) {
  *last = NULL;
  slot *s = slot_at(index_of(handle));
  if (!s) return GL_SLOT_BAD;
  uint64_t state = __atomic_load_n(&s->state, __ATOMIC_ACQUIRE);
  do {
    if (!fits(s, state, handle, kind)) return GL_SLOT_BAD;
    if (s->forks != gl_forks()) return GL_SLOT_FORKED;
  } while (!__atomic_compare_exchange_n(&s->state, &state, state & ~OPEN, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
  *last = take_if_last(s, index_of(handle), state & ~OPEN);
  return GL_SLOT_OK;
}
