/* Connections, and the libcurl below: what its handles keep from one response to the next, what it sends twice, how old it is. */
#include "test.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* ---- a server of one thread per connection; answers what its function says */

typedef struct server {
  int listener, port;
  int (*answer)(struct server *, int request, char *out, size_t room); /* writes a response; 0: closes instead */
  _Atomic int requests;
  int connections;
  pthread_t taker, threads[512];
} server;

static const char *BODY =
    "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"x\"},\"finish_reason\":\"stop\"}],\"data\":[{\"id\":\"m\"}]}";

static bool read_request(int fd, char *in, size_t room) {
  size_t have = 0;
  for (;;) {
    ssize_t n = recv(fd, in + have, room - 1 - have, 0);
    if (n <= 0) return false;
    have += (size_t)n;
    in[have] = '\0';
    char *end = strstr(in, "\r\n\r\n"), *length = strcasestr(in, "content-length:");
    if (end && have >= (size_t)(end + 4 - in) + (length && length < end ? strtoul(length + 15, NULL, 10) : 0)) return true;
  }
}

typedef struct { server *of; int fd; } connection;

static void *serve(void *user) {
  connection c = *(connection *)user;
  char in[8192], out[8192];
  free(user);
  while (read_request(c.fd, in, sizeof in)) {
    int n = c.of->requests++, length = c.of->answer(c.of, n, out, sizeof out);
    if (length <= 0 || send(c.fd, out, (size_t)length, MSG_NOSIGNAL) != length) break;
  }
  close(c.fd);
  return NULL;
}

static void *take(void *user) {
  server *s = user;
  for (int fd; s->connections < 512 && (fd = accept(s->listener, NULL, NULL)) >= 0;) {
    connection *c = malloc(sizeof *c);
    *c = (connection){s, fd};
    pthread_create(&s->threads[s->connections++], NULL, serve, c);
  }
  return NULL;
}

static server *start_server(int (*answer)(server *, int, char *, size_t)) {
  static server all[16]; /* they live as long as the program */
  static int count;
  server *s = &all[count++];
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  s->answer = answer;
  s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(s->listener, (void *)&address, sizeof address) || listen(s->listener, 50) || getsockname(s->listener, (void *)&address, &length)) exit(2);
  s->port = ntohs(address.sin_port);
  pthread_create(&s->taker, NULL, take, s);
  return s;
}

/* Frees the client first: its connections are closed then. */
static void end(server *s, gatelet_client *client) {
  gatelet_free(client);
  shutdown(s->listener, SHUT_RDWR);
  pthread_join(s->taker, NULL);
  for (int i = 0; i < s->connections; i++) pthread_join(s->threads[i], NULL);
  close(s->listener);
}

static gatelet_client *client_of_server(server *s, const char *more) {
  char config[600];
  snprintf(config, sizeof config, "{\"environment\":false,\"default_provider\":\"a\",\"breaker\":{\"enabled\":false},%s,"
           "\"providers\":{\"a\":{\"base_url\":\"http://127.0.0.1:%d/v1\",\"api_key\":\"" SECRET "\"}}}", more, s->port);
  return make_client(config);
}

