/* Documents that are not what they should be: requests, configurations, queries. On the development provider. */
#include "test.h"

typedef struct { const char *document; gatelet_status expected; } row;

#define MESSAGES "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"

static const row requests[] = {
    {"", GATELET_ERR_JSON},
    {" ", GATELET_ERR_JSON},
    {"null", GATELET_ERR_JSON},
    {"true", GATELET_ERR_JSON},
    {"1", GATELET_ERR_JSON},
    {"\"text\"", GATELET_ERR_JSON},
    {"[]", GATELET_ERR_JSON},
    {"[{}]", GATELET_ERR_JSON},
    {"{", GATELET_ERR_JSON},
    {"}", GATELET_ERR_JSON},
    {"{]", GATELET_ERR_JSON},
    {"{\"model\"}", GATELET_ERR_JSON},
    {"{}", GATELET_ERR_JSON},
    {"{\"model\":\"m\"}", GATELET_ERR_JSON},
    {"{\"model\":\"m\",\"messages\":null}", GATELET_ERR_JSON},
    {"{\"model\":\"m\",\"messages\":[]}", GATELET_ERR_JSON},
    {"{\"model\":\"m\",\"messages\":{}}", GATELET_ERR_JSON},
    {"{\"model\":\"m\",\"messages\":\"hi\"}", GATELET_ERR_JSON},
    {"{\"model\":1," MESSAGES "}", GATELET_ERR_JSON},
    {"{\"model\":[]," MESSAGES "}", GATELET_ERR_JSON},
    {"{\"model\":{\"a\":1}," MESSAGES "}", GATELET_ERR_JSON},
    {"{\"model\":\"m\",\"model\":\"n\"," MESSAGES "}", GATELET_ERR_JSON},
    {"{\"model\":\"m\",\"mod\\u0065l\":\"n\"," MESSAGES "}", GATELET_ERR_JSON},
    {"{\"model\":\"m\"," MESSAGES "," MESSAGES "}", GATELET_ERR_JSON},
    {"{\"model\":\"m\"," MESSAGES ",\"stream\":true,\"stream\":false}", GATELET_ERR_JSON},
    {"{\"model\":\"m\"," MESSAGES ",\"gatelet\":{},\"gatelet\":{}}", GATELET_ERR_JSON},
    {"{\"model\":\"m\"," MESSAGES "} x", GATELET_ERR_JSON},
    {"{\"model\":\"m\"," MESSAGES "}{}", GATELET_ERR_JSON},
    {"{\"model\":\"m\"," MESSAGES ",}", GATELET_ERR_JSON},
    {"{\"model\":\"m\"," MESSAGES ",\"a\":01}", GATELET_ERR_JSON},
    {"{\"model\":\"m\"," MESSAGES ",\"a\":+1}", GATELET_ERR_JSON},
    {"{\"model\":\"m\"," MESSAGES ",\"a\":NaN}", GATELET_ERR_JSON},
    {"{\"model\":\"m\"," MESSAGES ",\"a\":'x'}", GATELET_ERR_JSON},
    {"{\"model\":\"m\"," MESSAGES ",\"a\":\"\t\"}", GATELET_ERR_JSON},
    {"{\"model\":\"m\"," MESSAGES ",\"a\":\"\\x\"}", GATELET_ERR_JSON},
    {"{\"model\":\"m\"," MESSAGES ",\"a\":\"\\u12\"}", GATELET_ERR_JSON},
    {"{\"model\":\"m\"," MESSAGES ",\"a\":\"\xff\"}", GATELET_ERR_JSON},
    {"{\"model\":\"m\"," MESSAGES ",\"a\":\"\xc0\xaf\"}", GATELET_ERR_JSON},
    {"{\"model\":\"m\"," MESSAGES ",\"a\":\"\xed\xa0\x80\"}", GATELET_ERR_JSON},
    {"{\"model\":\"m\"," MESSAGES ",\"a\":\"\xf4\x90\x80\x80\"}", GATELET_ERR_JSON},
    {"{\"model\":\"m\"," MESSAGES ",\"a\":\"\xe2\x82\"}", GATELET_ERR_JSON},
    {"{\"model\":\"m\"," MESSAGES ",\"a\":\"\\u0000\"}", GATELET_ERR_JSON}, /* a NUL, also an escaped one */
    /* and what is all right */
    {"{" MESSAGES "}", GATELET_OK},
    {"{\"model\":null," MESSAGES "}", GATELET_OK},
    {" \t\r\n{ \"model\" : \"m\" , " MESSAGES " }\n", GATELET_OK},
    {"{\"model\":\"m\"," MESSAGES ",\"stream\":true}", GATELET_OK},
    {"{\"model\":\"m\"," MESSAGES ",\"unknown\":{\"deep\":[1,2,{}]}}", GATELET_OK},
    {"{\"model\":\"m\"," MESSAGES ",\"seed\":123456789012345678901234567890123456789}", GATELET_OK},
    {"{\"model\":\"m\"," MESSAGES ",\"temperature\":1e-999999}", GATELET_OK},
    {"{\"model\":\"m\"," MESSAGES ",\"a\":\"\\ud83d\\ude00\"}", GATELET_OK},
    {"{\"model\":\"m\"," MESSAGES ",\"a\":\"\\ud83d lone\"}", GATELET_OK},
    {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\\udc00\"}]}", GATELET_OK},
};

