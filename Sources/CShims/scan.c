#include "scan.h"

gl_scan gl_json_string(const uint8_t *p, size_t n, size_t i) {
  gl_scan r = {0, GL_JSON_OK, 0};
  while (i < n) {
    i += gl_plain_run(p + i, n - i);
    if (i >= n) break;
    size_t step;
    if (p[i] == '"') { r.end = i; return r; }
    if (p[i] == '\\') {
      r.notes |= GL_NOTE_ESCAPE;
      step = gl_json_escape(p + i, n - i, &r.notes);
      if (!step) { r.end = i; r.fault = GL_JSON_SYNTAX; return r; }
      i += step;
    } else if (p[i] >= 0x80) {
      do {
        step = gl_utf8_sequence(p + i, n - i);
        if (!step) { r.end = i; r.fault = GL_JSON_UTF8; return r; }
        i += step;
      } while (i < n && p[i] >= 0x80);
    } else {
      r.end = i;
      r.fault = p[i] ? GL_JSON_SYNTAX : GL_JSON_NUL;
      return r;
    }
  }
  r.end = n;
  r.fault = GL_JSON_SYNTAX;
  return r;
}