static int good(server *s, int n, char *out, size_t room) {
  (void)s, (void)n;
  return snprintf(out, room, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", strlen(BODY), BODY);
}

/* ---- a header line that begins with a blank goes on with the one before; the first of a response has none before it
 * (https://github.com/curl/curl/pull/11103: libcurl 7.83.0 to 8.1.0 then wrote to a header of the response before, which was freed) */

static int folded(server *s, int n, char *out, size_t room) {
  (void)s;
  if (n % 2 == 0)
    return snprintf(out, room, "HTTP/1.1 200 OK\r\nX-Pad: %0*d\r\nContent-Length: %zu\r\nX-Last: 12345678\r\n\r\n%s", 20 + n % 60, 1, strlen(BODY), BODY);
  return snprintf(out, room, "HTTP/1.1 200 OK\r\n folded: onto nothing, but longer than what stood there before, so that it has to be moved\r\n"
                             "X-Pad: %0*d\r\nContent-Length: %zu\r\n\r\n%s", 20 + n % 60, 1, strlen(BODY), BODY);
}

#define ALONE "\"retry\":{\"attempts\":0}"

static gatelet_client *folding(server **of) {
  *of = start_server(folded);
  return client_of_server(*of, ALONE);
}

static void folded_chat(void) {
  server *s;
  gatelet_client *client = folding(&s);
  int rounds = t_scaled(200, 20);
  for (int i = 0; i < rounds; i++) {
    outcome o = chat(client, REQUEST);
    CHECK(i % 2 ? o.status != GATELET_ERR_INTERNAL : o.status == GATELET_OK);
    end_outcome(&o);
  }
  CHECK(s->requests == rounds);
  end(s, client);
}

static void folded_stream(void) {
  server *s;
  gatelet_client *client = folding(&s);
  int rounds = t_scaled(200, 20);
  for (int i = 0; i < rounds; i++) {
    outcome o = stream(client, REQUEST);
    CHECK(o.status != GATELET_OK && o.status != GATELET_ERR_INTERNAL); /* a document, or no HTTP */
    end_outcome(&o);
  }
  CHECK(s->requests == rounds);
  end(s, client);
}

static void folded_queue(void) {
  server *s;
  gatelet_client *client = folding(&s);
  gatelet_queue *queue = new_queue(NULL);
  int rounds = t_scaled(200, 20), chunks, ok;
  for (int i = 0; i < rounds; i++) {
    EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT, REQUEST, NULL, (uint64_t)i, NULL));
    CHECK(drain(queue, 1, PATIENCE, &chunks, &ok) == 1);
  }
  CHECK(s->requests == rounds);
  gatelet_queue_free(queue);
  end(s, client);
}

static void folded_list(void) {
  server *s;
  gatelet_client *client = folding(&s);
  int rounds = t_scaled(200, 20);
  for (int i = 0; i < rounds; i++) {
    char *list = NULL;
    (void)!gatelet_list_models(client, "{\"fresh\":true}", &list, NULL);
    gatelet_string_free(list);
  }
  CHECK(s->requests == rounds);
  end(s, client);
}

/* ---- a kept connection that is found dead before a byte went out: no server can do this at the right time, so `send` does */

static int fail_next; /* of the requests */

static ssize_t (*real_send)(int, const void *, size_t, int);
__attribute__((constructor)) static void find_send(void) { *(void **)&real_send = dlsym(RTLD_NEXT, "send"); }

ssize_t send(int fd, const void *bytes, size_t count, int flags) {
  if (count > 5 && !memcmp(bytes, "POST ", 5) && __atomic_load_n(&fail_next, __ATOMIC_SEQ_CST) > 0 && __atomic_sub_fetch(&fail_next, 1, __ATOMIC_SEQ_CST) >= 0) {
    shutdown(fd, SHUT_RDWR);
    errno = EPIPE;
    return -1;
  }
  return real_send(fd, bytes, count, flags);
}

