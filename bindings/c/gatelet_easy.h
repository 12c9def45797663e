/* gatelet_easy.h: a chat from C without a JSON library. Header only, C99 and C++.
 *
 * Strings made here come from malloc: release them with free(). Answers and errors come from the library: release them
 * with gatelet_string_free and gatelet_error_free. examples/c shows every function at work.
 */
#ifndef GATELET_EASY_H
#define GATELET_EASY_H

#include <gatelet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Longest text that is quoted, in bytes. */
#define GATELET_EASY_MAX ((size_t)64 * 1024 * 1024)

/* ---------------------------------------------------------------- writing JSON */

/* Writes text as a JSON string, closing quote included, and returns the end. `to` has room for 6 bytes per byte + 2. */
static inline char *gatelet_easy__write(char *to, const char *text, size_t length) {
  static const char hex[] = "0123456789abcdef";
  size_t i;
  *to++ = '"';
  for (i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c == '"' || c == '\\') {
      *to++ = '\\';
      *to++ = (char)c;
    } else if (c < 0x20) {
      memcpy(to, "\\u00", 4);
      to[4] = hex[c >> 4];
      to[5] = hex[c & 15];
      to += 6;
    } else {
      *to++ = (char)c;
    }
  }
  *to++ = '"';
  return to;
}

/** The text (UTF-8) as a JSON string with its quotes. NULL for NULL, for more than GATELET_EASY_MAX bytes, and when
 *  memory ran out. */
static inline char *gatelet_easy_quote(const char *text) {
  size_t length = text ? strlen(text) : 0;
  char *quoted = text && length <= GATELET_EASY_MAX ? (char *)malloc(length * 6 + 3) : NULL;
  if (quoted) *gatelet_easy__write(quoted, text, length) = 0;
  return quoted;
}

/** A chat request with one user message. `model` may be NULL: the client's default. Result as gatelet_easy_quote. */
static inline char *gatelet_easy_request(const char *model, const char *prompt) {
  char *quoted_model = model ? gatelet_easy_quote(model) : NULL;
  char *quoted_prompt = gatelet_easy_quote(prompt);
  const char *name = quoted_model ? quoted_model : "null";
  char *request = NULL;
  if (quoted_prompt && (quoted_model || !model)) {
    size_t room = strlen(name) + strlen(quoted_prompt) + 64;
    request = (char *)malloc(room);
    if (request)
      snprintf(request, room, "{\"model\":%s,\"messages\":[{\"role\":\"user\",\"content\":%s}]}", name, quoted_prompt);
  }
  free(quoted_model);
  free(quoted_prompt);
  return request;
}

/* ---------------------------------------------------------------- reading JSON
 * A cursor is a pointer into valid JSON, or NULL: nothing there. It never moves past the terminating NUL. */

static inline const char *gatelet_easy__space(const char *at) {
  while (at && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) at++;
  return at;
}

static inline const char *gatelet_easy__skip_string(const char *at) {
  for (at++; *at != '"'; at++) {
    if (*at == '\\') at++;
    if (!*at) return NULL;
  }
  return at + 1;
}

