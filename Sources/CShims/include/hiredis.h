/* hiredis formats and parses what Redis speaks. It is loaded when somebody wants it, and nothing but its functions is used: its structs
   differ between versions, so the layout of a reply goes with the SONAME. */
#ifndef GATELET_HIREDIS_H
#define GATELET_HIREDIS_H

#include <stddef.h>
#include <stdint.h>

typedef struct gl_hiredis gl_hiredis;
/* NULL: none of the versions that it was tested with is there, or no memory. */
gl_hiredis *gl_hiredis_open(void);
void gl_hiredis_close(gl_hiredis *library);

/* A command as it is sent, for gl_hiredis_forget; -1: no memory. */
int64_t gl_hiredis_format(const gl_hiredis *library, char **bytes, int count, const char **words, const size_t *lengths);
void gl_hiredis_forget(const gl_hiredis *library, char *bytes);

void *gl_hiredis_reader(const gl_hiredis *library);
void gl_hiredis_reader_free(const gl_hiredis *library, void *reader);
/* 0, or what came is not what Redis speaks. */
int gl_hiredis_feed(const gl_hiredis *library, void *reader, const char *bytes, size_t count);
/* The next whole reply, for gl_hiredis_reply_free; NULL: there is none yet. */
int gl_hiredis_next(const gl_hiredis *library, void *reader, void **reply);
void gl_hiredis_reply_free(const gl_hiredis *library, void *reply);

/* As hiredis numbers them, in all its versions. */
enum { GL_REPLY_TEXT = 1, GL_REPLY_LIST = 2, GL_REPLY_INTEGER = 3, GL_REPLY_NIL = 4, GL_REPLY_STATUS = 5, GL_REPLY_ERROR = 6 };
int gl_reply_type(const void *reply);
int64_t gl_reply_integer(const void *reply);
/* Of a text, a status or an error; else NULL. */
const char *gl_reply_text(const gl_hiredis *library, const void *reply, size_t *count);
/* Of a list; else 0. */
size_t gl_reply_count(const gl_hiredis *library, const void *reply);
/* NULL: there is none. */
const void *gl_reply_element(const gl_hiredis *library, const void *reply, size_t index);

#endif
