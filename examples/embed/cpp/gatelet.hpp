// gatelet.hpp: gatelet.h for C++20. Objects end what they own, failures are exceptions, events are views. Header only: copy it.
//
// The functions of one object may be called from any thread, as those of gatelet.h. Moved-from objects hold nothing.
#pragma once

#include <gatelet.h>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

namespace gatelet {

/// What went wrong: the status, one sentence (what()), and the whole story as JSON (docs/errors.md).
class error : public std::runtime_error {
 public:
  error(gatelet_status status, const char *message, std::string json)
      : std::runtime_error(*message ? message : gatelet_status_name(status)), status_(status), json_(std::move(json)) {}
  gatelet_status status() const noexcept { return status_; }
  const char *kind() const noexcept { return gatelet_status_name(status_); }
  const std::string &json() const noexcept { return json_; }

 private:
  gatelet_status status_;
  std::string json_;
};

namespace detail {
template <auto End>
struct ends {
  template <class T>
  void operator()(T *handle) const noexcept {
    End(handle);
  }
};
using client_handle = std::unique_ptr<gatelet_client, ends<gatelet_free>>;
using queue_handle = std::unique_ptr<gatelet_queue, ends<gatelet_queue_free>>;
using batch_handle = std::unique_ptr<gatelet_batch, ends<gatelet_batch_free>>;
using error_handle = std::unique_ptr<gatelet_error, ends<gatelet_error_free>>;
using string_handle = std::unique_ptr<char, ends<gatelet_string_free>>;

inline void check(gatelet_status status, gatelet_error *raw) {
  error_handle details(raw);
  if (status != GATELET_OK) throw error(status, gatelet_error_message(raw), gatelet_error_json(raw));
}
inline std::string text(char *raw) {
  string_handle owned(raw);
  return raw ? raw : "";
}
inline const char *or_null(const std::string &json) { return json.empty() ? nullptr : json.c_str(); }
}  // namespace detail

/// A view of one event; it lives as long as its batch, or until the callback returns.
class event {
 public:
  explicit event(const gatelet_event *raw) noexcept : raw_(raw) {}
  bool is_chunk() const noexcept { return raw_->kind == GATELET_EVENT_CHUNK; }
  bool is_answer() const noexcept { return raw_->kind == GATELET_EVENT_ANSWER; }
  bool is_end() const noexcept { return raw_->kind == GATELET_EVENT_END; }
  gatelet_status status() const noexcept { return raw_->status; }
  std::uint64_t tag() const noexcept { return raw_->tag; }
  std::string_view json() const noexcept { return {raw_->json, raw_->json_len}; }
  std::string_view text() const noexcept { return {raw_->text, raw_->text_len}; }
  std::string_view reasoning() const noexcept { return {raw_->reasoning, raw_->reasoning_len}; }
  std::string_view name() const noexcept { return {raw_->name, raw_->name_len}; }

 private:
  const gatelet_event *raw_;
};

/// A configured gateway. Empty JSON texts mean NULL: defaults, no options.
class client {
 public:
  using log_function = std::function<void(int level, std::string_view message)>;

  explicit client(const std::string &config = {}) {
    gatelet_client *raw;
    gatelet_error *details;
    auto status = gatelet_init(detail::or_null(config), &raw, &details);
    detail::check(status, details);
    handle_.reset(raw);
  }

  /// Any request that does not stream; returns the answer.
  std::string call(gatelet_operation operation, const std::string &request, const std::string &options = {}) {
    char *answer;
    gatelet_error *details;
    auto status = gatelet_call(get(), operation, detail::or_null(request), detail::or_null(options), nullptr, nullptr, &answer, &details);
    detail::check(status, details);
    return detail::text(answer);
  }
  std::string chat(const std::string &request) { return call(GATELET_OP_CHAT, request); }
  std::string models(const std::string &query = {}) { return call(GATELET_OP_LIST_MODELS, query); }

  /// A stream, told on this thread; what on_event(event) throws ends it and comes out here. `stop` ends it from elsewhere, in a silence too.
  template <std::invocable<const event &> F>
  void stream(const std::string &request, F &&on_event, std::stop_token stop = {});

