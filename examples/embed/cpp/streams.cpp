// Many streams in one poll() loop, one of them cancelled in the middle; then one on a thread of its own, ended by its stop token.
// c++ -std=c++20 -pthread streams.cpp $(pkg-config --cflags --libs gatelet) -o streams
// Usage: ./streams [how many] [which to cancel]; the environment decides who answers (a key, or DEV_MODE=true).
#include <poll.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <thread>
#include <vector>

#include "gatelet.hpp"

using namespace std::chrono_literals;

static std::string request(std::uint64_t number) {
  return R"({"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "stream )" + std::to_string(number) + R"("}]})";
}

struct answer {
  std::string text;
  bool cancelled = false;
};

static void many(gatelet::client &client, std::uint64_t count, std::uint64_t cancelled) {
  gatelet::queue queue;
  std::vector<answer> answers(count);
  for (std::uint64_t i = 0; i < count; i++) queue.submit(client, GATELET_OP_CHAT_STREAM, request(i), i);
  for (auto open = count; open > 0;) {
    pollfd ready{queue.descriptor(), POLLIN, 0};
    if (poll(&ready, 1, -1) < 1) continue;
    for (auto event : queue.next(0ms)) {
      auto &it = answers[event.tag()];
      it.text += event.text();
      if (event.tag() == cancelled && !it.text.empty() && !it.cancelled) it.cancelled = true, queue.cancel(cancelled);
      if (!event.is_end()) continue;
      std::cout << event.tag() << ' ' << gatelet_status_name(event.status()) << ' ' << it.text << '\n';
      open--;
    }
  }
}

static void alone(gatelet::client &client) {
  std::atomic<bool> begun = false;
  std::jthread reader([&](std::stop_token stop) {
    std::string text;
    try {
      client.stream(request(1000), [&](const gatelet::event &event) {
        text += event.text();
        if (!text.empty()) begun = true, begun.notify_all();
      }, stop);
      std::cout << "alone ok " << text << '\n';
    } catch (const gatelet::error &error) {
      std::cout << "alone " << error.kind() << ' ' << text << '\n';
    }
    begun = true, begun.notify_all();
  });
  begun.wait(false);
  reader.request_stop();
}

int main(int argc, char **argv) try {
  gatelet::client client;
  client.on_log([](int level, std::string_view message) {
    if (level == GATELET_LOG_ERROR) std::cerr << message << '\n';
  });
  many(client, argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100, argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 42);
  alone(client);
} catch (const gatelet::error &error) {
  std::cerr << error.kind() << ": " << error.what() << '\n';
  return 1;
}
