/* Many threads on one client: limits hold, and everything may change while requests run. */
#include "test.h"

static gatelet_client *client;
static bool stop;
static double until;

static void together(int count, void *(*work)(void *)) {
  pthread_t threads[16];
  for (intptr_t i = 0; i < count; i++) pthread_create(&threads[i], NULL, work, (void *)i);
  for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
}

/* ---- limits */

static void *one_of_many(void *number) {
  for (int i = 0; i < 3; i++) {
    outcome o = (intptr_t)number % 2 ? stream(client, REQUEST) : chat(client, REQUEST);
    EXPECT(GATELET_OK, o.status);
    end_outcome(&o);
  }
  return NULL;
}

/* Sixteen threads, one at a time upstream; and all of them get through. */
static void concurrency_of_one(void) {
  client = client_of("counted/0.005", "\"limits\":{\"client\":{\"concurrency\":1},\"max_wait\":60}");
  together(16, one_of_many);
  gatelet_queue *queue = new_queue(NULL);
  int ok = 0;
  for (uint64_t i = 0; i < 20; i++) EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT_STREAM, REQUEST, NULL, i, NULL));
  together(4, one_of_many);
  CHECK(drain(queue, 20, PATIENCE, NULL, &ok) == 20);
  CHECK(ok == 20);
  CHECK(server_stat("together") == 1);
  gatelet_queue_free(queue);
  gatelet_free(client);
}

static int served, refused;
static void *one_of_the_impatient(void *unused) {
  (void)unused;
  outcome o = chat(client, REQUEST);
  if (o.status == GATELET_OK) __sync_fetch_and_add(&served, 1);
  else if (o.status == GATELET_ERR_RATE_LIMIT) __sync_fetch_and_add(&refused, 1);
  else t_fail(__FILE__, __LINE__, "%d %s", o.status, o.error_json);
  end_outcome(&o);
  return NULL;
}

/* Without waiting exactly as many get through as the limit lets. */
static void no_waiting(void) {
  client = client_of("ok", "\"limits\":{\"client\":{\"requests_per_minute\":5},\"wait\":false}");
  served = refused = 0;
  together(16, one_of_the_impatient);
  CHECK(served == 5 && refused == 11);
  gatelet_free(client);
}

/* A cancelled request gives its place in the line, and what it had reserved, to the next. */
static void places_are_given_back(void) {
  client = client_of("hang", "\"limits\":{\"client\":{\"concurrency\":2},\"max_wait\":60}");
  gatelet_queue *queue = new_queue(NULL);
  for (uint64_t round = 0; round < 5; round++) {
    for (uint64_t i = 0; i < 6; i++) EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT, REQUEST, NULL, round, NULL));
    t_sleep(0.05);
    EXPECT(GATELET_OK, gatelet_queue_cancel(queue, round, NULL));
    CHECK(drain(queue, 6, PATIENCE, NULL, NULL) == 6);
  }
  char config[512];
  snprintf(config, sizeof config,
           "{\"environment\":false,\"default_provider\":\"fault\",\"providers\":{\"fault\":{\"base_url\":\"http://127.0.0.1:%d/ok/v1\",\"api_key\":\"" SECRET "\"}},"
           "\"limits\":{\"client\":{\"concurrency\":2},\"wait\":false}}", server_port());
  EXPECT(GATELET_OK, gatelet_reload(client, config, NULL));
  outcome o = chat(client, REQUEST);
  EXPECT(GATELET_OK, o.status);
  end_outcome(&o);
  gatelet_queue_free(queue);
  gatelet_free(client);
}

/* Waiting for a slot again after another provider has failed meanwhile: with a place in the line, as before. */
static void a_slot_is_waited_for_again(void) {
  char config[1024];
  snprintf(config, sizeof config,
           "{\"environment\":false,\"default_provider\":\"a\",\"provider_order\":[\"a\",\"b\"],\"retry\":{\"attempts\":0},\"limits\":{\"max_wait\":20},"
           "\"providers\":{\"a\":{\"base_url\":\"http://127.0.0.1:%d/late/0.6/v1\",\"api_key\":\"" SECRET "\",\"limits\":{\"concurrency\":1}},"
           "\"b\":{\"base_url\":\"http://127.0.0.1:%d/code/503/v1\",\"api_key\":\"" SECRET "\"}}}", server_port(), server_port());
  client = make_client(config);
  gatelet_queue *queue = new_queue(NULL);
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT, REQUEST, NULL, 1, NULL));
  t_sleep(0.2);
  outcome o = chat(client, REQUEST);
  EXPECT(GATELET_OK, o.status);
  CHECK(strcmp(member(o.answer, "gatelet.attempts.0.provider"), "b") == 0 && strcmp(member(o.answer, "gatelet.provider"), "a") == 0);
  end_outcome(&o);
  CHECK(drain(queue, 1, PATIENCE, NULL, NULL) == 1);
  gatelet_queue_free(queue);
  gatelet_free(client);
}

/* ---- everything at once */

static int hook(const char *event, void *user) {
  CHECK(*event == '{' && !strstr(event, SECRET));
  __sync_fetch_and_add((int *)user, 1);
  return 0;
}

