/* our_allocations BASE PROVIDERS MODELS plain|words: what gatelet_chat allocates, and whether anything stays: the blocks and bytes alive
 * after 1,000 requests and after 10,000. The allocator is the C library's; this program's functions of the same names count. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "routing_side.h"

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

static struct { long made, blocks, bytes; } counted;

static void *born(void *p) {
  if (!p) return p;
  __atomic_add_fetch(&counted.made, 1, __ATOMIC_RELAXED);
  __atomic_add_fetch(&counted.blocks, 1, __ATOMIC_RELAXED);
  __atomic_add_fetch(&counted.bytes, (long)malloc_usable_size(p), __ATOMIC_RELAXED);
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

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  const char *request = routing_request(!strcmp(argv[4], "words"));
  gatelet_client *client = routing_client(argv[1], atoi(argv[2]), atoi(argv[3]));
  for (int i = 0; i < 1000; i++) routing_chat(client, request);
  usage start = usage_now();
  long made = counted.made, blocks = counted.blocks, bytes = counted.bytes;
  for (int i = 0; i < 9000; i++) routing_chat(client, request);
  made = counted.made - made;
  blocks = counted.blocks - blocks;
  bytes = counted.bytes - bytes;
  result_begin(usage_since(start), 9000);
  result_number("allocations", (double)made / 9000);
  result_number("kept_blocks", (double)blocks);
  result_number("kept_bytes", (double)bytes);
  result_end();
  gatelet_free(client);
  return 0;
}
