/* The innermost loops of parsing, inlined into Swift. SSE2 is part of x86-64; elsewhere a plain loop. */
#ifndef GATELET_SCAN_H
#define GATELET_SCAN_H
#include <stddef.h>
#include <stdint.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Length of the run of plain string bytes at p: ASCII 0x20..0x7F without '"' and '\\'. */
static inline size_t gl_plain_run(const uint8_t *p, size_t n) {
  size_t i = 0;
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(0x20);
  for (; i + 16 <= n; i += 16) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
    /* signed compare: control characters and every byte from 0x80 up are less than a space */
    __m128i stop = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash)), _mm_cmplt_epi8(v, space));
    int mask = _mm_movemask_epi8(stop);
    if (mask) return i + (size_t)__builtin_ctz((unsigned)mask);
  }
#endif
  for (; i < n; i++)
    if (p[i] < 0x20 || p[i] >= 0x80 || p[i] == '"' || p[i] == '\\') return i;
  return n;
}
#endif
