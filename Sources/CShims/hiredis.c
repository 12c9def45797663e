#include "hiredis.h"

#include <dlfcn.h>
#include <stdlib.h>

/* redisReply of hiredis.h, as 0.14 has it and as 1.0 and later do. */
typedef struct {
  int type;
  long long integer;
  size_t length;
  char *text;
  size_t count;
  void **elements;
} reply_0_14;
typedef struct {
  int type;
  long long integer;
  double number;
  size_t length;
  char *text;
  char kind[4];
  size_t count;
  void **elements;
} reply_1;

struct gl_hiredis {
  void *handle;
  int is_1;
  void *format; /* answers int in 0.14, long long since */
  void (*forget)(char *);
  void *(*reader)(void);
  void (*reader_free)(void *);
  int (*feed)(void *, const char *, size_t);
  int (*next)(void *, void **);
  void (*reply_free)(void *);
};

static int symbols(gl_hiredis *l) {
  l->format = dlsym(l->handle, "redisFormatCommandArgv");
  *(void **)&l->forget = dlsym(l->handle, "redisFreeCommand");
  *(void **)&l->reader = dlsym(l->handle, "redisReaderCreate");
  *(void **)&l->reader_free = dlsym(l->handle, "redisReaderFree");
  *(void **)&l->feed = dlsym(l->handle, "redisReaderFeed");
  *(void **)&l->next = dlsym(l->handle, "redisReaderGetReply");
  *(void **)&l->reply_free = dlsym(l->handle, "freeReplyObject");
  return l->format && l->forget && l->reader && l->reader_free && l->feed && l->next && l->reply_free;
}

gl_hiredis *gl_hiredis_open(void) {
  static const struct { const char *name; int is_1; } known[] = {{"libhiredis.so.1.1.0", 1}, {"libhiredis.so.0.14", 0}};
  gl_hiredis *l = calloc(1, sizeof *l);
  for (size_t i = 0; l && i < sizeof known / sizeof *known; i++) {
    l->handle = dlopen(known[i].name, RTLD_NOW | RTLD_LOCAL);
    if (!l->handle) continue;
    l->is_1 = known[i].is_1;
    if (symbols(l)) return l;
    dlclose(l->handle);
  }
  free(l);
  return NULL;
}

void gl_hiredis_close(gl_hiredis *l) {
  if (!l) return;
  dlclose(l->handle);
  free(l);
}

int64_t gl_hiredis_format(const gl_hiredis *l, char **bytes, int count, const char **words, const size_t *lengths) {
  *bytes = NULL;
  return l->is_1 ? ((long long (*)(char **, int, const char **, const size_t *))l->format)(bytes, count, words, lengths)
                 : ((int (*)(char **, int, const char **, const size_t *))l->format)(bytes, count, words, lengths);
}
void gl_hiredis_forget(const gl_hiredis *l, char *bytes) {
  if (bytes) l->forget(bytes);
}

void *gl_hiredis_reader(const gl_hiredis *l) { return l->reader(); }
void gl_hiredis_reader_free(const gl_hiredis *l, void *reader) {
  if (reader) l->reader_free(reader);
}
int gl_hiredis_feed(const gl_hiredis *l, void *reader, const char *bytes, size_t count) { return l->feed(reader, bytes, count); }
int gl_hiredis_next(const gl_hiredis *l, void *reader, void **reply) {
  *reply = NULL;
  return l->next(reader, reply);
}
void gl_hiredis_reply_free(const gl_hiredis *l, void *reply) {
  if (reply) l->reply_free(reply);
}

int gl_reply_type(const void *reply) { return ((const reply_1 *)reply)->type; }
int64_t gl_reply_integer(const void *reply) { return ((const reply_1 *)reply)->integer; }

const char *gl_reply_text(const gl_hiredis *l, const void *reply, size_t *count) {
  int type = gl_reply_type(reply);
  *count = 0;
  if (type != GL_REPLY_TEXT && type != GL_REPLY_STATUS && type != GL_REPLY_ERROR) return NULL;
  *count = l->is_1 ? ((const reply_1 *)reply)->length : ((const reply_0_14 *)reply)->length;
  return l->is_1 ? ((const reply_1 *)reply)->text : ((const reply_0_14 *)reply)->text;
}
size_t gl_reply_count(const gl_hiredis *l, const void *reply) {
  if (gl_reply_type(reply) != GL_REPLY_LIST) return 0;
  return l->is_1 ? ((const reply_1 *)reply)->count : ((const reply_0_14 *)reply)->count;
}
const void *gl_reply_element(const gl_hiredis *l, const void *reply, size_t index) {
  if (index >= gl_reply_count(l, reply)) return NULL;
  void **elements = l->is_1 ? ((const reply_1 *)reply)->elements : ((const reply_0_14 *)reply)->elements;
  return elements ? elements[index] : NULL;
}
