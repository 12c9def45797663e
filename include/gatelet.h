/* gatelet.h: an LLM gateway in a shared library.
 *
 * OpenAI-format chat, text completions, embeddings and model lists over many providers.
 *
 * Conventions that hold for every function:
 *  - Documents (configuration, requests, answers, errors) are NUL-terminated UTF-8 JSON: docs/configuration.md,
 *    docs/requests.md, docs/answers.md and docs/errors.md describe them.
 *  - Receiver first, inputs next, outputs last, `gatelet_error **` last of all. An output is set to NULL first, so that
 *    it is never left undefined. Passing NULL for `error` means that the details are not wanted.
 *  - A function that returns gatelet_status returns GATELET_OK (0) or a code whose hundreds digit is its group: 1 caller,
 *    2 transport, 3 provider, 4 library. Read codes you do not know by their group. Numbers are never reused.
 *  - Handles are checked values, not addresses. NULL, freed, foreign (also another copy's) and wrong-kind handles give
 *    GATELET_ERR_HANDLE (or NULL or 0 where no status is returned) and are never dereferenced.
 *  - Every function may be called from any thread, on one handle by several threads at once, unless its comment says
 *    otherwise. docs/threading.md covers threads, signals, fork and what a callback may call.
 *  - Strings given to you are yours; return them with gatelet_string_free. docs/ownership.md has the whole table.
 *  - Memory: documents, lists, answers and names of any size for which there is none fail with GATELET_ERR_MEMORY. Only pieces of
 *    less than a megabyte are taken for granted: where one of those is missing the process ends, as in most programs.
 *  - Nothing is printed, no signal handler, locale or environment variable of the host is touched.
 */
#ifndef GATELET_H
#define GATELET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) || defined(__clang__)
#define GATELET_WARN_UNUSED __attribute__((__warn_unused_result__))
#else
#define GATELET_WARN_UNUSED
#endif

/** Version of this header. gatelet_version() tells that of the loaded library. */
#define GATELET_VERSION "0.1.0"
/** The same as a number for `#if`: 0xMMmmpp, two hexadecimal digits each for major, minor and patch. Since 0.1. */
#define GATELET_VERSION_NUMBER 0x000100
/** ABI major that this header describes; the SONAME is libgatelet.so.<ABI>. See docs/abi.md. */
#define GATELET_ABI_VERSION 0

/** A configured gateway: providers, keys, connections, model lists. Made by gatelet_init, ended by gatelet_free. */
typedef struct gatelet_client gatelet_client;
/** What went wrong. Made by a failing call, ended by gatelet_error_free. */
typedef struct gatelet_error gatelet_error;
/** A completion queue: the non-blocking interface. Made by gatelet_queue_new, ended by gatelet_queue_free. */
typedef struct gatelet_queue gatelet_queue;
/** Events taken from a queue. Made by gatelet_queue_next, ended by gatelet_batch_free. */
typedef struct gatelet_batch gatelet_batch;

/** 0 or one of the GATELET_ERR_ codes below. */
typedef int32_t gatelet_status;

enum {
  GATELET_OK = 0,

  /* 1xx: the caller */
  GATELET_ERR_ARGUMENT = 100,         /**< a required pointer is NULL, or a number is out of range */
  GATELET_ERR_HANDLE = 101,           /**< the handle is NULL, freed, or of another kind */
  GATELET_ERR_JSON = 102,             /**< the document is not valid JSON, or not of the documented shape */
  GATELET_ERR_CONFIG = 103,           /**< the configuration has an unknown member, a wrong type or a bad value */
  GATELET_ERR_NO_KEY = 104,           /**< the chosen provider needs a key and none is configured */
  GATELET_ERR_MODEL_UNRESOLVED = 105, /**< no configured provider serves this model id */
  GATELET_ERR_BAD_STATE = 106,        /**< not allowed here, for example from inside a callback */
  GATELET_ERR_CANCELLED = 107,        /**< cancelled by the caller */
  GATELET_ERR_CLOSED = 108,           /**< the client or queue was freed meanwhile */
  GATELET_ERR_UNSUPPORTED = 109,      /**< the provider or this version cannot do that */
  GATELET_ERR_REFUSED = 110,          /**< refused by policy, before anything was sent */

