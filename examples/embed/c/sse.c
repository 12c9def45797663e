/* An HTTP server of one thread (libevent): every POST is a chat, its answer a stream of server-sent events.
 * cc sse.c $(pkg-config --cflags --libs gatelet libevent) -o sse
 * Usage: ./sse [port]; the environment decides who answers (a key, or DEV_MODE=true). SIGTERM and SIGINT let streams finish first. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <gatelet_easy.h>
#include <signal.h>

enum { BODY = 8 * 1024 * 1024, FULL = 256 * 1024, LOW = 32 * 1024 }; /* bytes: of a request, and unsent ones of an answer */

static struct {
  struct event_base *loop;
  struct evhttp *http;
  struct evhttp_bound_socket *socket;
  gatelet_client *client;
  gatelet_queue *queue;
  size_t open;
  int ending;
} server;

/* One answer on its way. Its address is the tag of its request, and lives until the END has come. */
typedef struct {
  struct evhttp_request *request;
  struct event *left;
  int begun, paused;
} answer;

static void cancel(answer *it) { gatelet_queue_cancel(server.queue, (uint64_t)(uintptr_t)it, NULL); }

/* The reader has gone: seen by libevent when it writes, and by `left` at once, in the provider's silence too. */
static void on_close(struct evhttp_connection *connection, void *user) {
  answer *it = user;
  (void)connection;
  event_del(it->left);
  cancel(it);
}
static void on_left(evutil_socket_t socket, short what, void *it) {
  (void)socket, (void)what;
  cancel(it);
}

/* Where the reader is slower than the provider, the provider waits. */
static void on_output(struct evbuffer *output, const struct evbuffer_cb_info *info, void *user) {
  answer *it = user;
  size_t unsent = evbuffer_get_length(output);
  (void)info;
  if (!it->paused && unsent > FULL) it->paused = 1, gatelet_queue_pause(server.queue, (uint64_t)(uintptr_t)it, NULL);
  if (it->paused && unsent < LOW) it->paused = 0, gatelet_queue_resume(server.queue, (uint64_t)(uintptr_t)it, NULL);
}

static void send_event(answer *it, const char *data, size_t length) {
  struct evbuffer *piece = evbuffer_new();
  char *event = gatelet_easy_sse(data, length);
  if (!it->begun) evhttp_send_reply_start(it->request, 200, "OK");
  it->begun = 1;
  if (event) evbuffer_add(piece, event, strlen(event));
  evhttp_send_reply_chunk(it->request, piece); /* nothing happens where the connection has gone */
  evbuffer_free(piece);
  free(event);
}

static void refuse(struct evhttp_request *request, int code, const char *message) {
  struct evbuffer *body = evbuffer_new();
  char *quoted = gatelet_easy_quote(message);
  evbuffer_add_printf(body, "{\"error\":{\"message\":%s}}", quoted ? quoted : "null");
  evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", "application/json");
  evhttp_send_reply(request, code, NULL, body);
  evbuffer_free(body);
  free(quoted);
}

static void finish(answer *it, gatelet_status status) {
  struct evhttp_connection *connection = evhttp_request_get_connection(it->request); /* NULL: it has gone */
  if (connection) {
    evhttp_connection_set_closecb(connection, NULL, NULL);
    evbuffer_remove_cb(bufferevent_get_output(evhttp_connection_get_bufferevent(connection)), on_output, it);
  }
  event_free(it->left);
  if (status != GATELET_OK && !it->begun) {
    refuse(it->request, 502, gatelet_status_name(status));
  } else {
    char failure[128];
    int length = snprintf(failure, sizeof failure, "{\"error\":{\"message\":\"%s\"}}", gatelet_status_name(status));
    if (status != GATELET_OK) send_event(it, failure, (size_t)length);
    else send_event(it, "[DONE]", 6);
    evhttp_send_reply_end(it->request);
  }
  if (status != GATELET_OK) fprintf(stderr, "a stream ended: %s\n", gatelet_status_name(status));
  free(it);
  if (--server.open == 0 && server.ending) event_base_loopexit(server.loop, NULL);
}