/* Behind the value at `at`. Brackets are counted, not recursed into: depth costs nothing. */
static inline const char *gatelet_easy__skip(const char *at) {
  size_t depth = 0;
  for (at = gatelet_easy__space(at); at && *at;) {
    if (*at == '"') {
      at = gatelet_easy__skip_string(at);
    } else if (*at == '{' || *at == '[') {
      depth++, at++;
      continue;
    } else if (*at == '}' || *at == ']') {
      if (depth == 0) return at;
      depth--, at++;
    } else if (depth && (*at == ',' || *at == ':' || *at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) {
      at++;
      continue;
    } else {
      while (*at && !strchr(",:]}\"[{ \t\r\n", *at)) at++;
      if (*at == ',' && depth == 0) return at;
    }
    if (depth == 0) return at;
  }
  return NULL;
}

/* The four hex digits at `at`, or -1. */
static inline long gatelet_easy__hex(const char *at) {
  long value = 0;
  int i;
  for (i = 0; i < 4; i++) {
    const char *digits = "0123456789abcdef0123456789ABCDEF";
    const char *found = at[i] ? strchr(digits, at[i]) : NULL;
    if (!found) return -1;
    value = value * 16 + (found - digits) % 16;
  }
  return value;
}

static inline size_t gatelet_easy__utf8(long c, char *to) {
  if (c < 0x80) return to[0] = (char)c, (size_t)1;
  if (c < 0x800) return to[0] = (char)(0xC0 | c >> 6), to[1] = (char)(0x80 | (c & 63)), (size_t)2;
  if (c < 0x10000) {
    to[0] = (char)(0xE0 | c >> 12), to[1] = (char)(0x80 | (c >> 6 & 63)), to[2] = (char)(0x80 | (c & 63));
    return 3;
  }
  to[0] = (char)(0xF0 | c >> 18), to[1] = (char)(0x80 | (c >> 12 & 63));
  to[2] = (char)(0x80 | (c >> 6 & 63)), to[3] = (char)(0x80 | (c & 63));
  return 4;
}

/* Reads the escape \uXXXX at `*at` (behind the backslash), with its second half if it is a pair. What C or UTF-8
 * cannot hold, NUL and lone surrogates, becomes U+FFFD. */
static inline long gatelet_easy__unicode(const char **at) {
  long c = gatelet_easy__hex(*at + 1), low;
  if (c < 0) return 0xFFFD;
  *at += 4;
  if (c >= 0xD800 && c < 0xDC00 && (*at)[1] == '\\' && (*at)[2] == 'u') {
    low = gatelet_easy__hex(*at + 3);
    if (low >= 0xDC00 && low < 0xE000) {
      *at += 6;
      return 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
  }
  return c == 0 || (c >= 0xD800 && c < 0xE000) ? 0xFFFD : c;
}

/* The decoded JSON string at `at`; NULL if there is no string, or no memory. */
static inline char *gatelet_easy__string(const char *at) {
  static const char from[] = "bfnrt", into[] = "\b\f\n\r\t";
  const char *end = at && *at == '"' ? gatelet_easy__skip_string(at) : NULL;
  char *text = end ? (char *)malloc((size_t)(end - at)) : NULL, *to = text;
  if (!text) return NULL;
  for (at++; at < end - 1; at++) {
    if (*at != '\\') {
      *to++ = *at;
    } else if (*++at == 'u') {
      to += gatelet_easy__utf8(gatelet_easy__unicode(&at), to);
    } else {
      const char *found = strchr(from, *at);
      *to++ = found ? into[found - from] : *at;
    }
  }
  *to = 0;
  return text;
}

/* The value of a member of the object at `at`. */
static inline const char *gatelet_easy__member(const char *at, const char *name) {
  at = gatelet_easy__space(at);
  if (!at || *at != '{') return NULL;
  at = gatelet_easy__space(at + 1);
  while (at && *at == '"') {
    char *key = gatelet_easy__string(at);
    int same = key && strcmp(key, name) == 0;
    free(key);
    at = gatelet_easy__space(gatelet_easy__skip_string(at));
    if (!at || *at != ':') return NULL;
    at = gatelet_easy__space(at + 1);
    if (same) return at;
    at = gatelet_easy__space(gatelet_easy__skip(at));
    if (!at || *at != ',') return NULL;
    at = gatelet_easy__space(at + 1);
  }
  return NULL;
}

static inline const char *gatelet_easy__first(const char *at) {
  at = gatelet_easy__space(at);
  return at && *at == '[' ? gatelet_easy__space(at + 1) : NULL;
}

/** The text of an answer: of its first choice, `message.content` of a chat, `text` of a text completion. NULL when the
 *  answer has none (a tool call, for example), and when memory ran out. */
static inline char *gatelet_easy_text(const char *answer_json) {
  const char *choice = gatelet_easy__first(gatelet_easy__member(answer_json, "choices"));
  const char *content = gatelet_easy__member(gatelet_easy__member(choice, "message"), "content");
  return gatelet_easy__string(content ? content : gatelet_easy__member(choice, "text"));
}

/** Event number `index` of those that gatelet_batch_events returned: the step is the library's, not the compiler's. */
static inline const gatelet_event *gatelet_easy_event(const gatelet_event *first, size_t index) {
  return (const gatelet_event *)(const void *)((const char *)first + index * first->struct_size);
}

/* ---------------------------------------------------------------- printing */

/** A gatelet_event_fn that writes the text of a stream as it arrives. `file` is the FILE * to write to, NULL: stdout.
 *  A failed write cancels the stream. */
static inline int gatelet_easy_print(const gatelet_event *event, void *file) {
  FILE *out = file ? (FILE *)file : stdout;
  if (event->kind != GATELET_EVENT_CHUNK || event->text_len == 0) return 0;
  return fwrite(event->text, 1, event->text_len, out) != event->text_len || fflush(out) != 0;
}

/** `length` bytes as one event of an event stream, for whoever relays chunks: `event->json` and `event->json_len`, or "[DONE]" and
 *  6. Each line becomes a `data:` line of its own, since the JSON of a chunk may hold line breaks, and a blank line ends the event.
 *  NULL when memory ran out; strlen tells the length of what holds no NUL. */
static inline char *gatelet_easy_sse(const char *data, size_t length) {
  size_t lines = 1, i;
  char *event, *to;
  for (i = 0; i < length; i++)
    if (data[i] == '\n' || (data[i] == '\r' && !(i + 1 < length && data[i + 1] == '\n'))) lines++;
  if (lines > ((size_t)-1 - length - 3) / 7) return NULL;
  to = event = (char *)malloc(length + lines * 7 + 3);
  if (!event) return NULL;
  memcpy(to, "data: ", 6);
  to += 6;
  for (i = 0; i < length; i++) {
    if (data[i] == '\r' && i + 1 < length && data[i + 1] == '\n') continue;
    if (data[i] == '\r' || data[i] == '\n') {
      memcpy(to, "\ndata: ", 7);
      to += 7;
    } else {
      *to++ = data[i];
    }
  }
  memcpy(to, "\n\n", 3);
  return event;
}

/** Prints a failure on stderr, ends the error and returns 1: `return gatelet_easy_fail(status, error);` in main. */
static inline int gatelet_easy_fail(gatelet_status status, gatelet_error *error) {
  const char *message = gatelet_error_message(error);
  fprintf(stderr, "gatelet: %s (%d)%s%s\n", gatelet_status_name(status), (int)status, *message ? ": " : "", message);
  gatelet_error_free(error);
  return 1;
}

#endif /* GATELET_EASY_H */
