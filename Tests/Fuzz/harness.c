/* One fuzzer: FUZZ names the function of Tests/Fuzz/Targets that takes the input. */
#include <stddef.h>
#include <stdint.h>

int FUZZ(const uint8_t *data, size_t count);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t count) { return FUZZ(data, count); }
