/* Handles that are freed, of another kind, or were never handles: a status, never a crash. */
#include "test.h"

/* Every function that takes a client, with a handle that is none. */
static void bad_client(gatelet_client *bad) {
  char *answer;
  outcome o = {0};
  gatelet_queue *queue = new_queue(NULL);
  EXPECT(GATELET_ERR_HANDLE, gatelet_chat(bad, REQUEST, &answer, NULL));
  EXPECT(GATELET_ERR_HANDLE, gatelet_completion(bad, REQUEST, &answer, NULL));
  EXPECT(GATELET_ERR_HANDLE, gatelet_embeddings(bad, REQUEST, &answer, NULL));
  EXPECT(GATELET_ERR_HANDLE, gatelet_list_models(bad, NULL, &answer, NULL));
  EXPECT(GATELET_ERR_HANDLE, gatelet_stream(bad, REQUEST, on_event, &o, &answer, NULL));
  EXPECT(GATELET_ERR_HANDLE, gatelet_completion_stream(bad, REQUEST, on_event, &o, &answer, NULL));
  EXPECT(GATELET_ERR_HANDLE, gatelet_set_log(bad, NULL, NULL, NULL, NULL));
  EXPECT(GATELET_ERR_HANDLE, gatelet_set_hook(bad, NULL, NULL, NULL, NULL, NULL));
  EXPECT(GATELET_ERR_HANDLE, gatelet_reload(bad, NULL, NULL));
  EXPECT(GATELET_ERR_HANDLE, gatelet_providers(bad, NULL, &answer, NULL));
  EXPECT(GATELET_ERR_HANDLE, gatelet_stats(bad, NULL, &answer, NULL));
  EXPECT(GATELET_ERR_HANDLE, gatelet_queue_submit(queue, bad, GATELET_OP_CHAT, REQUEST, NULL, 1, NULL));
  CHECK(o.chunks == 0 && o.ends == 0);
  gatelet_free(bad);
  gatelet_queue_free(queue);
}

static void bad_queue(gatelet_queue *bad) {
  gatelet_client *client = dev_client();
  gatelet_batch *batch;
  EXPECT(GATELET_ERR_HANDLE, gatelet_queue_submit(bad, client, GATELET_OP_CHAT, REQUEST, NULL, 1, NULL));
  EXPECT(GATELET_ERR_HANDLE, gatelet_queue_next(bad, 0, 0, &batch, NULL));
  EXPECT(GATELET_ERR_HANDLE, gatelet_queue_cancel(bad, 1, NULL));
  EXPECT(GATELET_ERR_HANDLE, gatelet_queue_pause(bad, 1, NULL));
  EXPECT(GATELET_ERR_HANDLE, gatelet_queue_resume(bad, 1, NULL));
  CHECK(gatelet_queue_fd(bad) == -1);
  gatelet_queue_free(bad);
  gatelet_free(client);
}

static void bad_batch(gatelet_batch *bad) {
  size_t count = 7;
  CHECK(gatelet_batch_events(bad, &count) == NULL && count == 0);
  CHECK(gatelet_batch_event(bad, 0) == NULL);
  gatelet_batch_free(bad);
}

static void bad_error(gatelet_error *bad) {
  CHECK(gatelet_error_status(bad) == GATELET_ERR_HANDLE);
  CHECK(strcmp(gatelet_error_message(bad), "") == 0);
  CHECK(strcmp(gatelet_error_json(bad), "{}") == 0);
  gatelet_error_free(bad);
}

static void bad_everything(void *bad) {
  bad_client(bad);
  bad_queue(bad);
  bad_batch(bad);
  bad_error(bad);
}

static gatelet_batch *some_batch(gatelet_client *client) {
  gatelet_queue *queue = new_queue(NULL);
  gatelet_batch *batch = NULL;
  EXPECT(GATELET_OK, gatelet_queue_submit(queue, client, GATELET_OP_CHAT, REQUEST, NULL, 1, NULL));
  EXPECT(GATELET_OK, gatelet_queue_next(queue, 0, 10000, &batch, NULL));
  gatelet_queue_free(queue);
  return batch;
}

static gatelet_error *some_error(gatelet_client *client) {
  gatelet_error *error = NULL;
  char *answer;
  EXPECT(GATELET_ERR_JSON, gatelet_chat(client, "", &answer, &error));
  return error;
}

static void garbage(void) {
  int on_stack = 1;
  void *heap = malloc(64);
  void *const values[] = {NULL, (void *)1, (void *)8, (void *)0xdeadbeef, (void *)UINTPTR_MAX, (void *)(UINTPTR_MAX / 2),
                          &on_stack, heap, (void *)(uintptr_t)&bad_client, (void *)0x100000000, (void *)0xffff};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) bad_everything(values[i]);
  free(heap);
}

/* Near misses: a live handle with one bit changed must not reach its neighbour. */
static void one_bit_off(void) {
  gatelet_client *client = dev_client();
  for (int bit = 0; bit < 64; bit++) {
    gatelet_client *near = (gatelet_client *)((uintptr_t)client ^ (uintptr_t)1 << bit);
    char *answer;
    EXPECT(GATELET_ERR_HANDLE, gatelet_chat(near, REQUEST, &answer, NULL));
  }
  outcome o = chat(client, REQUEST);
  CHECK(o.status == GATELET_OK);
  end_outcome(&o);
  gatelet_free(client);
}