static void nothing_was_written(void) {
  server *s = start_server(good);
  gatelet_client *client = client_of_server(s, "\"retry\":{\"attempts\":0,\"attempts_per_request\":1},\"limits\":{\"client\":{\"requests_per_day\":2}}");
  outcome o = chat(client, REQUEST);
  CHECK(o.status == GATELET_OK);
  end_outcome(&o);
  __atomic_store_n(&fail_next, 1, __ATOMIC_SEQ_CST);
  o = chat(client, REQUEST);
  CHECK(o.status == GATELET_OK && __atomic_load_n(&fail_next, __ATOMIC_SEQ_CST) == 0 && s->requests == 2);
  CHECK(!strcmp(member(o.answer, "gatelet.attempts.0.action"), "resend") && !strcmp(member(o.answer, "gatelet.attempts.0.unsent"), "true"));
  CHECK(!strcmp(member(o.answer, "gatelet.attempts.0.cost.total"), "0") && !strcmp(member(o.answer, "gatelet.attempts.1.status"), "ok"));
  end_outcome(&o);
  char *stats = NULL;
  EXPECT(GATELET_OK, gatelet_stats(client, NULL, &stats, NULL));
  CHECK(!strcmp(member(stats, "total.attempts"), "2") && !strcmp(member(stats, "total.unsent_attempts"), "1") && !strcmp(member(stats, "total.retries"), "0"));
  gatelet_string_free(stats);
  end(s, client);
}

/* On a new connection it is an ordinary failure: nobody knows what is wrong with the way. */
static void nothing_was_written_on_a_new_connection(void) {
  server *s = start_server(good);
  gatelet_client *client = client_of_server(s, ALONE);
  __atomic_store_n(&fail_next, 1, __ATOMIC_SEQ_CST);
  outcome o = chat(client, REQUEST);
  CHECK(o.status >= 200 && o.status < 300 && s->requests == 0);
  end_outcome(&o);
  end(s, client);
}

/* ---- other versions of libcurl: this program says that it is one */

curl_version_info_data *curl_version_info(CURLversion age) {
  static curl_version_info_data told;
  curl_version_info_data *(*real)(CURLversion);
  *(void **)&real = dlsym(RTLD_NEXT, "curl_version_info");
  told = *real(age);
  const char *claimed = getenv("ABI_LIBCURL");
  if (claimed) told.version_num = (unsigned)strtoul(claimed, NULL, 16);
  return &told;
}

static const char *program;

/* Runs one test of this program with that version; its exit code. */
static int as_version(const char *version, const char *test) {
  pid_t child = fork();
  if (child == 0) {
    setenv("ABI_LIBCURL", version, 1);
    execl("/bin/sh", "sh", "-c", "exec $ABI_RUNNER \"$0\" \"$1\"", program, test, (char *)NULL); /* under valgrind the child runs without it */
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void refused_version(void) { /* in the child */
  gatelet_client *client = NULL;
  gatelet_error *error = NULL;
  if (!getenv("ABI_LIBCURL")) return;
  EXPECT(GATELET_ERR_UNSUPPORTED, gatelet_init("{\"environment\":false}", &client, &error));
  CHECK(client == NULL && strstr(gatelet_error_json(error), "libcurl 7.80.0 or newer is needed; the one that is loaded is 7.79.1"));
  gatelet_error_free(error);
}

static void one_handle_after_another(void) { /* in the child: handles are kept, as they are where libcurl has no such fault */
  if (!getenv("ABI_LIBCURL")) return;
  server *s = start_server(good);
  gatelet_client *client = client_of_server(s, ALONE);
  for (int i = 0; i < 50; i++) {
    outcome o = i % 3 == 2 ? stream(client, REQUEST) : chat(client, REQUEST);
    CHECK(i % 3 == 2 ? o.status == GATELET_ERR_BAD_RESPONSE : o.status == GATELET_OK);
    end_outcome(&o);
  }
  CHECK(s->requests == 50);
  end(s, client);
}

static void versions(void) {
  if (getenv("ABI_LIBCURL")) return;
  CHECK(as_version("074f01", "refused_version") == 0);
  CHECK(as_version("080500", "one_handle_after_another") == 0);
}

int main(int argc, char **argv) {
  program = argv[0];
  t_start(argc, argv);
  RUN(folded_chat);
  RUN(folded_stream);
  RUN(folded_queue);
  RUN(folded_list);
  RUN(nothing_was_written);
  RUN(nothing_was_written_on_a_new_connection);
  RUN(refused_version);
  RUN(one_handle_after_another);
  RUN(versions);
  return t_end();
}