static const row configurations[] = {
    {"", GATELET_ERR_JSON},
    {"x", GATELET_ERR_JSON},
    {"{\"dev_mode\":true", GATELET_ERR_JSON},
    {"{\"dev_mode\":\"\xff\"}", GATELET_ERR_JSON},
    {"[]", GATELET_ERR_CONFIG},
    {"null", GATELET_ERR_CONFIG},
    {"{\"no_such_member\":1}", GATELET_ERR_CONFIG},
    {"{\"dev_mode\":\"maybe\"}", GATELET_ERR_CONFIG},
    {"{\"dev_mode\":7}", GATELET_ERR_CONFIG},
    {"{\"timeouts\":[]}", GATELET_ERR_CONFIG},
    {"{\"timeouts\":{\"idle\":\"soon\"}}", GATELET_ERR_CONFIG},
    {"{\"timeouts\":{\"idle\":-1}}", GATELET_ERR_CONFIG},
    {"{\"timeouts\":{\"lunch\":1}}", GATELET_ERR_CONFIG},
    {"{\"providers\":[]}", GATELET_ERR_CONFIG},
    {"{\"providers\":{\"x\":1}}", GATELET_ERR_CONFIG},
    {"{\"providers\":{\"x\":{\"base_url\":\"ftp://x\",\"api_key\":\"k\"}}}", GATELET_ERR_CONFIG},
    {"{\"providers\":{\"x\":{\"base_url\":\"file:///etc/passwd\",\"api_key\":\"k\"}}}", GATELET_ERR_CONFIG},
    {"{\"providers\":{\"x\":{\"base_url\":\"http://example.com/v1\",\"api_key\":\"k\"}}}", GATELET_ERR_CONFIG},
    {"{\"providers\":{\"openai\":{\"api_key\":\"a\\r\\nX-Evil: 1\"}}}", GATELET_ERR_CONFIG},
    {"{\"providers\":{\"openai\":{\"api_key\":\"a\\nb\"}}}", GATELET_ERR_CONFIG},
    {"{\"providers\":{\"openai\":{\"api_key\":\"a\\u0000b\"}}}", GATELET_ERR_CONFIG},
    {"{\"providers\":{\"openai\":{\"api_key\":\"k\",\"headers\":{\"X-A\":\"a\\r\\nb\"}}}}", GATELET_ERR_CONFIG},
    {"{\"providers\":{\"openai\":{\"api_key\":\"k\",\"headers\":{\"X-A\\r\\nB\":\"a\"}}}}", GATELET_ERR_CONFIG},
    {"{\"providers\":{\"openai\":{\"api_key\":\"k\",\"headers\":{\"X-A\":\"a\\u0000\"}}}}", GATELET_ERR_CONFIG},
    {"{}", GATELET_OK},
    {"{\"environment\":false}", GATELET_OK},
    {"{\"environment\":false,\"dev_mode\":true}", GATELET_OK},
};

static const row queries[] = {
    {"", GATELET_ERR_JSON},       {"[]", GATELET_ERR_JSON},
    {"x", GATELET_ERR_JSON},      {"{\"provider\":1}", GATELET_ERR_JSON},
    {"{\"provider\":\"dev\"}", GATELET_OK}, {"{}", GATELET_OK},
    {"{\"fresh\":true}", GATELET_OK},     {"{\"provider\":[\"dev\"]}", GATELET_OK},
    {"{\"refresh\":true}", GATELET_ERR_JSON}, {"{\"limit\":-1}", GATELET_ERR_JSON},
    {"{\"sort\":\"size\"}", GATELET_ERR_JSON}, {"{\"fields\":[\"id\",\"colour\"]}", GATELET_ERR_JSON},
    {"{\"max_price\":{\"prompt\":\"cheap\"}}", GATELET_ERR_JSON}, {"{\"free\":1}", GATELET_ERR_JSON},
    {"{\"min_context\":1.5}", GATELET_ERR_JSON}, {"{\"view\":\"other\"}", GATELET_ERR_JSON},
    {"{\"id\":[\"*\"],\"limit\":0,\"offset\":3,\"view\":\"gatewayz\",\"sort\":\"id\",\"direction\":\"desc\"}", GATELET_OK},
};