  /* 2xx: the way to the provider */
  GATELET_ERR_RESOLVE = 200,
  GATELET_ERR_CONNECT = 201,
  GATELET_ERR_TLS = 202,
  GATELET_ERR_TIMEOUT_CONNECT = 203,
  GATELET_ERR_TIMEOUT_FIRST_BYTE = 204, /**< no complete response headers in time */
  GATELET_ERR_TIMEOUT_IDLE = 205,       /**< no byte for too long */
  GATELET_ERR_TIMEOUT_CONTENT = 206,    /**< bytes, but no content for too long */
  GATELET_ERR_TIMEOUT_TOTAL = 207,
  GATELET_ERR_TRUNCATED = 208, /**< the answer ended before it was complete */
  GATELET_ERR_TOO_LARGE = 209, /**< a size cap was exceeded */
  GATELET_ERR_PROTOCOL = 210,  /**< not HTTP, or HTTP used wrongly */

  /* 3xx: the provider's answer */
  GATELET_ERR_BAD_REQUEST = 300,
  GATELET_ERR_AUTH = 301,
  GATELET_ERR_PERMISSION = 302,
  GATELET_ERR_FUNDS = 303,
  GATELET_ERR_NOT_FOUND = 304,
  GATELET_ERR_RATE_LIMIT = 305,
  GATELET_ERR_OVERLOADED = 306,
  GATELET_ERR_SERVER = 307,
  GATELET_ERR_UNAVAILABLE = 308,
  GATELET_ERR_CONTEXT_LENGTH = 309,
  GATELET_ERR_CONTENT_POLICY = 310,
  GATELET_ERR_EMPTY = 311,        /**< a success without any content, and nothing that explains it */
  GATELET_ERR_BAD_RESPONSE = 312, /**< not JSON or SSE of the expected shape */
  GATELET_ERR_KEYS_EXHAUSTED = 313,

  /* 4xx: this library */
  GATELET_ERR_INTERNAL = 400,
  GATELET_ERR_MEMORY = 401,
  GATELET_ERR_FORKED = 402 /**< the handle was made before a fork() and this is the child (docs/threading.md) */
};

/* ---------------------------------------------------------------- library */

/** The version of the loaded library, such as "0.1.0". Static; never NULL. Any thread, any callback. Since 0.1. */
const char *gatelet_version(void);

/** The ABI major of the loaded library: compare with GATELET_ABI_VERSION. Any thread, any callback. Since 0.1. */
uint32_t gatelet_abi_version(void);

/** The name of a status, such as "rate_limit"; the same word as `kind` in the JSON of errors. Static; "unknown" for
 *  numbers this version does not know. Any thread, any callback. Since 0.1. */
const char *gatelet_status_name(gatelet_status status);

/** Returns a string that this library gave you. NULL is ignored. Any thread, any callback. Since 0.1. */
void gatelet_string_free(char *string);

/* ---------------------------------------------------------------- client */

/** Makes a client.
 *  @param config_json  configuration (docs/configuration.md), or NULL for defaults and environment only. The environment, the
 *                      file GATELET_CONFIG and the env file are read here, and again by gatelet_reload and, with
 *                      `watch`, when one of the files has changed.
 *  @param client       receives the client; end it with gatelet_free.
 *  @return GATELET_ERR_JSON, GATELET_ERR_CONFIG (message holds the JSON path), GATELET_ERR_ARGUMENT,
 *    GATELET_ERR_UNSUPPORTED (the libcurl that is loaded is older than 7.80.0, or the configuration has `threads`).
 *  No network traffic, and no thread is started but with `watch`. Not from a callback. Since 0.1. */
GATELET_WARN_UNUSED
gatelet_status gatelet_init(const char *config_json, gatelet_client **client, gatelet_error **error);

/** Ends a client: refuses new calls, cancels those in flight (blocked ones return GATELET_ERR_CLOSED), and returns when
 *  the client's thread has ended, within a second. NULL and stale handles are ignored. From inside a callback of this
 *  client the end is deferred until that call returns. Queues stay readable. Since 0.1. */
void gatelet_free(gatelet_client *client);

/** Called once with the `user` of a log function, a hook or an interrupt function, when no thread uses it any more and none will:
 *  after another function was set, after gatelet_free, or at once when the setter fails. Then `user` may be freed. Called on the thread that let go of it
 *  last: the one inside the setter or gatelet_free, or one that was still inside the function; it must not block, and may call only
 *  the functions of the section "library" and of the section "errors". Since 0.1. */
typedef void (*gatelet_destroy_fn)(void *user);

enum { GATELET_LOG_ERROR = 1, GATELET_LOG_WARNING = 2, GATELET_LOG_INFO = 3, GATELET_LOG_DEBUG = 4 };

