/* Preloaded (LD_PRELOAD) into a program: counts the documents that jansson parses, whoever asks for it.
 * parse_counter_read() tells how many so far. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>

static atomic_ulong parses;

unsigned long parse_counter_read(void) { return atomic_load(&parses); }

/* The real function, or no program: a count that calls nothing would prove nothing. */
static void *next(const char *name) {
  atomic_fetch_add(&parses, 1);
  void *found = dlsym(RTLD_NEXT, name);
  if (!found) __builtin_trap();
  return found;
}

json_t *json_loads(const char *input, size_t flags, json_error_t *error) {
  return ((json_t * (*)(const char *, size_t, json_error_t *)) next("json_loads"))(input, flags, error);
}

json_t *json_loadb(const char *buffer, size_t len, size_t flags, json_error_t *error) {
  return ((json_t * (*)(const char *, size_t, size_t, json_error_t *)) next("json_loadb"))(buffer, len, flags, error);
}

json_t *json_loadf(FILE *input, size_t flags, json_error_t *error) {
  return ((json_t * (*)(FILE *, size_t, json_error_t *)) next("json_loadf"))(input, flags, error);
}

json_t *json_load_file(const char *path, size_t flags, json_error_t *error) {
  return ((json_t * (*)(const char *, size_t, json_error_t *)) next("json_load_file"))(path, flags, error);
}

json_t *json_load_callback(json_load_callback_t callback, void *data, size_t flags, json_error_t *error) {
  return ((json_t * (*)(json_load_callback_t, void *, size_t, json_error_t *)) next("json_load_callback"))(callback, data, flags, error);
}
