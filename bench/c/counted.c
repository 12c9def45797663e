/* The allocator is the C library's; these functions of the same names count. */
#include "counted.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

counted_memory counted;

static void *born(void *p) {
  if (!p) return p;
  __atomic_add_fetch(&counted.made, 1, __ATOMIC_RELAXED);
  __atomic_add_fetch(&counted.blocks, 1, __ATOMIC_RELAXED);
  long now = __atomic_add_fetch(&counted.bytes, (long)malloc_usable_size(p), __ATOMIC_RELAXED);
  long peak = __atomic_load_n(&counted.peak, __ATOMIC_RELAXED);
  while (now > peak && !__atomic_compare_exchange_n(&counted.peak, &peak, now, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
  return p;
}

static void *dies(void *p) {
  if (!p) return p;
  __atomic_sub_fetch(&counted.blocks, 1, __ATOMIC_RELAXED);
  __atomic_sub_fetch(&counted.bytes, (long)malloc_usable_size(p), __ATOMIC_RELAXED);
  return p;
}

void *malloc(size_t n) { return born(__libc_malloc(n)); }
void *calloc(size_t n, size_t each) { return born(__libc_calloc(n, each)); }
void *aligned_alloc(size_t alignment, size_t n) { return born(__libc_memalign(alignment, n)); }
void free(void *p) { __libc_free(dies(p)); }

void *realloc(void *p, size_t n) {
  dies(p);
  void *moved = __libc_realloc(p, n);
  return born(moved || !n ? moved : p);
}

int posix_memalign(void **p, size_t alignment, size_t n) {
  *p = born(__libc_memalign(alignment, n));
  return *p ? 0 : ENOMEM;
}
