/* Swift 6.3's Embedded runtime returns from swift_bridgeObjectRetain the object without its tag bits (it passes on what
 * swift_retain returns). On 64-bit ARM the compiler's code goes on with that: a short string lost its mark, and its text was taken
 * for an address. This is the function as its callers expect it; the linker takes it, since theirs is a weak symbol.
 * https://github.com/swiftlang/swift/blob/release/6.3/stdlib/public/core/EmbeddedRuntime.swift, 2026-11 */
#if defined(GL_EMBEDDED_SWIFT) && defined(__aarch64__)
#include <stdint.h>

void *swift_retain(void *object);

__attribute__((visibility("hidden"))) void *swift_bridgeObjectRetain(void *object) {
  uintptr_t bits = (uintptr_t)object;
  if (!(bits >> 63)) swift_retain((void *)(bits & UINT64_C(0x0ffffffffffffff8))); /* the top bit: nothing is counted */
  return object;
}

__attribute__((visibility("hidden"))) void *swift_bridgeObjectRetain_n(void *object, uint32_t count) {
  while (count-- > 0) swift_bridgeObjectRetain(object);
  return object;
}
#else
typedef int gl_nothing; /* a source file has to hold something */
#endif