/* A live handle that says it is of another kind, or that lies where its neighbours lie. */
static void other_kind_bits(void) {
  gatelet_client *client = dev_client();
  gatelet_queue *queue = new_queue(NULL);
  gatelet_error *error = some_error(client);
  for (uintptr_t bits = 1; bits < 16; bits++) {
    bad_everything((void *)((uintptr_t)client ^ bits));
    bad_everything((void *)((uintptr_t)queue ^ bits));
    bad_everything((void *)((uintptr_t)error ^ bits));
  }
  for (intptr_t step = -40; step <= 40; step++)
    if (step) bad_client((void *)((intptr_t)client + step * 16)); /* the next slots */
  outcome o = chat(client, REQUEST);
  CHECK(o.status == GATELET_OK);
  end_outcome(&o);
  CHECK(gatelet_queue_fd(queue) >= 0 && gatelet_error_status(error) == GATELET_ERR_JSON);
  gatelet_error_free(error);
  gatelet_queue_free(queue);
  gatelet_free(client);
}

/* Two processes that do the same have different handles: nobody can guess one. */
static void handles_are_random(void) {
  uintptr_t made[2] = {0};
  for (int i = 0; i < 2; i++) {
    char line[64] = "";
    char self[1000] = "", command[1100];
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) self[0] = 0;
    snprintf(command, sizeof command, "$ABI_RUNNER '%s' first-handle", self);
    FILE *other = popen(command, "r");
    if (other) {
      if (!fgets(line, sizeof line, other)) line[0] = 0;
      pclose(other);
    }
    made[i] = strtoull(line, NULL, 16);
    CHECK(made[i] != 0);
  }
  CHECK(made[0] != made[1]);
}

static void wrong_kind(void) {
  gatelet_client *client = dev_client();
  gatelet_queue *queue = new_queue(NULL);
  gatelet_batch *batch = some_batch(client);
  gatelet_error *error = some_error(client);
  CHECK(batch != NULL && error != NULL);
  bad_client((gatelet_client *)(void *)queue);
  bad_client((gatelet_client *)(void *)batch);
  bad_client((gatelet_client *)(void *)error);
  bad_queue((gatelet_queue *)(void *)client);
  bad_queue((gatelet_queue *)(void *)batch);
  bad_queue((gatelet_queue *)(void *)error);
  bad_batch((gatelet_batch *)(void *)client);
  bad_batch((gatelet_batch *)(void *)queue);
  bad_batch((gatelet_batch *)(void *)error);
  bad_error((gatelet_error *)(void *)client);
  bad_error((gatelet_error *)(void *)queue);
  bad_error((gatelet_error *)(void *)batch);
  /* and none of the real ones was harmed */
  size_t count = 0;
  const gatelet_event *first = gatelet_batch_events(batch, &count);
  CHECK(first != NULL && count > 0 && gatelet_batch_event(batch, 0) == first);
  CHECK(gatelet_error_status(error) == GATELET_ERR_JSON);
  CHECK(gatelet_queue_fd(queue) >= 0);
  outcome o = chat(client, REQUEST);
  CHECK(o.status == GATELET_OK);
  end_outcome(&o);
  gatelet_batch_free(batch);
  gatelet_error_free(error);
  gatelet_queue_free(queue);
  gatelet_free(client);
}

static void freed(void) {
  gatelet_client *client = dev_client(), *helper = dev_client();
  gatelet_queue *queue = new_queue(NULL);
  gatelet_batch *batch = some_batch(client);
  gatelet_error *error = some_error(client);
  gatelet_batch_free(batch);
  gatelet_error_free(error);
  gatelet_queue_free(queue);
  gatelet_free(client);
  bad_client(client);
  bad_queue(queue);
  bad_batch(batch);
  bad_error(error);
  outcome o = chat(helper, REQUEST);
  CHECK(o.status == GATELET_OK);
  end_outcome(&o);
  gatelet_free(helper);
}

/* A slot is used again: the old handle must not open the new object. */
static void reused_slot(void) {
  gatelet_client *old = dev_client();
  gatelet_free(old);
  for (int i = 0; i < t_scaled(200, 20); i++) {
    gatelet_client *client = dev_client();
    char *answer;
    CHECK(client != old);
    EXPECT(GATELET_ERR_HANDLE, gatelet_chat(old, REQUEST, &answer, NULL));
    gatelet_free(old);
    outcome o = chat(client, REQUEST);
    CHECK(o.status == GATELET_OK);
    end_outcome(&o);
    gatelet_free(client);
  }
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "first-handle") == 0) return printf("%p\n", (void *)dev_client()) < 0;
  t_start(argc, argv);
  RUN(garbage);
  RUN(one_bit_off);
  RUN(other_kind_bits);
  RUN(handles_are_random);
  RUN(wrong_kind);
  RUN(freed);
  RUN(reused_slot);
  return t_end();
}
