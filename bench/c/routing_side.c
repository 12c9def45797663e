#define _GNU_SOURCE
#include "routing_side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "our_side.h"

static const char before[] =
    "{\"environment\":false,\"provider_order\":[\"p03\",\"p07\",\"p11\",\"p19\"],"
    "\"retry\":{\"attempts\":3,\"backoff_base\":0.5,\"backoff_max\":8,\"jitter\":0.2},\"breaker\":{\"enabled\":true},\"providers\":{";

static const char words[] =
    "\"models\":[\"model-004\",\"model-017\"],\"provider\":{\"order\":[\"p10\",\"p03\"],\"sort\":\"price\",\"max_price\":{\"prompt\":5}},"
    "\"gatelet\":{\"route\":{\"ignore\":[\"p09\"],\"allow_fallbacks\":true,\"max_price\":{\"prompt\":10,\"completion\":20}}},";

static void write_model(FILE *f, const char *comma, const char *id) {
  fprintf(f,
          "%s\"%s\":{\"context_length\":128000,\"max_output_tokens\":16384,\"input_modalities\":[\"text\",\"image\"],"
          "\"supported_parameters\":[\"temperature\",\"max_tokens\",\"tools\"],"
          "\"pricing\":{\"prompt\":\"0.00000015\",\"completion\":\"0.0000006\"}}",
          comma, id);
}

static void write_provider(FILE *f, const char *base, int at, int providers, int models) {
  fprintf(f,
          "%s\"p%02d\":{\"base_url\":\"%s/v1\",\"api_key\":\"sk-bench-%02d-0123456789abcdef\",\"detect\":[\"p%02d-*\",\"*:p%02d\"],"
          "\"organization\":\"maker%02d\",\"bare\":[\"bare%02d-\"],\"priority\":%d,\"known_models\":{",
          at ? "," : "", at, base, at, at, at, at, at, at);
  const char *comma = "";
  for (int model = at; model < models; model += providers, comma = ",") {
    char id[32];
    snprintf(id, sizeof id, "model-%03d", model);
    write_model(f, comma, id);
  }
  if (at >= 8 && at < 11) write_model(f, comma, "gpt-4o-mini");
  fputs("}}", f);
}

gatelet_client *routing_client(const char *base, int providers, int models) {
  if (providers < 2) return our_client(base);
  char *config = NULL;
  size_t len = 0;
  gatelet_client *client = NULL;
  gatelet_error *error = NULL;
  FILE *f = open_memstream(&config, &len);
  if (!f) fail("out of memory");
  fputs(before, f);
  for (int i = 0; i < providers; i++) write_provider(f, base, i, providers, models);
  fputs("}}", f);
  fclose(f);
  our_check_library();
  our_check(gatelet_init(config, &client, &error), &error, "gatelet_init");
  free(config);
  return client;
}

const char *routing_request(bool with_words) {
  static char worded[sizeof words + 1024];
  if (!with_words) return chat_request;
  snprintf(worded, sizeof worded, "{%s%s", words, chat_request + 1);
  return worded;
}

void routing_chat(gatelet_client *client, const char *request) {
  char *answer = NULL;
  gatelet_error *error = NULL;
  our_check(gatelet_chat(client, request, &answer, &error), &error, "gatelet_chat");
  check_answer(answer, strlen(answer));
  gatelet_string_free(answer);
}