/** Receives one log line (docs/logging.md). `message` lives until the function returns; it holds no keys, prompts or completions, no
 *  words of a provider and no control characters. Called on the thread on which the event happened, possibly on several at
 *  once: threads that are inside a function of this header, and the client's own thread (`gatelet-io`), which the runtime of your
 *  language did not start. It must not block, and may call only the functions of the sections "library" and "errors". */
typedef void (*gatelet_log_fn)(int32_t level, const char *message, void *user);

/** Sets where a client's log lines go; NULL turns logging off, which is the start. The configuration's `log` is the
 *  level. When this returns, the former function may still be running on another thread but will not be called anew.
 *  @param user     passed through to the function.
 *  @param destroy  NULL, or called once when `user` is not used any more, also when this fails or `function` is NULL.
 *  Does not wait for other threads. Not from a log callback or a hook. Since 0.1. */
gatelet_status gatelet_set_log(gatelet_client *client, gatelet_log_fn function, void *user, gatelet_destroy_fn destroy,
                               gatelet_error **error);

/** Puts another configuration in place, as gatelet_init would read it: environment and files are read anew. Requests in
 *  flight finish with the one they began with; later ones use the new one. Connections, model lists, counted limits and
 *  what is known of providers' health stay, retired keys are given another chance.
 *  @return GATELET_ERR_JSON, GATELET_ERR_CONFIG as gatelet_init: then the old configuration stays in place, whole.
 *  Any thread; while another thread changes the environment of the process, as little as getenv. Not from a log callback
 *  or a hook. Since 0.1. */
GATELET_WARN_UNUSED
gatelet_status gatelet_reload(gatelet_client *client, const char *config_json, gatelet_error **error);

/** Receives one event about a request as JSON (docs/routing.md, "Events of a hook"): "request" before anything is spent,
 *  "attempt" and "attempt_end" around each attempt, "request_end", and "limit" when a share of a limit is used that `warn_at` names. `event_json` lives until the function returns; it
 *  holds no keys, and prompts, completions and words of a provider only when asked for. At "request" a value other than 0 refuses the request:
 *  it ends with GATELET_ERR_REFUSED and the value is in the error's JSON as `callback_result`; otherwise the value is
 *  ignored. Called at "request" on the submitting thread; else on the one that does the work: of a request that blocks its caller's, of a
 *  queued one the client's own (`gatelet-io`, which the runtime of your language did not start), with driver "caller" that inside
 *  gatelet_queue_next or gatelet_queue_free. Possibly on several at once: it must not block, and may call only the functions of the
 *  section "library" and of the section "errors". */
typedef int (*gatelet_hook_fn)(const char *event_json, void *user);

/** Sets a client's hook; NULL takes it away.
 *  @param user, destroy as those of gatelet_set_log.
 *  @param options_json  NULL for every event without content, or {"events": ["request", ...], "content": true}.
 *  @return GATELET_ERR_JSON for bad options. When this returns, another thread may still be telling the former function an
 *  event that happened before; later events do not reach it. Not from a log callback or a hook. Since 0.1. */
gatelet_status gatelet_set_hook(gatelet_client *client, gatelet_hook_fn function, void *user, gatelet_destroy_fn destroy,
                                const char *options_json, gatelet_error **error);

/** Asked whether a call of this client that blocks its thread is to go on, on that thread: at least once a second, and after a signal
 *  handler ran. 0 goes on; anything else ends the call with GATELET_ERR_CANCELLED, and the value is in the error's JSON as
 *  `callback_result`. Several threads may be asked at once. It must not block, may call only the functions of the section
 *  "library" and of the section "errors", and must return normally. */
typedef int (*gatelet_interrupt_fn)(void *user);

/** Sets who is asked; NULL takes it away. It is for blocking calls that a provider may leave waiting: gatelet_chat and the other
 *  requests, streams, gatelet_call, gatelet_list_models, gatelet_test_models, gatelet_providers with "probe" or "balance". Interpreters
 *  look here for Ctrl-C. gatelet_queue_next does not ask: it has a time-out, and returns after a signal handler.
 *  @param user     passed through to the function.
 *  @param destroy  NULL, or called once when `user` is not used any more, also when this fails or `check` is NULL.
 *  When this returns, another thread may still be inside the former function; it is not asked anew. Calls that block already
 *  ask the new one. Not from a log callback, a hook or an interrupt function. Since 0.1. */
gatelet_status gatelet_set_interrupt(gatelet_client *client, gatelet_interrupt_fn check, void *user, gatelet_destroy_fn destroy,
                                     gatelet_error **error);

