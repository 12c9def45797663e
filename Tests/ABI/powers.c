/* What the `gatelet` of a body can do: make things stricter than the operator set them, not laxer. */
#include "test.h"

static char request[2048];

/* A request with these words of Gatelet's, and further members at the top. */
static const char *with(const char *words, const char *top) {
  snprintf(request, sizeof request, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}],\"max_tokens\":10%s%s,\"gatelet\":{%s}}",
           top ? "," : "", top ? top : "", words);
  return request;
}

static bool is(const char *json, const char *path, const char *wanted) {
  const char *found = member(json, path);
  if (strcmp(found, wanted) == 0) return true;
  t_fail(__FILE__, __LINE__, "%s is \"%s\", expected \"%s\" in %s", path, found, wanted, json ? json : "NULL");
  return false;
}

static gatelet_client *plain_client(const char *scenario, const char *more) {
  char config[2048];
  snprintf(config, sizeof config,
           "{\"environment\":false,\"breaker\":{\"enabled\":false},\"providers\":{\"fault\":{\"base_url\":\"http://127.0.0.1:%d/%s/v1\",\"api_key\":\"" SECRET "\","
           "\"known_models\":{\"m\":{\"pricing\":{\"prompt\":\"0.001\",\"completion\":\"0.001\"}}}}}%s%s}",
           server_port(), scenario, more ? "," : "", more ? more : "");
  return make_client(config);
}

/* ---- time-outs */