/* The queue's descriptor is readable: everything that is there, without waiting. */
static void on_events(evutil_socket_t descriptor, short what, void *user) {
  gatelet_batch *batch;
  const gatelet_event *event;
  (void)descriptor, (void)what, (void)user;
  if (gatelet_queue_next(server.queue, 0, 0, &batch, NULL) != GATELET_OK) return;
  for (size_t i = 0; (event = gatelet_batch_event(batch, i)); i++) {
    answer *it = (answer *)(uintptr_t)event->tag;
    if (event->kind == GATELET_EVENT_CHUNK) send_event(it, event->json, event->json_len);
    if (event->kind == GATELET_EVENT_END) finish(it, event->status);
  }
  gatelet_batch_free(batch);
}

static void on_request(struct evhttp_request *request, void *user) {
  struct evbuffer *input = evhttp_request_get_input_buffer(request);
  struct evhttp_connection *connection = evhttp_request_get_connection(request);
  struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
  (void)user;
  evbuffer_add(input, "", 1); /* the body is a string now */
  answer *it = calloc(1, sizeof *it);
  gatelet_error *error = NULL;
  gatelet_status status = GATELET_ERR_MEMORY;
  if (it)
    status = gatelet_queue_submit(server.queue, server.client, GATELET_OP_CHAT_STREAM, (const char *)evbuffer_pullup(input, -1), NULL,
                                  (uint64_t)(uintptr_t)it, &error);
  if (status != GATELET_OK) {
    refuse(request, status < 200 ? 400 : 500, gatelet_error_message(error));
    gatelet_error_free(error);
    free(it);
    return;
  }
  server.open++;
  it->request = request;
  it->left = event_new(server.loop, bufferevent_getfd(evhttp_connection_get_bufferevent(connection)), EV_CLOSED, on_left, it);
  event_add(it->left, NULL);
  evhttp_connection_set_closecb(connection, on_close, it);
  evbuffer_add_cb(bufferevent_get_output(evhttp_connection_get_bufferevent(connection)), on_output, it);
  evhttp_add_header(headers, "Content-Type", "text/event-stream");
  evhttp_add_header(headers, "Cache-Control", "no-cache");
}

/* No new connections; who is being answered is answered to the end. */
static void on_signal(evutil_socket_t number, short what, void *user) {
  (void)number, (void)what, (void)user;
  if (!server.ending) evhttp_del_accept_socket(server.http, server.socket);
  server.ending = 1;
  if (server.open == 0) event_base_loopexit(server.loop, NULL);
}

int main(int argc, char **argv) {
  gatelet_error *error;
  gatelet_status status = gatelet_init(NULL, &server.client, &error);
  if (status == GATELET_OK) status = gatelet_queue_new(NULL, &server.queue, &error);
  if (status != GATELET_OK) return gatelet_easy_fail(status, error);

  signal(SIGPIPE, SIG_IGN); /* libevent writes to connections that have gone */
  server.loop = event_base_new();
  server.http = evhttp_new(server.loop);
  server.socket = evhttp_bind_socket_with_handle(server.http, "127.0.0.1", (ev_uint16_t)(argc > 1 ? atoi(argv[1]) : 8080));
  if (!server.socket) return fprintf(stderr, "the port is taken\n"), 1;
  evhttp_set_max_body_size(server.http, BODY);
  evhttp_set_allowed_methods(server.http, EVHTTP_REQ_POST);
  evhttp_set_gencb(server.http, on_request, NULL);

  struct event *events[] = {event_new(server.loop, gatelet_queue_fd(server.queue), EV_READ | EV_PERSIST, on_events, NULL),
                            evsignal_new(server.loop, SIGTERM, on_signal, NULL), evsignal_new(server.loop, SIGINT, on_signal, NULL)};
  for (int i = 0; i < 3; i++) event_add(events[i], NULL);
  event_base_dispatch(server.loop);

  for (int i = 0; i < 3; i++) event_free(events[i]);
  evhttp_free(server.http);
  event_base_free(server.loop);
  gatelet_queue_free(server.queue);
  gatelet_free(server.client);
  return 0;
}