/** Ends every request of this client that is under way with this `cancel_id` (docs/requests.md, "Options of a call"), be it queued or
 *  blocking a thread, also while the provider is silent: it ends with GATELET_ERR_CANCELLED, its connection is closed, and a stream's
 *  END event follows the chunks that were read before. gatelet_test_models and gatelet_providers take a `cancel_id` too.
 *  @param id  need not be unique. Nothing is remembered: requests that begin later with the same id are not concerned. Who may come
 *             before the request has begun submits it to a queue: from then on gatelet_queue_cancel finds it.
 *  @return GATELET_OK also when there is none. Does not wait for the end. Any thread, also from an event callback. Since 0.1. */
gatelet_status gatelet_cancel(gatelet_client *client, const char *id, gatelet_error **error);

/** The providers that this client knows: name, addresses, keys by name, health, where their model lists stand.
 *  @param query_json      NULL for all, or {"provider": "<id>" | ["<id>", ...], "probe": true, "balance": true, "cancel_id": "..."}. A probe asks
 *                         each usable one for its model list, all at the same time, and says whether and how fast it
 *                         answered; "balance" asks those that tell it what is left on the account.
 *  @param providers_json  receives {"object":"list","data":[...],"warnings":[...],"redis":...} (docs/answers.md, "Providers"); free it with
 *                         gatelet_string_free.
 *  @return GATELET_ERR_JSON, GATELET_ERR_MODEL_UNRESOLVED for a name that no provider has. Blocks with "probe" and
 *  "balance" only, at most for the providers' time-outs. Legal in an event callback. Since 0.1. */
GATELET_WARN_UNUSED
gatelet_status gatelet_providers(gatelet_client *client, const char *query_json, char **providers_json,
                                 gatelet_error **error);

/** What this client has done: requests, attempts, errors, tokens, cost and times, by provider, model, key, tag and time
 *  (docs/usage.md), and what is used and left of its limits. It holds no keys, prompts or completions, and outlives gatelet_reload.
 *  @param query_json  NULL for everything, or {"by": "model" | ["provider", "day", ...], "provider": ..., "model": ...,
 *                     "tag": ..., "since": <Unix seconds>, "reset": true}. With "reset" counting begins anew afterwards.
 *  @param stats_json  receives {"object":"gatelet.stats","since":...,"total":{...},...}; free it with gatelet_string_free.
 *  @return GATELET_ERR_JSON for a bad query. Does not block. Legal in an event callback. Since 0.1. */
GATELET_WARN_UNUSED
gatelet_status gatelet_stats(gatelet_client *client, const char *query_json, char **stats_json, gatelet_error **error);

/* ---------------------------------------------------------------- requests that block */

/** One chat completion (OpenAI `POST /chat/completions`).
 *  @param request_json  an OpenAI chat request; `stream`, if it is in it, is sent as false. The member `gatelet` holds our own options.
 *  @param answer_json   receives the `chat.completion` as the provider sent it, plus one member `gatelet`. Free it with
 *                       gatelet_string_free. NULL on failure.
 *  @return statuses worth handling: GATELET_ERR_JSON, GATELET_ERR_NO_KEY, GATELET_ERR_MODEL_UNRESOLVED, the 2xx and the
 *  3xx group. An HTTP 200 that holds an error or nothing is a failure (docs/errors.md). An answer with content is kept where an error
 *  stands in a choice, or beside choices that have ended: `gatelet.late_error` in it names its kind. Blocks the calling
 *  thread, which drives the transfer itself. Legal in an event callback. Since 0.1. */
GATELET_WARN_UNUSED
gatelet_status gatelet_chat(gatelet_client *client, const char *request_json, char **answer_json, gatelet_error **error);

/** One text completion (OpenAI `POST /completions`). As gatelet_chat, with `prompt` instead of `messages`. Since 0.1. */
GATELET_WARN_UNUSED
gatelet_status gatelet_completion(gatelet_client *client, const char *request_json, char **answer_json,
                                  gatelet_error **error);

/** Embeddings (OpenAI `POST /embeddings`). As gatelet_chat, with `input` instead of `messages`. Since 0.1. */
GATELET_WARN_UNUSED
gatelet_status gatelet_embeddings(gatelet_client *client, const char *request_json, char **answer_json,
                                  gatelet_error **error);

