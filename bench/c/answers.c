#define _GNU_SOURCE
#include "answers.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGES                                                                                                          \
  "\"messages\":[{\"role\":\"system\",\"content\":\"You are a terse and helpful assistant.\"},"                           \
  "{\"role\":\"user\",\"content\":\"What is the capital of France? Answer in one or two sentences.\"}],"                  \
  "\"temperature\":0.7,\"max_tokens\":256"

const char chat_request[] = "{\"model\":\"gpt-4o-mini\"," MESSAGES "}";
#define STREAM(model) \
  "{\"model\":\"" model "\"," MESSAGES ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}"

const char stream_request[] = STREAM("gpt-4o-mini");
#define QUESTION "What is the capital of France? Answer in one or two sentences."
const char messages_request[] = "{\"model\":\"gpt-4o-mini\",\"max_tokens\":256,\"temperature\":0.7,\"stream\":true,\"system\":\"You are a terse and helpful assistant.\","
                                "\"messages\":[{\"role\":\"user\",\"content\":\"" QUESTION "\"}]}";
const char responses_request[] = "{\"model\":\"gpt-4o-mini\",\"max_output_tokens\":256,\"temperature\":0.7,\"stream\":true,\"instructions\":\"You are a terse and helpful assistant.\","
                                 "\"input\":\"" QUESTION "\"}";
static const char gemini_request[] = "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"" QUESTION "\"}]}]}";
const char paced_request[] = STREAM("paced");
const char idle_request[] = STREAM("idle");
const char fast_request[] = STREAM("fast");

static const bytes *expected(void) {
  static bytes content;
  if (!content.data) content = data_file("content.txt");
  return &content;
}

void check_answer(const char *json, size_t len) {
  const bytes *want = expected();
  if (!memmem(json, len, want->data, want->len)) fail("the answer lacks its content: %.200s", json);
}

void check_answer_parsed(const char *json, size_t len) {
  const bytes *want = expected();
  json_t *root = json_loadb(json, len, 0, NULL);
  json_t *choice = json_array_get(json_object_get(root, "choices"), 0);
  json_t *content = json_object_get(json_object_get(choice, "message"), "content");
  const char *text = json_string_value(content);
  if (!text || strcmp(text, want->data)) fail("the parsed answer lacks its content");
  if (json_integer_value(json_object_get(json_object_get(root, "usage"), "total_tokens")) != 70) fail("wrong usage");
  json_decref(root);
}

stream_facts facts_of(const char *stream) {
  char name[64];
  stream_facts facts = {0};
  snprintf(name, sizeof name, "%s.txt", stream);
  facts.text = data_file(name);
  snprintf(name, sizeof name, "%s.facts", stream);
  bytes numbers = data_file(name);
  if (sscanf(numbers.data, "%zu %zu", &facts.chunks, &facts.body) != 2) fail("%s is not two numbers", name);
  free(numbers.data);
  return facts;
}

stream_form form_of(const char *stream) {
  switch (stream[0]) {
  case 'a':
  case 't': return (stream_form){"anthropic", "/messages", messages_request};
  case 'g': return (stream_form){"gemini", "/models/gpt-4o-mini:streamGenerateContent?alt=sse", gemini_request};
  case 'r': return (stream_form){"openai-responses", "/responses", responses_request};
  default: return (stream_form){"openai", "/chat/completions", stream_request};
  }
}
