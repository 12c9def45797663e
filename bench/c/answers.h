/* The request bodies every client sends, and the check of what came back: the same work on both sides. */
#ifndef BENCH_ANSWERS_H
#define BENCH_ANSWERS_H

#include "measure.h"

extern const char chat_request[];   /* not streaming */
extern const char stream_request[]; /* streaming, with usage */
/* The same for the paced upstream, which goes by the model: 10 chunks/s, one chunk and then silence, 1,000 chunks/s. */
extern const char paced_request[], idle_request[], fast_request[];

/* The answer holds the expected content. Bytes only: no parse. */
void check_answer(const char *json, size_t len);
/* Parses the answer with jansson and compares its content and its token count. */
void check_answer_parsed(const char *json, size_t len);

extern const char messages_request[], responses_request[]; /* the same, for the surfaces */

/* What a canned stream (`s100`, `s10k`) must come to. */
typedef struct { bytes text; size_t chunks, body; } stream_facts;
stream_facts facts_of(const char *stream);

/* The streams of other dialects, by their first letter: a and t (text and thinking of Anthropic's), g, r. */
typedef struct {
  const char *dialect, *path; /* of the configuration; below /v1 */
  const char *request;        /* in the dialect's own form */
} stream_form;
stream_form form_of(const char *stream);

#endif