/** The models of the configured providers, in one shape (docs/catalog.md).
 *  @param query_json   NULL for all models of all configured providers, or {"provider", "id", "modality", "capability", "type",
 *                      "free", "min_context", "max_price", "sort", "direction", "fields", "limit", "offset", "fresh", "stale", "view"},
 *                      each of them optional: {"provider": "openrouter", "capability": "tools", "sort": "price", "limit": 10}.
 *  @param models_json  receives {"object":"list","data":[...],"total":n,"lists":[...],"errors":[...]}; free it with
 *                      gatelet_string_free.
 *  @return GATELET_OK when at least one provider's list could be had, be it an old one; else the first provider's failure.
 *  GATELET_ERR_AUTH or GATELET_ERR_PERMISSION when the query names one provider and it refuses the key, unless "stale" is true.
 *  A list is fetched when it is first asked for, and again after an hour; callers on several threads share one fetch. With
 *  `cache_dir` in the configuration the last good lists outlive the process. Legal in an event callback. Since 0.1. */
GATELET_WARN_UNUSED
gatelet_status gatelet_list_models(gatelet_client *client, const char *query_json, char **models_json,
                                   gatelet_error **error);

/* ---------------------------------------------------------------- streams */

enum {
  GATELET_EVENT_CHUNK = 1, /**< one chunk of a stream */
  GATELET_EVENT_END = 2,   /**< the last event of an accepted request; exactly one, but none after gatelet_event_fn cancelled */
  GATELET_EVENT_ANSWER = 3, /**< queues only: the whole answer of a request that does not stream, or the assembled one of a stream whose
                                 call has the option `answer` and of which a chunk arrived; END follows */
  GATELET_EVENT_RESPONSE = 4 /**< calls with the option `response` only: {status, headers} of the response whose chunks follow. Since 0.1 */
};

/** One event. Pointers live until the callback returns, or until the batch is freed. Each string is also
 *  NUL-terminated; the lengths do not count that byte. New members come only at the end: check struct_size.
 *  The `json` of a CHUNK holds line breaks where the provider wrote an event in several `data:` lines, and then between two
 *  tokens, never inside a string: whoever passes it on as one line replaces them by blanks. That of an ANSWER is laid out as
 *  the provider likes; an END's is one line. */
typedef struct gatelet_event {
  uint32_t struct_size;  /**< size of this struct in the loaded library; the step between the events of a batch */
  int32_t kind;          /**< GATELET_EVENT_ */
  int32_t status;        /**< END: how the request ended; else 0 */
  int32_t reserved;      /**< 0. Compilers would leave a gap here, since `tag` lies at a multiple of 8: bindings need not know */
  uint64_t tag;          /**< the caller's number for the request (queues), else 0 */
  const char *json;      /**< CHUNK: the provider's bytes (below); ANSWER: the answer; END: {end, usage, error, gatelet}; RESPONSE: {status, headers} */
  size_t json_len;
  const char *text;      /**< CHUNK: the decoded content of choice 0, "" where there is none; characters are whole */
  size_t text_len;
  const char *reasoning; /**< CHUNK: the decoded reasoning of choice 0, "" where there is none */
  size_t reasoning_len;
  const char *name;      /**< CHUNK: the event's name (`content_block_delta`, `response.output_text.delta`) where requests of another
                              surface are answered with named events (docs/surfaces.md), else "". Since 0.1 */
  size_t name_len;
} gatelet_event;

/** Receives the events of gatelet_stream, one at a time, on the thread that called it. Return 0 to go on; anything else
 *  cancels the request upstream: the function is not called again, neither for a chunk nor for an END, gatelet_stream
 *  returns GATELET_ERR_CANCELLED and the value is in the error's JSON as `callback_result`. Must return normally: no exceptions, no longjmp. */
typedef int (*gatelet_event_fn)(const gatelet_event *event, void *user);

/** One streamed chat completion.
 *  @param on_event     called for each chunk and then, unless it cancelled the request, once for the END.
 *  @param user         passed through to on_event.
 *  @param answer_json  NULL, or receives the assembled `chat.completion`; set also after an error, a truncation or a
 *                      cancellation once a chunk arrived. Free it with gatelet_string_free.
 *  @return GATELET_OK when the stream finished; the END event, where there is one, carries the same status. It finished when `[DONE]` came,
 *  when as many choices as `n` asked for have a finish reason, or, the body having ended in order, every choice has. One
 *  without any content is GATELET_ERR_EMPTY (docs/errors.md). An error behind the end does not undo it: `gatelet.late_error` of END
 *  names its kind. A request refused before anything was sent gives a status and no event. Blocks. Legal in an event
 *  callback. Since 0.1. */
GATELET_WARN_UNUSED
gatelet_status gatelet_stream(gatelet_client *client, const char *request_json, gatelet_event_fn on_event, void *user,
                              char **answer_json, gatelet_error **error);

