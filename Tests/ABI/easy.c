/* gatelet_easy.h: quoting, and reading whatever answer the library may return. */
#include "test.h"

static void quoted(const char *text, const char *expected) {
  char *json = gatelet_easy_quote(text);
  if (!json || strcmp(json, expected)) t_fail(__FILE__, __LINE__, "quote(%s) = %s", text, json ? json : "NULL");
  json_t *back = json ? json_loads(json, JSON_DECODE_ANY, NULL) : NULL;
  CHECK(back && strcmp(json_string_value(back), text) == 0);
  json_decref(back);
  free(json);
}

static void quoting(void) {
  quoted("", "\"\"");
  quoted("plain", "\"plain\"");
  quoted("a\"b\\c", "\"a\\\"b\\\\c\"");
  quoted("line\nand\ttab\r\b\f\x01\x1f", "\"line\\u000aand\\u0009tab\\u000d\\u0008\\u000c\\u0001\\u001f\"");
  quoted("Grüße, 世界 🎈", "\"Grüße, 世界 🎈\"");
  quoted("</script>", "\"</script>\"");
  CHECK(gatelet_easy_quote(NULL) == NULL);
}

static void quoting_is_bounded(void) {
  size_t size = GATELET_EASY_MAX + 1;
  char *text = malloc(size + 1);
  memset(text, 'x', size);
  text[size] = 0;
  CHECK(gatelet_easy_quote(text) == NULL);
  CHECK(gatelet_easy_request("m", text) == NULL && gatelet_easy_request(text, "p") == NULL);
  free(text);
}

static void every_byte_survives(void) {
  char text[256];
  for (int c = 1; c < 128; c++) text[c - 1] = (char)c;
  text[127] = 0;
  char *json = gatelet_easy_quote(text);
  json_t *back = json_loads(json, JSON_DECODE_ANY, NULL);
  CHECK(back && strcmp(json_string_value(back), text) == 0);
  json_decref(back);
  char *own = gatelet_easy__string(json);
  CHECK(own && strcmp(own, text) == 0);
  free(own);
  free(json);
}

static void request(void) {
  char *json = gatelet_easy_request("a\"b", "say \"hi\"\n");
  CHECK(strcmp(member(json, "model"), "a\"b") == 0);
  CHECK(strcmp(member(json, "messages.0.content"), "say \"hi\"\n") == 0);
  CHECK(strcmp(member(json, "messages.0.role"), "user") == 0);
  free(json);
  json = gatelet_easy_request(NULL, "hi");
  CHECK(strcmp(member(json, "model"), "null") == 0);
  free(json);
  CHECK(gatelet_easy_request("m", NULL) == NULL);
}

static void event(const char *data, const char *expected) {
  char *got = gatelet_easy_sse(data, strlen(data));
  if (!got || strcmp(got, expected)) t_fail(__FILE__, __LINE__, "sse(%s) = %s", data, got ? got : "NULL");
  free(got);
}

static void relayed_events(void) {
  event("{\"a\":1}", "data: {\"a\":1}\n\n");
  event("[DONE]", "data: [DONE]\n\n");
  event("", "data: \n\n");
  event("{\n\"a\":1}", "data: {\ndata: \"a\":1}\n\n");
  event("{\r\n1\r2\n\n}", "data: {\ndata: 1\ndata: 2\ndata: \ndata: }\n\n");
  event("\n", "data: \ndata: \n\n");
  event("a\r", "data: a\ndata: \n\n");
  char *cut = gatelet_easy_sse("abc\r\n", 4); /* the length counts, not the NUL */
  CHECK(cut && strcmp(cut, "data: abc\ndata: \n\n") == 0);
  free(cut);
}

static void text(const char *answer, const char *expected) {
  char *got = gatelet_easy_text(answer);
  if ((got == NULL) != (expected == NULL) || (got && strcmp(got, expected)))
    t_fail(__FILE__, __LINE__, "text(%.80s) = %s, expected %s", answer, got ? got : "NULL", expected ? expected : "NULL");
  free(got);
}

#define CHOICE(content) "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":" content "}}]}"

static void reading(void) {
  text(CHOICE("\"Hello\""), "Hello");
  text(CHOICE("\"\""), "");
  text(CHOICE("null"), NULL);
  text(CHOICE("[{\"type\":\"text\"}]"), NULL);
  text(" {\n \"choices\" : [ { \"message\" : { \"content\" : \"spaced\" } } ] } ", "spaced");
  text("{\"choices\":[{\"text\":\"completion\"}]}", "completion");
  text("{\"choices\":[{\"message\":null,\"text\":\"both\"}]}", "both");
  text(CHOICE("\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\te\""), "a\"b\\c/d\b\f\n\r\te");
  text(CHOICE("\"\\u0041\\u00e9\\u4e16\\ud83c\\udf88\""), "Aé世🎈");
  text(CHOICE("\"\\ud83c lone \\udf88 \\u0000 \\ud83c\\u0041\""), "\xEF\xBF\xBD lone \xEF\xBF\xBD \xEF\xBF\xBD \xEF\xBF\xBD" "A");
}

