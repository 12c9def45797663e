// What the example does not show: ./check ends with 0 when all of it holds.
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "gatelet.hpp"

static const std::string hello = R"({"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]})";

static gatelet::client dev(const std::string &settings) {
  return gatelet::client(R"({"dev_mode": true, "log": "debug", "providers": {"dev": )" + settings + "}}");
}

static void check(bool holds, const char *what) {
  std::cout << (holds ? "holds: " : "does not hold: ") << what << '\n';
  if (!holds) std::exit(1);
}

template <class F>
static std::string kind(F attempt) {
  try {
    attempt();
    return "ok";
  } catch (const gatelet::error &error) {
    return error.kind();
  }
}

int main() {
  auto client = dev("{}");
  check(client.chat(hello).find("You said: hello.") != std::string::npos, "a chat is answered");
  check(kind([&] { client.chat("{"); }) == "json", "a broken request is an error");
  std::string said;
  try {
    gatelet::client bad(R"({"unknown": 1})");
  } catch (const gatelet::error &error) {
    said = error.what();
  }
  check(said.find("unknown") != std::string::npos, "so is a bad configuration, and it says what is bad");
  check(kind([] { auto refusing = dev(R"({"faults": 400})"); refusing.stream(hello, [](const gatelet::event &) {}); }) == "bad_request",
        "so is what a provider refuses of a stream");

  // A provider that says three chunks and no more: only these ways lead out.
  auto silent = dev(R"({"faults": {"stall_at_chunk": 3}})");
  bool thrown = false;
  try {
    silent.stream(hello, [](const gatelet::event &event) { if (!event.text().empty()) throw std::out_of_range("mine"); });
  } catch (const std::out_of_range &) {
    thrown = true;
  }
  check(thrown, "what a reader throws comes out");
  std::stop_source stop;
  stop.request_stop();
  check(kind([&] { silent.stream(hello, [](const gatelet::event &) {}, stop.get_token()); }) == "cancelled", "a stop that came before is heard");

  auto held = std::make_shared<std::atomic<int>>(0);
  for (int i = 0; i < 3; i++) client.on_log([held](int, std::string_view) { ++*held; });
  client.chat(hello);
  check(*held > 0 && held.use_count() == 2, "a log function that was replaced is destroyed");
  client.on_log(nullptr);
  check(held.use_count() == 1, "so is one that was taken away");
  auto moved = std::move(client);
  moved.on_log([held](int, std::string_view) { ++*held; });
  moved = dev("{}");
  check(held.use_count() == 1, "so is that of a client that ends");
}