static void timeouts_are_clamped(void) {
  const struct { const char *more, *words, *path; } rows[] = {
      {NULL, "\"timeouts\":{\"total\":601}", "gatelet.timeouts.total"}, {NULL, "\"timeouts\":{\"total\":0}", "gatelet.timeouts.total"},
      {NULL, "\"timeouts\":{\"total\":600}", NULL}, {NULL, "\"timeouts\":{\"first_byte\":61}", "gatelet.timeouts.first_byte"},
      {NULL, "\"timeouts\":{\"first_byte\":0}", "gatelet.timeouts.first_byte"}, {NULL, "\"timeouts\":{\"first_byte\":60,\"idle\":1,\"connect\":10}", NULL},
      {NULL, "\"timeouts\":{\"connect\":86400}", "gatelet.timeouts.connect"}, {NULL, "\"timeouts\":{\"idle\":60.5}", "gatelet.timeouts.idle"},
      {NULL, "\"timeouts\":{\"content\":301}", "gatelet.timeouts.content"},
      {"\"timeouts\":{\"total\":900}", "\"timeouts\":{\"total\":899}", NULL}, {"\"timeouts\":{\"total\":900}", "\"timeouts\":{\"total\":901}", "gatelet.timeouts.total"},
      {"\"timeouts\":{\"idle\":0}", "\"timeouts\":{\"idle\":601}", "gatelet.timeouts.idle"}, {"\"timeouts\":{\"idle\":0}", "\"timeouts\":{\"idle\":0}", "gatelet.timeouts.idle"},
      {"\"request_extensions\":\"all\"", "\"timeouts\":{\"total\":0,\"idle\":900,\"first_byte\":86400}", NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    gatelet_client *client = plain_client("ok", rows[i].more);
    outcome o = chat(client, with(rows[i].words, NULL));
    EXPECT(GATELET_OK, o.status);
    is(o.answer, "gatelet.warnings.0.path", rows[i].path ? rows[i].path : "");
    is(o.answer, "gatelet.warnings.0.code", rows[i].path ? "clamped" : "");
    is(o.answer, "gatelet.warnings.1.path", "");
    end_outcome(&o);
    gatelet_free(client);
  }
}

/* The clocks themselves, not only the words. */
static void clamped_clocks_run_out(void) {
  const char *words[] = {"\"timeouts\":{\"first_byte\":0}", "\"timeouts\":{\"first_byte\":50}", "\"timeouts\":{\"total\":0}", "\"timeouts\":{\"total\":50}"};
  const char *more[] = {"\"timeouts\":{\"first_byte\":0.3},\"retry\":{\"attempts\":0}", "\"timeouts\":{\"first_byte\":0.3},\"retry\":{\"attempts\":0}",
                        "\"timeouts\":{\"total\":0.3}", "\"timeouts\":{\"total\":0.3}"};
  for (int i = 0; i < 4; i++) {
    gatelet_client *client = plain_client("hang", more[i]);
    outcome o = chat(client, with(words[i], NULL));
    EXPECT(i < 2 ? GATELET_ERR_TIMEOUT_FIRST_BYTE : GATELET_ERR_TIMEOUT_TOTAL, o.status);
    is(o.error_json, "warnings.0.code", "clamped"); /* errors tell it too */
    end_outcome(&o);
    o = stream(client, with(words[i], NULL));
    CHECK(o.ends == 1);
    is(o.end_json, "gatelet.warnings.0.code", "clamped");
    is(o.end_json, "error.warnings.0.code", "clamped");
    end_outcome(&o);
    gatelet_free(client);
  }
  gatelet_client *client = plain_client("hang", "\"timeouts\":{\"first_byte\":30},\"retry\":{\"attempts\":0}");
  outcome o = chat(client, with("\"timeouts\":{\"first_byte\":0.3}", NULL)); /* shorter is fine */
  EXPECT(GATELET_ERR_TIMEOUT_FIRST_BYTE, o.status);
  CHECK(!*member(o.error_json, "warnings.0.code") && o.seconds < 15);
  end_outcome(&o);
  gatelet_free(client);
}

/* ---- retries, hedges */

static void attempts_are_clamped(void) {
  const struct { const char *more, *words; int attempts; const char *path; } rows[] = {
      {"\"retry\":{\"attempts\":1,\"backoff_base\":0.001}", "\"retry\":{\"attempts\":100,\"attempts_per_request\":100}", 2, "gatelet.retry.attempts"},
      {"\"retry\":{\"attempts\":1,\"backoff_base\":0.001}", "\"retry\":{\"attempts\":0}", 1, ""},
      {"\"retry\":{\"attempts\":9,\"backoff_base\":0.001,\"attempts_per_request\":3}", "\"retry\":{\"attempts_per_request\":100}", 3, "gatelet.retry.attempts_per_request"},
      {"\"retry\":{\"attempts\":9,\"backoff_base\":0.001,\"attempts_per_request\":3}", "\"retry\":{\"attempts_per_request\":2}", 2, ""},
      {"\"retry\":{\"attempts\":1,\"backoff_base\":0.001}", "\"retry\":{\"backoff_base\":60,\"backoff_max\":3600,\"jitter\":1}", 2, "gatelet.retry.backoff_base"},
      {"\"request_extensions\":\"all\",\"retry\":{\"attempts\":1,\"backoff_base\":0.001}", "\"retry\":{\"attempts\":9,\"attempts_per_request\":10}", 10, ""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    gatelet_client *client = plain_client("code/503", rows[i].more);
    long before = server_stat("paths.code");
    outcome o = chat(client, with(rows[i].words, NULL));
    CHECK(o.status != GATELET_OK);
    is(o.error_json, "warnings.0.path", rows[i].path);
    if (server_stat("paths.code") - before != rows[i].attempts)
      t_fail(__FILE__, __LINE__, "%s: %ld attempts, expected %d", rows[i].words, server_stat("paths.code") - before, rows[i].attempts);
    end_outcome(&o);
    gatelet_free(client);
  }
}

static void hedges_are_clamped(void) {
  const struct { const char *more, *words; bool hedged; const char *path; } rows[] = {
      {NULL, "\"hedge\":{\"delay\":0.05}", false, "gatelet.hedge"},
      {"\"routing\":{\"hedge\":{\"delay\":0.3}}", "\"hedge\":{\"delay\":0}", true, "gatelet.hedge.delay"},
      {"\"routing\":{\"hedge\":{\"delay\":0.05}}", "\"hedge\":{\"delay\":0.3}", true, ""},
      {"\"routing\":{\"hedge\":{\"delay\":0.05}}", "\"hedge\":false", false, ""},
      {"\"request_extensions\":\"all\"", "\"hedge\":{\"delay\":0.3}", true, ""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    gatelet_client *client = pair_of("late/1.5", "ok", rows[i].more);
    outcome o = chat(client, with(rows[i].words, NULL));
    EXPECT(GATELET_OK, o.status);
    is(o.answer, "gatelet.attempts.1.hedge", rows[i].hedged ? "true" : "");
    is(o.answer, "gatelet.warnings.0.path", rows[i].path);
    if (rows[i].hedged) CHECK(o.seconds > 0.25); /* the later one of the two delays */
    end_outcome(&o);
    gatelet_free(client);
  }
}

/* ---- money */

static void cost_is_clamped(void) {
  const struct { const char *more, *words; gatelet_status status; const char *path; } rows[] = {
      {"\"limits\":{\"max_cost\":\"0.0001\"}", "\"max_cost\":\"100\"", GATELET_ERR_REFUSED, "gatelet.max_cost"},
      {"\"limits\":{\"max_cost\":\"0.0001\"}", "\"tag\":\"t\"", GATELET_ERR_REFUSED, ""},
      {"\"limits\":{\"max_cost\":100}", "\"max_cost\":\"0.0001\"", GATELET_ERR_REFUSED, ""},
      {"\"limits\":{\"max_cost\":100}", "\"max_cost\":\"99\"", GATELET_OK, ""},
      {"\"request_extensions\":\"all\",\"limits\":{\"max_cost\":\"0.0001\"}", "\"max_cost\":\"100\"", GATELET_OK, ""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    gatelet_client *client = plain_client("ok", rows[i].more);
    outcome o = chat(client, with(rows[i].words, NULL));
    EXPECT(rows[i].status, o.status);
    is(o.answer ? o.answer : o.error_json, o.answer ? "gatelet.warnings.0.path" : "warnings.0.path", rows[i].path);
    end_outcome(&o);
    gatelet_free(client);
  }
}

/* ---- beside the options of the call */

static outcome call(gatelet_client *client, const char *body, const char *options) {
  outcome o = {0};
  gatelet_error *error = NULL;
  o.status = gatelet_call(client, GATELET_OP_CHAT, body, options, NULL, NULL, &o.answer, &error);
  if (error) o.error_json = strdup(gatelet_error_json(error));
  gatelet_error_free(error);
  return o;
}

/* What the options say is the operator's value, also above the configured one, and also for bodies that may say all. */
static void options_are_the_operators(void) {
  const struct { const char *more, *options, *words, *path; } rows[] = {
      {NULL, "{\"timeouts\":{\"total\":1000}}", "\"timeouts\":{\"total\":900}", ""},
      {NULL, "{\"timeouts\":{\"total\":1000}}", "\"timeouts\":{\"total\":1001}", "gatelet.timeouts.total"},
      {NULL, "{\"timeouts\":{\"total\":0}}", "\"timeouts\":{\"total\":601}", "gatelet.timeouts.total"},
      {"\"request_extensions\":\"all\"", "{\"timeouts\":{\"total\":20}}", "\"timeouts\":{\"total\":0}", "gatelet.timeouts.total"},
      {NULL, "{\"hedge\":{\"delay\":5}}", "\"hedge\":{\"delay\":6}", ""}, {NULL, "{\"hedge\":{\"delay\":5}}", "\"hedge\":{\"delay\":4}", "gatelet.hedge.delay"},
      {NULL, "{\"max_cost\":5}", "\"max_cost\":6", "gatelet.max_cost"}, {"\"limits\":{\"max_cost\":1}", "{\"max_cost\":5}", "\"max_cost\":4", ""},
      {NULL, "{\"tag\":\"a\"}", "\"tag\":\"b\"", "gatelet.tag"}, {NULL, "{\"tag\":\"a\"}", "\"tag\":\"a\"", ""},
      {NULL, "{\"provider\":\"fault\"}", "\"provider\":\"openai\"", "gatelet.provider"},
      {NULL, "{\"models\":[\"x\"]}", "\"models\":[\"y\"]", "gatelet.models"}, {NULL, "{\"continue\":false}", "\"continue\":true", "gatelet.continue"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    gatelet_client *client = plain_client("ok", rows[i].more);
    outcome o = call(client, with(rows[i].words, NULL), rows[i].options);
    EXPECT(GATELET_OK, o.status);
    is(o.answer, "gatelet.warnings.0.path", rows[i].path);
    end_outcome(&o);
    gatelet_free(client);
  }
}

/* A route of the body narrows that of the options, and never widens it. */
static void routes_narrow(void) {
  const struct { const char *options, *words, *top; gatelet_status status; const char *provider; } rows[] = {
      {"{\"route\":{\"only\":[\"b\"]}}", "", NULL, GATELET_OK, "b"},
      {"{\"route\":{\"only\":[\"b\"]}}", "\"route\":{\"only\":[\"a\",\"b\"]}", NULL, GATELET_OK, "b"},
      {"{\"route\":{\"only\":[\"b\"]}}", "\"route\":{\"only\":[\"a\"]}", NULL, GATELET_ERR_REFUSED, ""},
      {"{\"route\":{\"only\":[\"b\"]}}", "", "\"provider\":{\"only\":[\"a\"]}", GATELET_ERR_REFUSED, ""},
      {"{\"route\":{\"ignore\":[\"a\"]}}", "\"route\":{\"ignore\":[]}", NULL, GATELET_OK, "b"},
      {"{\"route\":{\"order\":[\"b\",\"a\"]}}", "\"route\":{\"order\":[\"a\",\"b\"]}", NULL, GATELET_OK, "b"},
      {NULL, "\"route\":{\"order\":[\"b\",\"a\"]}", NULL, GATELET_OK, "b"},
      {"{\"route\":{\"zdr\":true}}", "\"route\":{\"zdr\":false}", NULL, GATELET_ERR_REFUSED, ""},
  };
  gatelet_client *client = pair_of("ok", "ok", NULL);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    outcome o = call(client, with(rows[i].words, rows[i].top), rows[i].options);
    EXPECT(rows[i].status, o.status);
    if (o.answer) is(o.answer, "gatelet.provider", rows[i].provider);
    end_outcome(&o);
  }
  gatelet_free(client);
}

/* Regions of the configuration are not the body's to change. */
static void regions_stay(void) {
  char config[2048];
  const char *levels[] = {"routing", "all"};
  for (int i = 0; i < 2; i++) {
    snprintf(config, sizeof config,
             "{\"environment\":false,\"request_extensions\":\"%s\",\"provider_order\":[\"us\",\"eu\"],\"routing\":{\"regions\":[\"eu\"]},\"providers\":{"
             "\"us\":{\"base_url\":\"http://127.0.0.1:%d/ok/v1\",\"api_key\":\"" SECRET "\",\"regions\":[\"us\"]},"
             "\"eu\":{\"base_url\":\"http://127.0.0.1:%d/ok/v1\",\"api_key\":\"" SECRET "\",\"regions\":[\"eu\",\"eu-west\"]}}}",
             levels[i], server_port(), server_port());
    gatelet_client *client = make_client(config);
    outcome o = chat(client, with("\"route\":{\"regions\":[\"us\"]}", NULL));
    EXPECT(i ? GATELET_OK : GATELET_ERR_REFUSED, o.status);
    end_outcome(&o);
    o = chat(client, with("\"route\":{\"regions\":[\"eu-west\"]}", NULL));
    EXPECT(GATELET_OK, o.status);
    is(o.answer, "gatelet.provider", "eu");
    end_outcome(&o);
    gatelet_free(client);
  }
}

/* ---- sizes */

static void models_and_size_are_bounded(void) {
  const struct { const char *more, *words, *top; gatelet_status status; const char *says; } rows[] = {
      {"\"caps\":{\"models\":2}", "", "\"models\":[\"x\",\"y\"]", GATELET_OK, ""},
      {"\"caps\":{\"models\":2}", "", "\"models\":[\"x\",\"y\",\"z\"]", GATELET_ERR_TOO_LARGE, "caps.models"},
      {"\"caps\":{\"models\":2}", "\"models\":[\"z\"]", "\"models\":[\"x\",\"y\"]", GATELET_ERR_TOO_LARGE, "caps.models"},
      {"\"caps\":{\"models\":0}", "\"models\":[\"z\"]", NULL, GATELET_ERR_TOO_LARGE, "caps.models"},
      {"\"caps\":{\"models\":0},\"request_extensions\":\"all\"", "\"models\":[\"z\"]", NULL, GATELET_ERR_TOO_LARGE, "caps.models"},
      {"\"caps\":{\"request\":1024}", "", NULL, GATELET_OK, ""},
      {"\"caps\":{\"request\":1024}", "", "\"user\":\"%*s\"", GATELET_ERR_TOO_LARGE, "caps.request"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    gatelet_client *client = plain_client("ok", rows[i].more);
    char top[1400] = "";
    if (rows[i].top) snprintf(top, sizeof top, "%s", rows[i].top);
    if (strstr(top, "%*s")) snprintf(top, sizeof top, "\"user\":\"%*s\"", 1000, "x");
    outcome o = chat(client, with(rows[i].words, *top ? top : NULL));
    EXPECT(rows[i].status, o.status);
    if (o.status) CHECK(strstr(member(o.error_json, "message"), rows[i].says));
    end_outcome(&o);
    gatelet_free(client);
  }
  gatelet_client *client = plain_client("ok", "\"caps\":{\"models\":0}");
  outcome o = call(client, with("", NULL), "{\"models\":[\"x\",\"y\"]}"); /* the caller's own are not bounded */
  EXPECT(GATELET_OK, o.status);
  end_outcome(&o);
  gatelet_free(client);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  RUN(timeouts_are_clamped);
  RUN(clamped_clocks_run_out);
  RUN(attempts_are_clamped);
  RUN(hedges_are_clamped);
  RUN(cost_is_clamped);
  RUN(options_are_the_operators);
  RUN(routes_narrow);
  RUN(regions_stay);
  RUN(models_and_size_are_bounded);
  return t_end();
}
