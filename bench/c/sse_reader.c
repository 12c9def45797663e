#define _GNU_SOURCE
#include "sse_reader.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { DELTA_ROOM = 8192 };

read_mode read_mode_named(const char *name) {
  if (!strcmp(name, "raw")) return READ_RAW;
  if (!strncmp(name, "scan", 4)) return READ_SCAN;
  if (!strcmp(name, "jansson")) return READ_JANSSON;
  fail("unknown mode %s", name);
}

void sse_reset(sse_reader *r) {
  r->done = false;
  r->chunks = r->text = r->body = r->partial.len = 0;
}

static void deliver(sse_reader *r, const char *text, size_t len) {
  r->chunks++;
  r->text += len;
  if (r->on_text) r->on_text(r->user, text, len);
}

static char *put_utf8(char *out, unsigned code) {
  if (code < 0x80) {
    *out++ = (char)code;
  } else if (code < 0x800) {
    *out++ = (char)(0xC0 | code >> 6);
    *out++ = (char)(0x80 | (code & 63));
  } else {
    *out++ = (char)(0xE0 | code >> 12);
    *out++ = (char)(0x80 | (code >> 6 & 63));
    *out++ = (char)(0x80 | (code & 63));
  }
  return out;
}

static char *put_escape(char *out, const char **at, const char *end) {
  const char *p = *at + 1;
  *at = p < end ? p + 1 : end;
  switch (p < end ? *p : 0) {
  case 'n': *out++ = '\n'; return out;
  case 't': *out++ = '\t'; return out;
  case 'r': *out++ = '\r'; return out;
  case 'b': *out++ = '\b'; return out;
  case 'f': *out++ = '\f'; return out;
  case 'u': {
    char hex[5] = {0};
    if (end - p < 5) return out;
    memcpy(hex, p + 1, 4);
    *at = p + 5;
    return put_utf8(out, (unsigned)strtoul(hex, NULL, 16));
  }
  default: *out++ = *p; return out;
  }
}

/* From after the opening quote to the closing one. */
static size_t unescape(const char *p, const char *end, char *out) {
  char *start = out;
  while (p < end && *p != '"') {
    if (*p != '\\') *out++ = *p++;
    else out = put_escape(out, &p, end);
  }
  return (size_t)(out - start);
}

/* Trusts the order of the members, as somebody who writes for one provider would: a lower bound, not a parser. */
static void scan(sse_reader *r, const char *event, size_t len) {
  static const char delta[] = "\"delta\":{", content[] = "\"content\":\"";
  const char *end = event + len, *at = memmem(event, len, delta, sizeof delta - 1);
  if (at) at = memmem(at, (size_t)(end - at), content, sizeof content - 1);
  if (!at || end - at > DELTA_ROOM) return;
  char text[DELTA_ROOM];
  deliver(r, text, unescape(at + sizeof content - 1, end, text));
}

static json_t *text_of(char form, const json_t *root) {
  const json_t *delta = json_object_get(root, "delta");
  switch (form) {
  case 'a': return json_object_get(delta, "text");
  case 't': return json_object_get(delta, "thinking");
  case 'g': {
    json_t *content = json_object_get(json_array_get(json_object_get(root, "candidates"), 0), "content");
    return json_object_get(json_array_get(json_object_get(content, "parts"), 0), "text");
  }
  case 'r': return (json_t *)delta;
  default: return json_object_get(json_object_get(json_array_get(json_object_get(root, "choices"), 0), "delta"), "content");
  }
}

static void parse(sse_reader *r, const char *event, size_t len) {
  json_t *root = json_loadb(event, len, 0, NULL);
  json_t *content = text_of(r->form, root);
  if (!root) fail("a chunk is not JSON");
  if (json_is_string(content)) deliver(r, json_string_value(content), json_string_length(content));
  json_decref(root);
}

static void line(sse_reader *r, const char *p, size_t len) {
  if (len && p[len - 1] == '\r') len--;
  if (len < 6 || memcmp(p, "data: ", 6)) return;
  p += 6;
  len -= 6;
  if (len == 6 && !memcmp(p, "[DONE]", 6)) r->done = true;
  else if (r->mode == READ_SCAN) scan(r, p, len);
  else parse(r, p, len);
}

static void feed(sse_reader *r, const char *p, size_t len) {
  const char *end = p + len, *nl = memchr(p, '\n', len);
  if (r->partial.len && nl) {
    bytes_append(&r->partial, p, (size_t)(nl - p));
    line(r, r->partial.data, r->partial.len);
    r->partial.len = 0;
    p = nl + 1;
    nl = memchr(p, '\n', (size_t)(end - p));
  }
  for (; nl; nl = memchr(p, '\n', (size_t)(end - p))) {
    line(r, p, (size_t)(nl - p));
    p = nl + 1;
  }
  if (p < end) bytes_append(&r->partial, p, (size_t)(end - p));
}

size_t sse_write(char *data, size_t one, size_t len, void *reader) {
  sse_reader *r = reader;
  r->body += len * one;
  if (r->mode != READ_RAW) feed(r, data, len * one);
  return len * one;
}
