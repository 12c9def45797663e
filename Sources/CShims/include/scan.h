/* The innermost loops of parsing, inlined into Swift. SSE2 is part of x86-64; elsewhere plain loops do.
   Every function reads p[0..n) only; p may be NULL when n is 0. */
#ifndef GATELET_SCAN_H
#define GATELET_SCAN_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

static inline uint8_t gl_at(const uint8_t *p, size_t n, size_t i) { return i < n ? p[i] : 0; }

/* The bytes at i and i + 1, the first in the low half; 0 when they are not both there. */
static inline uint16_t gl_pair(const uint8_t *p, size_t n, size_t i) {
  return n >= 2 && i <= n - 2 ? (uint16_t)(p[i] | p[i + 1] << 8) : 0;
}

/* Whether "null" begins at i. */
static inline int gl_json_null(const uint8_t *p, size_t n, size_t i) {
  uint32_t word;
  if (n < 4 || i > n - 4) return 0;
  memcpy(&word, p + i, 4);
  return !memcmp(&word, "null", 4);
}

/* Offset of the first byte at or after i that is not JSON white space; n when there is none. */
static inline size_t gl_json_space(const uint8_t *p, size_t n, size_t i) {
  while (i < n && p[i] <= ' ' && (p[i] == ' ' || p[i] == '\n' || p[i] == '\r' || p[i] == '\t')) i++;
  return i;
}

/* Offset of the first CR or LF at or after i; n when there is none. */
static inline size_t gl_line_end(const uint8_t *p, size_t n, size_t i) {
#if defined(__SSE2__)
  const __m128i cr = _mm_set1_epi8('\r'), lf = _mm_set1_epi8('\n');
#define GL_ENDS(at) __extension__({ __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + (at))); \
  _mm_or_si128(_mm_cmpeq_epi8(v, cr), _mm_cmpeq_epi8(v, lf)); })
  for (; n - i >= 64; i += 64) {
    __m128i a = GL_ENDS(i), b = GL_ENDS(i + 16), c = GL_ENDS(i + 32), d = GL_ENDS(i + 48);
    if (_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d)))) {
      uint64_t mask = (uint64_t)(unsigned)_mm_movemask_epi8(a) | (uint64_t)(unsigned)_mm_movemask_epi8(b) << 16 |
                      (uint64_t)(unsigned)_mm_movemask_epi8(c) << 32 | (uint64_t)(unsigned)_mm_movemask_epi8(d) << 48;
      return i + (size_t)__builtin_ctzll(mask);
    }
  }
  for (; n - i >= 16; i += 16) {
    int mask = _mm_movemask_epi8(GL_ENDS(i));
    if (mask) return i + (size_t)__builtin_ctz((unsigned)mask);
  }
#undef GL_ENDS
#endif
  for (; i < n; i++)
    if (p[i] == '\n' || p[i] == '\r') return i;
  return n;
}