/** One streamed text completion; as gatelet_stream. Since 0.1. */
GATELET_WARN_UNUSED
gatelet_status gatelet_completion_stream(gatelet_client *client, const char *request_json, gatelet_event_fn on_event,
                                         void *user, char **answer_json, gatelet_error **error);

/* ---------------------------------------------------------------- requests of other surfaces */

/** One request of Anthropic's Messages API (`POST /v1/messages`), over any provider. With a provider that speaks it itself the request and
 *  its answer pass as they are.
 *  @param request_json  a Messages request; `gatelet`, `models` and `provider` in it mean what they mean in gatelet_chat. What no other
 *                       provider can be asked (docs/surfaces.md) is GATELET_ERR_UNSUPPORTED before anything is sent.
 *  @param answer_json   receives the `message`, plus one member `gatelet`. Free it with gatelet_string_free. NULL on failure.
 *  @return as gatelet_chat. Since 0.1. */
GATELET_WARN_UNUSED
gatelet_status gatelet_messages(gatelet_client *client, const char *request_json, char **answer_json, gatelet_error **error);

/** One streamed request of the Messages API; as gatelet_stream. Each CHUNK is one of its events, with its name. The assembled answer
 *  is a `message`. Since 0.1. */
GATELET_WARN_UNUSED
gatelet_status gatelet_messages_stream(gatelet_client *client, const char *request_json, gatelet_event_fn on_event, void *user,
                                       char **answer_json, gatelet_error **error);

/** One request of OpenAI's Responses API (`POST /responses`), over any provider; as gatelet_messages. The answer is a `response`.
 *  Nothing is stored: `store` warns, `previous_response_id` and the like are GATELET_ERR_UNSUPPORTED where the provider does not speak
 *  it itself. Since 0.1. */
GATELET_WARN_UNUSED
gatelet_status gatelet_responses(gatelet_client *client, const char *request_json, char **answer_json, gatelet_error **error);

/** One streamed request of the Responses API; as gatelet_messages_stream. Since 0.1. */
GATELET_WARN_UNUSED
gatelet_status gatelet_responses_stream(gatelet_client *client, const char *request_json, gatelet_event_fn on_event, void *user,
                                        char **answer_json, gatelet_error **error);

/* ---------------------------------------------------------------- any request */

typedef int32_t gatelet_operation;
enum {
  GATELET_OP_CHAT = 1,
  GATELET_OP_CHAT_STREAM = 2,
  GATELET_OP_COMPLETION = 3,
  GATELET_OP_COMPLETION_STREAM = 4,
  GATELET_OP_EMBEDDINGS = 5,
  GATELET_OP_LIST_MODELS = 6, /**< the request is the query of gatelet_list_models; NULL is allowed */
  GATELET_OP_MESSAGES = 7,    /**< a request of Anthropic's Messages API: docs/surfaces.md. Since 0.1 */
  GATELET_OP_MESSAGES_STREAM = 8,
  GATELET_OP_RESPONSES = 9,   /**< a request of OpenAI's Responses API. Since 0.1 */
  GATELET_OP_RESPONSES_STREAM = 10,
  GATELET_OP_COUNT_TOKENS = 11, /**< a request of Anthropic's `POST /v1/messages/count_tokens`; answers `input_tokens` and `gatelet`. Since 0.1 */
  GATELET_OP_RAW = 12, /**< a request of a provider's other endpoints, described by the option `http` of the call alone (docs/requests.md, "Raw requests"):
                            `request_json` is its body, of any bytes. The answer is {"object":"gatelet.raw","body":...,"gatelet":...}. Since 0.1 */
  GATELET_OP_RAW_STREAM = 13 /**< the same, and what comes back is told as it comes: a RESPONSE, then the body in CHUNKs of any bytes, then END */
};

/** One request of any kind, with what its caller wants of it: the general form of gatelet_chat, gatelet_stream and the others.
 *  @param request_json  as the function for this operation takes it. Of raw requests, the body: as many bytes as the options say, else up to
 *                       the first NUL; NULL for none.
 *  @param options_json  NULL, or the options of the call (docs/requests.md, "Options of a call"): time-outs, retries, tag, cancel id,
 *                       headers, dry run and more. They count before the request's `gatelet`, which can only make them stricter: what
 *                       stands here no forwarded body can say.
 *  @param on_event      operations that stream: as of gatelet_stream, or NULL when the answer alone is wanted. Others: NULL.
 *  @param user          passed through to on_event.
 *  @param answer_json   receives the answer, the assembled one of a stream; free it with gatelet_string_free. May be NULL where
 *                       on_event is not.
 *  @return as the function for this operation. GATELET_ERR_ARGUMENT for an unknown operation, an on_event that would never be
 *  called, or nowhere to put the answer; GATELET_ERR_JSON for bad options, GATELET_ERR_REFUSED for a header or a member of the
 *  query that is not allowed. Blocks. Legal in an event callback. Since 0.1. */