  /// The function may be called by several threads at once. It lives until none can call it any more; an empty one turns the log off.
  void on_log(log_function function) {
    gatelet_error *details;
    auto owned = function ? std::make_unique<log_function>(std::move(function)) : nullptr;
    auto status = owned ? gatelet_set_log(get(), log, owned.release(), forget, &details) : gatelet_set_log(get(), nullptr, nullptr, nullptr, &details);
    detail::check(status, details); /* `forget` is called also when this fails */
  }

  gatelet_client *get() const noexcept { return handle_.get(); }

 private:
  static void log(std::int32_t level, const char *message, void *user) noexcept {
    try {
      (*static_cast<log_function *>(user))(level, message);
    } catch (...) {
    }
  }
  static void forget(void *user) noexcept { delete static_cast<log_function *>(user); }

  detail::client_handle handle_;
};

/// Events taken from a queue: `for (auto event : batch)`.
class batch {
 public:
  explicit batch(gatelet_batch *raw) noexcept : handle_(raw) { gatelet_batch_events(raw, &count_); }

  class iterator {
   public:
    using value_type = event;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::forward_iterator_tag;
    iterator() = default;
    iterator(gatelet_batch *batch, std::size_t index) noexcept : batch_(batch), index_(index) {}
    event operator*() const noexcept { return event(gatelet_batch_event(batch_, index_)); }
    iterator &operator++() noexcept { return ++index_, *this; }
    iterator operator++(int) noexcept { return {batch_, index_++}; }
    bool operator==(const iterator &) const = default;

   private:
    gatelet_batch *batch_ = nullptr;
    std::size_t index_ = 0;
  };
  iterator begin() const noexcept { return {handle_.get(), 0}; }
  iterator end() const noexcept { return {handle_.get(), count_}; }
  std::size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }

 private:
  detail::batch_handle handle_;
  std::size_t count_ = 0;
};

/// Many requests at once, for one thread or an event loop.
class queue {
 public:
  explicit queue(const std::string &options = {}) {
    gatelet_queue *raw;
    gatelet_error *details;
    auto status = gatelet_queue_new(detail::or_null(options), &raw, &details);
    detail::check(status, details);
    handle_.reset(raw);
  }
  void submit(client &to, gatelet_operation operation, const std::string &request, std::uint64_t tag, const std::string &options = {}) {
    gatelet_error *details;
    auto status = gatelet_queue_submit(get(), to.get(), operation, detail::or_null(request), detail::or_null(options), tag, &details);
    detail::check(status, details);
  }
  /// What is there, waiting for the first event at most so long; empty when the time ran out.
  batch next(std::chrono::milliseconds timeout = std::chrono::milliseconds(-1)) {
    gatelet_batch *raw;
    gatelet_error *details;
    auto status = gatelet_queue_next(get(), 0, static_cast<std::int32_t>(timeout.count()), &raw, &details);
    detail::check(status, details);
    return batch(raw);
  }
  void cancel(std::uint64_t tag) { gatelet_queue_cancel(get(), tag, nullptr); }
  void pause(std::uint64_t tag) { gatelet_queue_pause(get(), tag, nullptr); }
  void resume(std::uint64_t tag) { gatelet_queue_resume(get(), tag, nullptr); }
  /// For poll, epoll and event loops: readable while next(0ms) has something to give. -1 with the driver "caller".
  int descriptor() const noexcept { return gatelet_queue_fd(get()); }
  gatelet_queue *get() const noexcept { return handle_.get(); }

 private:
  detail::queue_handle handle_;
};

template <std::invocable<const event &> F>
void client::stream(const std::string &request, F &&on_event, std::stop_token stop) {
  queue one; /* and no gatelet_stream: what is cancelled between two calls would be lost there, and exceptions must not cross C */
  one.submit(*this, GATELET_OP_CHAT_STREAM, request, 0);
  const auto cancel = [&] { one.cancel(0); };
  std::stop_callback on_stop(stop, cancel); /* at once, when the stop was asked for before */
  for (;;) {
    for (auto event : one.next()) {
      on_event(std::as_const(event));
      if (!event.is_end()) continue;
      if (event.status() != GATELET_OK) throw error(event.status(), "", std::string(event.json()));
      return;
    }
  }
}

}  // namespace gatelet
