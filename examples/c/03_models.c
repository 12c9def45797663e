/* 03: the models of the configured providers and their prices.
 * cc 03_models.c $(pkg-config --cflags --libs gatelet jansson) -o models     (any JSON library will do)
 * Usage: ./models [part of an id], with a key in the environment or DEV_MODE=true */
#include <gatelet_easy.h>
#include <jansson.h>

/* Prices are decimal text, USD per token, so that no digit is lost; people read them per million. null: not known. */
static void print_price(const char *label, const json_t *price) {
  if (json_is_string(price))
    printf("  %s $%.2f/M", label, atof(json_string_value(price)) * 1e6);
  else
    printf("  %s unknown", label);
}

static void print_model(const json_t *model) {
  const json_t *pricing = json_object_get(model, "pricing");
  printf("%-40s %8lld tokens", json_string_value(json_object_get(model, "id")),
         (long long)json_integer_value(json_object_get(model, "context_length")));
  print_price("in", json_object_get(pricing, "prompt"));
  print_price("out", json_object_get(pricing, "completion"));
  putchar('\n');
}

int main(int argc, char **argv) {
  const char *wanted = argc > 1 ? argv[1] : "";
  gatelet_client *client;
  gatelet_error *error;
  gatelet_status status = gatelet_init(NULL, &client, &error);
  if (status != GATELET_OK) return gatelet_easy_fail(status, error);

  char *models;
  status = gatelet_list_models(client, NULL, &models, &error);
  gatelet_free(client);
  if (status != GATELET_OK) return gatelet_easy_fail(status, error);

  json_t *list = json_loads(models, 0, NULL), *model;
  size_t i, shown = 0;
  json_array_foreach(json_object_get(list, "data"), i, model) {
    if (!strstr(json_string_value(json_object_get(model, "id")), wanted)) continue;
    if (shown++ < 20) print_model(model);
  }
  printf("%zu models\n", shown);
  json_decref(list);
  gatelet_string_free(models);
  return shown == 0;
}