static char configs[3][1024];
static void write_configs(void) {
  const char *const pairs[3][2] = {{"code/503", "ok"}, {"ok", "code/503"}, {"cut/140", "code/429"}};
  for (int i = 0; i < 3; i++)
    snprintf(configs[i], sizeof configs[i],
             "{\"environment\":false,\"default_provider\":\"a\",\"provider_order\":[\"a\",\"b\",\"c\"],\"retry\":{\"attempts\":1,\"backoff_base\":0.005},"
             "\"routing\":{\"hedge\":{\"delay\":%s}},\"limits\":{\"client\":{\"concurrency\":%d}},"
             "\"providers\":{\"a\":{\"base_url\":\"http://127.0.0.1:%d/%s/v1\",\"keys\":[{\"value\":\"" SECRET "1\"},{\"value\":\"" SECRET "2\"}]},"
             "\"b\":{\"base_url\":\"http://127.0.0.1:%d/%s/v1\",\"api_key\":\"" SECRET "\"},\"c\":{\"dialect\":\"dev\",\"token_delay\":0}}}",
             i == 1 ? "0.001" : "0.5", i + 3, server_port(), pairs[i][0], server_port(), pairs[i][1]);
}

static void ask(int round) {
  outcome o = round % 2 ? stream(client, REQUEST) : chat(client, REQUEST);
  EXPECT(GATELET_OK, o.status); /* the third always serves */
  if (o.status != GATELET_OK) t_fail(__FILE__, __LINE__, "%s", o.error_json);
  end_outcome(&o);
}

static void look(int round) {
  char *text = NULL;
  EXPECT(GATELET_OK, gatelet_providers(client, round % 4 ? NULL : "{\"probe\":true,\"provider\":[\"a\",\"b\",\"c\"]}", &text, NULL));
  CHECK(text && !strstr(text, SECRET));
  gatelet_string_free(text);
  t_sleep(0.002);
}

static void change(int round) {
  gatelet_status status = round % 5 == 4 ? gatelet_reload(client, "{\"nonsense\":1}", NULL) : gatelet_reload(client, configs[round % 3], NULL);
  CHECK(status == (round % 5 == 4 ? GATELET_ERR_CONFIG : GATELET_OK));
  t_sleep(0.002);
}

static int events[2];
static void rehook(int round) {
  const char *const options[] = {NULL, "{\"events\":[\"attempt\"],\"content\":true}", "{\"events\":[\"request\",\"request_end\"],\"content\":true}"};
  EXPECT(GATELET_OK, gatelet_set_hook(client, round % 4 ? hook : NULL, &events[round % 2], NULL, options[round % 3], NULL));
  t_sleep(0.001);
}

static void *one_of_all(void *number) {
  gatelet_queue *queue = (intptr_t)number == 4 ? new_queue(NULL) : NULL;
  for (int round = 0; t_now() < until && !stop; round++) {
    switch ((intptr_t)number) {
    case 5: look(round); break;
    case 6: change(round); break;
    case 7: rehook(round); break;
    case 4:
      for (uint64_t i = 0; i < 4; i++) EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT_STREAM, REQUEST, NULL, i, NULL));
      EXPECT(GATELET_OK, gatelet_queue_cancel(queue, 2, NULL));
      CHECK(drain(queue, 4, PATIENCE, NULL, NULL) == 4);
      break;
    default: ask(round);
    }
  }
  gatelet_queue_free(queue);
  return NULL;
}

static void everything_at_once(void) {
  write_configs();
  client = make_client(configs[0]);
  until = t_now() + 2;
  together(8, one_of_all);
  EXPECT(GATELET_OK, gatelet_reload(client, configs[1], NULL));
  ask(0);
  CHECK(events[0] > 0 && events[1] > 0);
  gatelet_free(client);
}

/* The client is freed in the middle of it: every call ends with one of the expected statuses. */
static void *until_closed(void *number) {
  for (gatelet_status status = GATELET_OK; status != GATELET_ERR_HANDLE && status != GATELET_ERR_CLOSED;) {
    char *text = NULL;
    switch ((intptr_t)number % 4) {
    case 0: status = gatelet_chat(client, REQUEST, &text, NULL); break;
    case 1: status = gatelet_reload(client, configs[0], NULL); break;
    case 2: status = gatelet_set_hook(client, hook, &events[0], NULL, NULL, NULL); break;
    default: status = gatelet_providers(client, "{\"probe\":true,\"provider\":[\"a\",\"b\",\"c\"]}", &text, NULL);
    }
    if (status != GATELET_OK && status != GATELET_ERR_HANDLE && status != GATELET_ERR_CLOSED) t_fail(__FILE__, __LINE__, "%d: %d", (int)(intptr_t)number, status);
    gatelet_string_free(text);
  }
  return NULL;
}
static void *free_in_a_moment(void *number) {
  if (number) return until_closed((char *)number - 1);
  t_sleep(t_sanitized() ? 1 : 0.3);
  gatelet_free(client);
  return NULL;
}
static void free_under_all(void) {
  client = make_client(configs[0]);
  together(9, free_in_a_moment);
}

int main(int argc, char **argv) {
  t_start(argc, argv);
  write_configs();
  RUN(concurrency_of_one);
  RUN(no_waiting);
  RUN(places_are_given_back);
  RUN(a_slot_is_waited_for_again);
  RUN(everything_at_once);
  RUN(free_under_all);
  return t_end();
}