GATELET_WARN_UNUSED
gatelet_status gatelet_call(gatelet_client *client, gatelet_operation operation, const char *request_json,
                            const char *options_json, gatelet_event_fn on_event, void *user, char **answer_json,
                            gatelet_error **error);

/* ---------------------------------------------------------------- test of models */

/** Receives one event of gatelet_test_models as JSON (docs/test-models.md): "start" and "finish" of a model, "wait" once a
 *  second while nothing else happens and after a signal handler ran. `event_json` lives until the function returns. Called on the
 *  thread that called gatelet_test_models. Return 0 to go on; anything else stops the test. Must return normally. */
typedef int (*gatelet_test_fn)(const char *event_json, void *user);

/** Tests whether models answer: asks each one the same short question, one model of a provider at a time, with time between.
 *  @param options_json  NULL for every chat model of every configured provider, or an object with `models`, `provider`, `prompt`,
 *                       `max_tokens`, `spacing`, `concurrency`, `timeout`, `stream`, `limit`, `results`, `cancel_id` (docs/test-models.md).
 *                       `spacing`, the seconds between two calls to one provider, is 180 unless told otherwise.
 *  @param on_progress   NULL, or called for each event.
 *  @param results_json  receives {"summary":...,"results":[...],...}; set also when the test was stopped. Given back as the option
 *                       `results`, no model in it is asked again. Free it with gatelet_string_free.
 *  @return GATELET_OK when every model was asked, whatever came of it. GATELET_ERR_CANCELLED when on_progress stopped the test,
 *  GATELET_ERR_CLOSED when the client was freed; GATELET_ERR_JSON for bad options; GATELET_ERR_NO_KEY,
 *  GATELET_ERR_MODEL_UNRESOLVED, or the failure of the model lists, when there is nothing to test. Blocks, with the default spacing
 *  for hours; the calling thread does the work. Costs what the answers cost. Legal in an event callback. Since 0.1. */
GATELET_WARN_UNUSED
gatelet_status gatelet_test_models(gatelet_client *client, const char *options_json, gatelet_test_fn on_progress, void *user,
                                   char **results_json, gatelet_error **error);

/* ---------------------------------------------------------------- completion queue */

/** Makes a queue.
 *  @param options_json  NULL, or {"events": 1024, "bytes": 8388608, "driver": "thread" | "caller"}.
 *    events, bytes: how much one stream may hold undelivered before its transfer is paused.
 *    driver "thread" (the default): each client's one I/O thread does the work. "caller": no thread; nothing moves
 *    between two calls: transfers start, go on, time out and end inside gatelet_queue_next, which one thread at a time
 *    may call, and what is open is ended inside gatelet_queue_free. With either driver a model list is read by whoever
 *    calls gatelet_queue_next.
 *  @return GATELET_ERR_JSON, GATELET_ERR_CONFIG. Not from a callback. Since 0.1. */
GATELET_WARN_UNUSED
gatelet_status gatelet_queue_new(const char *options_json, gatelet_queue **queue, gatelet_error **error);

/** Hands a request to a client; its events arrive in the queue. Does not block.
 *  @param operation, request_json, options_json  as of gatelet_call. Of the options, `tag` is the name that statistics and limits
 *                       count by; it has nothing to do with the number here.
 *  @param tag           comes back in every event of this request, and names it in gatelet_queue_cancel; need not be unique.
 *  @return a status other than GATELET_OK means refused: no event will come. Not from a log callback or a hook. Since 0.1. */
GATELET_WARN_UNUSED
gatelet_status gatelet_queue_submit(gatelet_queue *queue, gatelet_client *client, gatelet_operation operation,
                                    const char *request_json, const char *options_json, uint64_t tag,
                                    gatelet_error **error);

/** Takes the events that are there, waiting for the first one.
 *  @param max_events  at most this many; 0 means no bound.
 *  @param timeout_ms  how long to wait for a first event; 0 does not wait, negative waits without bound. With driver "caller"
 *                     transfers go on in each call, also with 0 and while events wait.
 *  @param batch       receives the events, or NULL when the time ran out or a signal handler ran meanwhile: both are
 *                     GATELET_OK. Free it with gatelet_batch_free.
 *  @return GATELET_ERR_CLOSED when another thread frees the queue; GATELET_ERR_BAD_STATE when another one is in here and the
 *  driver is "caller". Not from a callback. Since 0.1. */
