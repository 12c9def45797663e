/* The native part of index.js: a client with one queue, whose descriptor libuv watches. Everything happens on Node's own thread.
 *   open(config, onEvent) -> client; submit(client, operation, request, options, tag); cancel, pause, resume(client, tag); close(client)
 * onEvent(tag, kind, status, json, text, reasoning, name) is called for each event. Failures are thrown, with `status`, `kind` and `json`. */
#include <gatelet.h>
#define NAPI_VERSION 8
#include <node_api.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

typedef struct {
  uv_poll_t poll;
  napi_env env;
  napi_ref on_event;
  napi_async_context context;
  gatelet_client *client;
  gatelet_queue *queue;
  uint32_t open; /* requests without an END: as long as there are any, Node does not end */
  bool closed;
  napi_async_cleanup_hook_handle hook;
  int owners;
} client;

#define ARGUMENTS(wanted)                                                  \
  napi_value argument[wanted], result = NULL;                              \
  size_t count = wanted;                                                   \
  if (napi_get_cb_info(env, info, &count, argument, NULL, NULL) != napi_ok) return NULL

/* ---------------------------------------------------------------- values */

/* NULL where the value is null or undefined. Whoever calls it frees it. */
static char *text(napi_env env, napi_value value) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) return NULL;
  char *copy = malloc(length + 1);
  if (copy) napi_get_value_string_utf8(env, value, copy, length + 1, &length);
  return copy;
}

static napi_value string(napi_env env, const char *start, size_t length) {
  napi_value value = NULL;
  napi_create_string_utf8(env, start, length, &value);
  return value;
}

static client *of(napi_env env, napi_value value) {
  void *it = NULL;
  if (napi_get_value_external(env, value, &it) != napi_ok) napi_throw_type_error(env, NULL, "not a client");
  return it;
}

static uint64_t number(napi_env env, napi_value value) {
  int64_t it = 0;
  napi_get_value_int64(env, value, &it);
  return (uint64_t)it;
}

static void throw_failure(napi_env env, gatelet_status status, gatelet_error *error) {
  const char *message = gatelet_error_message(error), *json = gatelet_error_json(error), *kind = gatelet_status_name(status);
  napi_value thrown, code;
  napi_create_error(env, NULL, string(env, message, strlen(message)), &thrown);
  napi_create_int32(env, status, &code);
  napi_set_named_property(env, thrown, "status", code);
  napi_set_named_property(env, thrown, "kind", string(env, kind, strlen(kind)));
  napi_set_named_property(env, thrown, "json", string(env, json, strlen(json)));
  gatelet_error_free(error);
  napi_throw(env, thrown);
}

/* ---------------------------------------------------------------- events */

static void tell(client *it, const gatelet_event *event) {
  napi_handle_scope scope;
  napi_value values[7], function, receiver;
  napi_open_handle_scope(it->env, &scope);
  napi_create_int64(it->env, (int64_t)event->tag, &values[0]);
  napi_create_int32(it->env, event->kind, &values[1]);
  napi_create_int32(it->env, event->status, &values[2]);
  values[3] = string(it->env, event->json, event->json_len);
  values[4] = string(it->env, event->text, event->text_len);
  values[5] = string(it->env, event->reasoning, event->reasoning_len);
  values[6] = string(it->env, event->name, event->name_len);
  napi_get_reference_value(it->env, it->on_event, &function);
  napi_get_global(it->env, &receiver);
  if (napi_make_callback(it->env, it->context, receiver, function, 7, values, NULL) == napi_pending_exception) {
    napi_value thrown;
    napi_get_and_clear_last_exception(it->env, &thrown);
    napi_fatal_exception(it->env, thrown);
  }
  napi_close_handle_scope(it->env, scope);
}

static void on_readable(uv_poll_t *poll, int status, int events) {
  client *it = poll->data;
  gatelet_batch *batch;
  const gatelet_event *event;
  (void)status, (void)events;
  if (gatelet_queue_next(it->queue, 0, 0, &batch, NULL) != GATELET_OK) return;
  /* Batches outlive their queue: what is called here may close the client. */
  for (size_t i = 0; !it->closed && (event = gatelet_batch_event(batch, i)); i++) {
    if (event->kind == GATELET_EVENT_END && --it->open == 0) uv_unref((uv_handle_t *)&it->poll);
    tell(it, event);
  }
  gatelet_batch_free(batch);
}