/* Length of the run of plain string bytes at p: ASCII 0x20..0x7F without '"' and '\\'. */
static inline size_t gl_plain_run(const uint8_t *p, size_t n) {
  size_t i = 0;
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(0x20);
  for (; n - i >= 16; i += 16) {
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

/* Length of the valid UTF-8 sequence of two bytes or more at p (2, 3 or 4); 0 when there is none. Unicode table 3-7. */
static inline size_t gl_utf8_sequence(const uint8_t *p, size_t n) {
  if (n < 2 || (p[1] & 0xC0) != 0x80) return 0;
  uint8_t a = p[0], b = p[1];
  if (a >= 0xC2 && a <= 0xDF) return 2;
  if (n < 3 || (p[2] & 0xC0) != 0x80) return 0;
  if (a >= 0xE0 && a <= 0xEF) return (a == 0xE0 && b < 0xA0) || (a == 0xED && b >= 0xA0) ? 0 : 3;
  if (n < 4 || (p[3] & 0xC0) != 0x80) return 0;
  if (a >= 0xF0 && a <= 0xF4) return (a == 0xF0 && b < 0x90) || (a == 0xF4 && b >= 0x90) ? 0 : 4;
  return 0;
}

/* Length of the bad sequence at p that one U+FFFD replaces (the longest prefix of a valid one, at least 1). n > 0. */
static inline size_t gl_utf8_bad(const uint8_t *p, size_t n) {
  uint8_t a = p[0], b = gl_at(p, n, 1);
  size_t want = a >= 0xF0 && a <= 0xF4 ? 3 : a >= 0xE0 && a <= 0xEF ? 2 : 1;
  if (want == 1 || (b & 0xC0) != 0x80) return 1;
  if ((a == 0xE0 && b < 0xA0) || (a == 0xED && b >= 0xA0) || (a == 0xF0 && b < 0x90) || (a == 0xF4 && b >= 0x90)) return 1;
  return want == 3 && (gl_at(p, n, 2) & 0xC0) == 0x80 ? 3 : 2;
}

/* Value of four hexadecimal digits at p, or -1. */
static inline int32_t gl_hex4(const uint8_t *p, size_t n) {
  if (n < 4) return -1;
  int32_t v = 0;
  for (int i = 0; i < 4; i++) {
    uint8_t c = p[i], l = c | 0x20;
    int32_t digit = c >= '0' && c <= '9' ? c - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
    if (digit < 0) return -1;
    v = v << 4 | digit;
  }
  return v;
}

enum { GL_JSON_OK = 0, GL_JSON_SYNTAX = 1, GL_JSON_UTF8 = 2, GL_JSON_NUL = 3 };
enum { GL_NOTE_ESCAPE = 1, GL_NOTE_LONE = 2 }; /* an escape, an unpaired surrogate escape, was passed */
typedef struct { size_t end; uint32_t fault, notes; } gl_scan;

/* One escape at p ('\\' first): its length, 0 when malformed. A surrogate pair is one escape of 12 bytes. */
static inline size_t gl_json_escape(const uint8_t *p, size_t n, uint32_t *notes) {
  switch (gl_at(p, n, 1)) {
  case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't': return 2;
  case 'u': break;
  default: return 0;
  }
  int32_t v = gl_hex4(p + 2, n - 2);
  if (v < 0) return 0;
  if (v < 0xD800 || v > 0xDFFF) return 6;
  if (v < 0xDC00 && n >= 12 && p[6] == '\\' && p[7] == 'u') {
    int32_t low = gl_hex4(p + 8, n - 8);
    if (low >= 0xDC00 && low <= 0xDFFF) return 12;
  }
  *notes |= GL_NOTE_LONE;
  return 6;
}

/* Passes plain string bytes from i in blocks of 16: stops at one that is not plain, or near the end, where `gl_json_string` goes on. */
static inline __attribute__((always_inline)) size_t gl_json_plain(const uint8_t *p, size_t n, size_t i) {
#if defined(__SSE2__)
  if (i > n) return i;
  for (; n - i >= 16; i += 16) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
    __m128i stop = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))),
                                _mm_cmplt_epi8(v, _mm_set1_epi8(0x20)));
    unsigned mask = (unsigned)_mm_movemask_epi8(stop);
    if (mask) return i + (size_t)__builtin_ctz(mask);
  }
#else
  (void)p, (void)n;
#endif
  return i;
}

/* Body of a JSON string from i (behind the opening quote, or a later place that no escape covers): `end` is the closing quote, or where the fault is. */
gl_scan gl_json_string(const uint8_t *p, size_t n, size_t i);

static inline size_t gl_digits(const uint8_t *p, size_t n, size_t i) {
  while (i < n && (uint8_t)(p[i] - '0') <= 9) i++;
  return i;
}

/* A JSON number from i: `end` is behind it, or where the fault is. Never inlined, as the library has unwind tables through it: the Swift
   compiler has no option for them and describes functions to debuggers only (.debug_frame), but writes the descriptions of a whole
   object where they are loaded (.eh_frame) once a single function in it asks for them, as all do that clang compiles. */
static __attribute__((noinline, unused)) gl_scan gl_json_number(const uint8_t *p, size_t n, size_t i) {
  gl_scan r = {i, GL_JSON_SYNTAX, 0};
  if (gl_at(p, n, i) == '-') i++;
  size_t end = gl_digits(p, n, i);
  if (end == i || (p[i] == '0' && end > i + 1)) { r.end = end == i ? i : i + 1; return r; }
  i = end;
  if (gl_at(p, n, i) == '.') {
    end = gl_digits(p, n, i + 1);
    if (end == i + 1) { r.end = end; return r; }
    i = end;
  }
  if ((gl_at(p, n, i) | 0x20) == 'e') {
    i++;
    if (gl_at(p, n, i) == '+' || gl_at(p, n, i) == '-') i++;
    end = gl_digits(p, n, i);
    if (end == i) { r.end = end; return r; }
    i = end;
  }
  r.end = i;
  r.fault = GL_JSON_OK;
  return r;
}
#endif