static gatelet_client *client;

static void expect_row(const char *file, int line, const row *r, gatelet_status got) {
  char what[200];
  snprintf(what, sizeof what, "%.180s", r->document);
  t_expect(file, line, what, r->expected, got);
}

static void bad_requests(void) {
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
    outcome o = chat(client, requests[i].document);
    expect_row(__FILE__, __LINE__, &requests[i], o.status);
    end_outcome(&o);
    o = stream(client, requests[i].document);
    expect_row(__FILE__, __LINE__, &requests[i], o.status);
    CHECK(o.status == GATELET_OK || o.ends == 0); /* refused at the door: a status and no event */
    end_outcome(&o);
  }
}

static void bad_queued_requests(void) {
  gatelet_queue *queue = new_queue(NULL);
  int accepted = 0, ok = 0;
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
    gatelet_status status = gatelet_queue_submit(queue, client, GATELET_OP_CHAT, requests[i].document, NULL, i, NULL);
    expect_row(__FILE__, __LINE__, &requests[i], status);
    accepted += status == GATELET_OK;
  }
  CHECK(drain(queue, accepted, PATIENCE, NULL, &ok) == accepted);
  CHECK(ok == accepted);
  CHECK(drain(queue, 1, 0.2, NULL, NULL) == 0);
  gatelet_queue_free(queue);
}

static void bad_configurations(void) {
  for (size_t i = 0; i < sizeof configurations / sizeof *configurations; i++) {
    gatelet_client *c = NULL;
    gatelet_error *error = NULL;
    gatelet_status status = gatelet_init(configurations[i].document, &c, &error);
    expect_row(__FILE__, __LINE__, &configurations[i], status);
    CHECK((status == GATELET_OK) == (c != NULL));
    gatelet_error_free(error);
    gatelet_free(c);
  }
}

static void bad_queries(void) {
  for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
    char *models = NULL;
    gatelet_status status = gatelet_list_models(client, queries[i].document, &models, NULL);
    expect_row(__FILE__, __LINE__, &queries[i], status);
    CHECK((status == GATELET_OK) == (models != NULL));
    gatelet_string_free(models);
  }
}

/* Depth: up to the cap is fine, one more is an error, a bomb is an error too and not a crash. */
static void depth(void) {
  const int depths[] = {300, 511, 512, 513, 600, 100000, 2000000};
  for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
    size_t n = (size_t)(depths[i] - 1), at;
    char *text = malloc(2 * n + 200);
    at = (size_t)sprintf(text, "{" MESSAGES ",\"a\":");
    memset(text + at, '[', n);
    memset(text + at + n, ']', n);
    strcpy(text + at + 2 * n, "}");
    outcome o = chat(client, text);
    EXPECT(depths[i] <= 512 ? GATELET_OK : GATELET_ERR_JSON, o.status);
    end_outcome(&o);
    memset(text + at + n, 0, n + 2); /* never closed */
    o = chat(client, text);
    EXPECT(GATELET_ERR_JSON, o.status);
    end_outcome(&o);
    free(text);
  }
}

static void offset_is_told(void) {
  outcome o = chat(client, "{" MESSAGES ",\"a\":\"\xff\"}");
  char expected[32];
  snprintf(expected, sizeof expected, "%zu", strlen("{" MESSAGES ",\"a\":\""));
  CHECK(strstr(o.error_json ? o.error_json : "", expected) != NULL);
  end_outcome(&o);
}

/* Every prefix of a good request is bad, and none of them breaks anything. */
static void every_prefix(void) {
  char text[512];
  for (size_t n = 0; n < strlen(REQUEST); n++) {
    char *answer;
    snprintf(text, n + 1, "%s", REQUEST);
    EXPECT(GATELET_ERR_JSON, gatelet_chat(client, text, &answer, NULL));
  }
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  client = dev_client_with("\"providers\":{\"dev\":{\"token_delay\":0}}");
  RUN(bad_requests);
  RUN(bad_queued_requests);
  RUN(bad_configurations);
  RUN(bad_queries);
  RUN(depth);
  RUN(offset_is_told);
  RUN(every_prefix);
  gatelet_free(client);
  return t_end();
}