/* Names inside strings, other members in front, nested look-alikes, a name spelled with escapes. */
static void look_alikes(void) {
  text("{\"note\":\"\\\"choices\\\":[{\\\"message\\\":{\\\"content\\\":\\\"no\\\"}}]\",\"choices\":[{\"message\":{\"content\":\"yes\"}}]}", "yes");
  text("{\"a\":{\"choices\":[{\"message\":{\"content\":\"no\"}}]},\"b\":[{\"choices\":1},[[]],{}],\"choices\":[{\"index\":0,"
       "\"logprobs\":{\"content\":[{\"token\":\"}\",\"bytes\":[1,2]}]},\"message\":{\"tool\":{\"content\":\"no\"},\"content\":\"yes\"}}]}", "yes");
  text("{\"ch\\u006fices\":[{\"message\":{\"content\":\"yes\"}}]}", "yes");
  text("{\"n\":-1.5e10,\"t\":true,\"f\":false,\"z\":null,\"e\":{},\"l\":[],\"choices\":[{\"n\":1,\"message\":{\"n\":1,\"content\":\"yes\",\"m\":2}},{\"message\":{\"content\":\"second\"}}]}", "yes");
  text("{\"choices\":[],\"message\":{\"content\":\"no\"}}", NULL);
  text("{\"choices\":{\"message\":{\"content\":\"no\"}}}", NULL);
  text("{\"choices\":[[{\"message\":{\"content\":\"no\"}}]]}", NULL);
  text("{\"error\":{\"message\":{\"content\":\"no\"}}}", NULL);
}

/* Not JSON at all: nothing is promised but to stay inside the text. */
static void garbage(void) {
  const char *rows[] = {"", " ", "{", "}", "[", "]", "\"", "\\", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":}", "{\"a\":1", "{\"a\":1,", "{a:1}",
                        "{\"choices\"", "{\"choices\":", "{\"choices\":[", "{\"choices\":[{", "null", "1", "{\"a\":\"\\", "{\"a\":[[[[", "{,}", "{\"a\" 1}"};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) text(rows[i], NULL);
  text(NULL, NULL);
  const char *whole = CHOICE("\"x\\u00e9\\ud83c\\udf88\"");
  for (size_t n = 0; n < strlen(whole); n++) {
    char *part = strndup(whole, n); /* exact allocation: valgrind and ASan see a read behind it */
    free(gatelet_easy_text(part));
    free(part);
  }
}

static void deep_answer(void) {
  size_t depth = 1000000;
  char *json = malloc(2 * depth + 200);
  size_t at = (size_t)sprintf(json, "{\"x\":");
  memset(json + at, '[', depth);
  memset(json + at + depth, ']', depth);
  sprintf(json + at + 2 * depth, ",\"choices\":[{\"message\":{\"content\":\"below\"}}]}");
  text(json, "below");
  free(json);
}

static void printing(void) {
  char *buffer = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&buffer, &size);
  gatelet_client *client = dev_client();
  outcome o = stream(client, REQUEST);
  EXPECT(GATELET_OK, gatelet_stream(client, REQUEST, gatelet_easy_print, out, NULL, NULL));
  fclose(out);
  CHECK(size > 0 && strcmp(buffer, o.text) == 0);
  end_outcome(&o);
  free(buffer);
  FILE *full = fopen("/dev/full", "w");
  EXPECT(GATELET_ERR_CANCELLED, gatelet_stream(client, REQUEST, gatelet_easy_print, full, NULL, NULL));
  fclose(full);
  gatelet_free(client);
}

static void text_of_a_real_answer(void) {
  gatelet_client *client = dev_client();
  char *json = gatelet_easy_request("m", "quote \" and \\ and 🎈");
  outcome o = chat(client, json);
  char *got = gatelet_easy_text(o.answer);
  CHECK(got && *got && strcmp(got, member(o.answer, "choices.0.message.content")) == 0);
  free(got);
  free(json);
  end_outcome(&o);
  gatelet_free(client);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  RUN(quoting);
  RUN(quoting_is_bounded);
  RUN(every_byte_survives);
  RUN(request);
  RUN(relayed_events);
  RUN(reading);
  RUN(look_alikes);
  RUN(garbage);
  RUN(deep_answer);
  RUN(printing);
  RUN(text_of_a_real_answer);
  return t_end();
}