/* ---------------------------------------------------------------- life */

static void let_go(client *it) {
  if (--it->owners == 0) free(it);
}

static void poll_closed(uv_handle_t *handle) {
  client *it = handle->data;
  napi_remove_async_cleanup_hook(it->hook);
  let_go(it);
}

static void end(client *it) {
  if (it->closed) return;
  it->closed = true;
  uv_close((uv_handle_t *)&it->poll, poll_closed); /* before its descriptor goes */
  gatelet_queue_free(it->queue);
  gatelet_free(it->client);
  napi_delete_reference(it->env, it->on_event);
  napi_async_destroy(it->env, it->context);
}

static void env_ends(napi_async_cleanup_hook_handle hook, void *it) {
  (void)hook;
  end(it);
}

static void collected(napi_env env, void *it, void *hint) {
  (void)env, (void)hint;
  end(it);
  let_go(it);
}

static napi_value open_client(napi_env env, napi_callback_info info) {
  ARGUMENTS(2);
  client *it = calloc(1, sizeof *it);
  char *config = text(env, argument[0]);
  gatelet_error *error = NULL;
  uv_loop_t *loop;
  gatelet_status status = it ? gatelet_init(config, &it->client, &error) : GATELET_ERR_MEMORY;
  free(config);
  if (status == GATELET_OK) status = gatelet_queue_new(NULL, &it->queue, &error);
  if (status != GATELET_OK) {
    if (it) gatelet_free(it->client);
    free(it);
    throw_failure(env, status, error);
    return NULL;
  }
  it->env = env;
  napi_create_reference(env, argument[1], 1, &it->on_event);
  napi_async_init(env, NULL, string(env, "gatelet", 7), &it->context);
  napi_get_uv_event_loop(env, &loop);
  uv_poll_init(loop, &it->poll, gatelet_queue_fd(it->queue));
  it->poll.data = it;
  uv_poll_start(&it->poll, UV_READABLE, on_readable);
  uv_unref((uv_handle_t *)&it->poll);
  it->owners = 2; /* the value in JavaScript, and libuv */
  napi_add_async_cleanup_hook(env, env_ends, it, &it->hook);
  napi_create_external(env, it, collected, NULL, &result);
  return result;
}

static napi_value submit(napi_env env, napi_callback_info info) {
  ARGUMENTS(5);
  client *it = of(env, argument[0]);
  if (!it) return NULL;
  int32_t operation = 0;
  napi_get_value_int32(env, argument[1], &operation);
  char *request = text(env, argument[2]), *options = text(env, argument[3]);
  gatelet_error *error;
  gatelet_status status = gatelet_queue_submit(it->queue, it->client, operation, request, options, number(env, argument[4]), &error);
  free(request);
  free(options);
  if (status != GATELET_OK) throw_failure(env, status, error);
  else if (it->open++ == 0) uv_ref((uv_handle_t *)&it->poll);
  return result;
}

/* Of a queue that has been freed these do nothing: handles are checked. */
#define ABOUT_ONE(name)                                                                              \
  static napi_value name##_one(napi_env env, napi_callback_info info) {                              \
    ARGUMENTS(2);                                                                                    \
    client *it = of(env, argument[0]);                                                               \
    if (it) gatelet_queue_##name(it->queue, number(env, argument[1]), NULL);                         \
    return result;                                                                                   \
  }
ABOUT_ONE(cancel)
ABOUT_ONE(pause)
ABOUT_ONE(resume)

static napi_value close_client(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  client *it = of(env, argument[0]);
  if (it) end(it);
  return result;
}

NAPI_MODULE_INIT() {
  const struct { const char *name; napi_callback function; } all[] = {{"open", open_client}, {"submit", submit}, {"cancel", cancel_one},
      {"pause", pause_one}, {"resume", resume_one}, {"close", close_client}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    napi_value function;
    napi_create_function(env, all[i].name, NAPI_AUTO_LENGTH, all[i].function, NULL, &function);
    napi_set_named_property(env, exports, all[i].name, function);
  }
  return exports;
}