GATELET_WARN_UNUSED
gatelet_status gatelet_queue_next(gatelet_queue *queue, size_t max_events, int32_t timeout_ms, gatelet_batch **batch,
                                  gatelet_error **error);

/** The queue's descriptor: readable while gatelet_queue_next has something to do without waiting. For poll, epoll and
 *  event loops; do not read from, write to or close it, and stop watching it before gatelet_queue_free. -1 for a bad handle, and for a queue of driver "caller", which
 *  nothing moves but gatelet_queue_next. Not from a log callback or a hook. Since 0.1. */
int32_t gatelet_queue_fd(gatelet_queue *queue);

/** Cancels every request of this tag that is still open: its connection is closed and its END (cancelled) follows. Chunks
 *  that were read before come first: those that wait in the queue (bounded by its `events` and `bytes`) and those of the bytes
 *  that the driver has in hand at this moment.
 *  @return GATELET_OK also when there is none. Any thread, also from an event callback. Since 0.1. */
gatelet_status gatelet_queue_cancel(gatelet_queue *queue, uint64_t tag, gatelet_error **error);

/** Has the streams of this tag wait: nothing more is read of their connections, so that the provider has to wait too (TCP), until
 *  gatelet_queue_resume. For readers that are slower than a stream. What was read before still comes: what waits in the queue, and what one
 *  read of the driver held. A stream that has no content yet pauses behind its first piece.
 *  The time-outs `idle` and `content` stand still meanwhile; `total` goes on, and a provider may lose patience. What happens to
 *  the connection is noticed after gatelet_queue_resume only. gatelet_queue_cancel, gatelet_cancel, gatelet_free and gatelet_queue_free end a stream that waits
 *  as any other. With HTTP/2 the other streams of the connection may have to wait too.
 *  @return GATELET_OK also when there is none: nothing is remembered for later ones. Does not wait. Any thread, also from an event
 *  callback. Since 0.1. */
gatelet_status gatelet_queue_pause(gatelet_queue *queue, uint64_t tag, gatelet_error **error);

/** Has the streams of this tag go on, once the queue has room for them. Likewise. Since 0.1. */
gatelet_status gatelet_queue_resume(gatelet_queue *queue, uint64_t tag, gatelet_error **error);

/** Ends a queue: cancels its open requests, drops its events, wakes a waiting gatelet_queue_next. Batches taken before
 *  stay valid. NULL and stale handles are ignored. Not from a log callback or a hook. Since 0.1. */
void gatelet_queue_free(gatelet_queue *queue);

/** The events of a batch, oldest first.
 *  @param count  receives how many there are.
 *  @return the first event; the next one lies struct_size bytes further. NULL for a bad handle. They live until
 *  gatelet_batch_free. Any thread, any callback. Since 0.1. */
const gatelet_event *gatelet_batch_events(gatelet_batch *batch, size_t *count);

/** Event number `index` of a batch, from 0: no counting of bytes, as gatelet_batch_events asks for.
 *  @return the event, NULL behind the last one and for a bad handle: `for (i = 0; (event = gatelet_batch_event(batch, i)); i++)`.
 *  It lives until gatelet_batch_free. Any thread, any callback. Since 0.1. */
const gatelet_event *gatelet_batch_event(gatelet_batch *batch, size_t index);

/** Ends a batch. NULL and stale handles are ignored. Any thread, any callback. Since 0.1. */
void gatelet_batch_free(gatelet_batch *batch);

/* ---------------------------------------------------------------- errors */

/** The status of an error; GATELET_ERR_HANDLE for a bad handle. Any thread, any callback. Since 0.1. */
gatelet_status gatelet_error_status(const gatelet_error *error);

/** One sentence in English; lives until gatelet_error_free. "" for a bad handle. Any thread, any callback. Since 0.1. */
const char *gatelet_error_message(const gatelet_error *error);

/** The error as JSON (docs/errors.md): status, kind, message, http_status, provider, model, code, provider_message,
 *  type, param, provider_body, response, retryable, retry_after_ms, request_id, attempts, callback_result, warnings; of requests of other surfaces
 *  `reply`, what a server of theirs answers (docs/surfaces.md). Lives until gatelet_error_free; "{}" for a bad handle. Any thread, any
 *  callback. Since 0.1. */
const char *gatelet_error_json(const gatelet_error *error);

/** Ends an error. NULL and stale handles are ignored. Any thread, any callback. Since 0.1. */
void gatelet_error_free(gatelet_error *error);

#ifdef __cplusplus
}
#endif

#endif /* GATELET_H */
