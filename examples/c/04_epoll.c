/* 04: a stream inside an event loop, next to another descriptor (a timer). Nothing blocks but epoll_wait.
 * cc 04_epoll.c $(pkg-config --cflags --libs gatelet) -o loop
 * Usage: ./loop [model], with a key in the environment or DEV_MODE=true */
#include <gatelet_easy.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* Takes what is there without waiting; returns 1 once the stream has ended. */
static int drain(gatelet_queue *queue, gatelet_status *result) {
  gatelet_batch *batch;
  int ended = 0;
  *result = gatelet_queue_next(queue, 0, 0, &batch, NULL);
  if (*result != GATELET_OK) return 1;
  size_t count = 0;
  const gatelet_event *first = gatelet_batch_events(batch, &count);
  for (size_t i = 0; i < count; i++) {
    const gatelet_event *event = gatelet_easy_event(first, i);
    gatelet_easy_print(event, stdout);
    if (event->kind == GATELET_EVENT_END) ended = 1, *result = event->status;
  }
  gatelet_batch_free(batch);
  return ended;
}

int main(int argc, char **argv) {
  gatelet_client *client;
  gatelet_queue *queue;
  gatelet_error *error;
  gatelet_status status = gatelet_init(NULL, &client, &error);
  if (status == GATELET_OK) status = gatelet_queue_new(NULL, &queue, &error);
  if (status != GATELET_OK) return gatelet_easy_fail(status, error);

  char *request = gatelet_easy_request(argc > 1 ? argv[1] : "openai/gpt-4o-mini", "Count from one to ten, in words.");
  status = gatelet_queue_submit(queue, client, GATELET_OP_CHAT_STREAM, request, NULL, 1, &error);
  free(request);
  if (status != GATELET_OK) return gatelet_easy_fail(status, error);

  struct itimerspec every = {{0, 100000000}, {0, 1}}; /* at once, then every 100 ms */
  int loop = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, 0), answers = gatelet_queue_fd(queue);
  struct epoll_event on_timer = {.events = EPOLLIN, .data.fd = timer}, on_answer = {.events = EPOLLIN, .data.fd = answers};
  timerfd_settime(timer, 0, &every, NULL);
  epoll_ctl(loop, EPOLL_CTL_ADD, timer, &on_timer);
  epoll_ctl(loop, EPOLL_CTL_ADD, answers, &on_answer);

  unsigned long long ticks = 0, expired;
  for (int ended = 0; !ended;) {
    struct epoll_event ready;
    if (epoll_wait(loop, &ready, 1, -1) != 1) continue;
    if (ready.data.fd == answers) ended = drain(queue, &status);
    else if (read(timer, &expired, sizeof expired) == sizeof expired) ticks += expired;
  }
  printf("\n%llu timer ticks meanwhile, ended: %s\n", ticks, gatelet_status_name(status));
  gatelet_queue_free(queue);
  gatelet_free(client);
  return status != GATELET_OK;
}
