<?php
declare(strict_types=1);

// LLM providers for PHP, by its FFI. One thread: the queue is driven by its caller, and all streams advance while one of them is read.
namespace Gatelet;

final class Failure extends \RuntimeException
{
    public function __construct(public readonly int $status, public readonly string $kind, string $message, public readonly string $json)
    {
        parent::__construct($message === '' ? $kind : $message, $status);
    }
}

/** One piece of an answer, or its end: then `kind` is Event::END, and `status` is 0 or what went wrong. */
final class Event
{
    public const CHUNK = 1, END = 2, ANSWER = 3;

    public function __construct(public readonly int $kind, public readonly int $status, public readonly string $outcome,
                                public readonly string $json, public readonly string $text, public readonly string $reasoning) {}
}

final class Client
{
    public const CHAT = 1, CHAT_STREAM = 2, COMPLETION = 3, COMPLETION_STREAM = 4, EMBEDDINGS = 5, LIST_MODELS = 6;

    private const HEADER = <<<'C'
        typedef struct gatelet_client gatelet_client;
        typedef struct gatelet_error gatelet_error;
        typedef struct gatelet_queue gatelet_queue;
        typedef struct gatelet_batch gatelet_batch;
        typedef struct gatelet_event {
          uint32_t struct_size; int32_t kind; int32_t status; int32_t reserved; uint64_t tag;
          const char *json; size_t json_len; const char *text; size_t text_len;
          const char *reasoning; size_t reasoning_len; const char *name; size_t name_len;
        } gatelet_event;
        const char *gatelet_status_name(int32_t status);
        int32_t gatelet_init(const char *config_json, gatelet_client **client, gatelet_error **error);
        void gatelet_free(gatelet_client *client);
        int32_t gatelet_queue_new(const char *options_json, gatelet_queue **queue, gatelet_error **error);
        int32_t gatelet_queue_submit(gatelet_queue *queue, gatelet_client *client, int32_t operation, const char *request_json,
                                     const char *options_json, uint64_t tag, gatelet_error **error);
        int32_t gatelet_queue_next(gatelet_queue *queue, size_t max_events, int32_t timeout_ms, gatelet_batch **batch, gatelet_error **error);
        int32_t gatelet_queue_cancel(gatelet_queue *queue, uint64_t tag, gatelet_error **error);
        void gatelet_queue_free(gatelet_queue *queue);
        const gatelet_event *gatelet_batch_event(gatelet_batch *batch, size_t index);
        void gatelet_batch_free(gatelet_batch *batch);
        const char *gatelet_error_message(const gatelet_error *error);
        const char *gatelet_error_json(const gatelet_error *error);
        void gatelet_error_free(gatelet_error *error);
        C;

    private \FFI $lib;
    private \FFI\CData $client, $queue, $batch, $error;
    private int $lastTag = 0;
    /** @var array<int, Event[]> what was read of the requests that are open, by tag */
    private array $open = [];

    /** $config: an array (docs/configuration.md); null: defaults and environment only. */
    public function __construct(?array $config = null, string $library = 'libgatelet.so.0')
    {
        $this->lib = \FFI::cdef(self::HEADER, $library);
        foreach (['client', 'queue', 'batch', 'error'] as $name) $this->$name = $this->lib->new("gatelet_$name *");
        $this->check($this->lib->gatelet_init($config === null ? null : json_encode($config), \FFI::addr($this->client), \FFI::addr($this->error)));
        $this->check($this->lib->gatelet_queue_new('{"driver": "caller"}', \FFI::addr($this->queue), \FFI::addr($this->error)));
    }

    public function __destruct()
    {
        $this->lib->gatelet_queue_free($this->queue); // NULL, where the constructor failed, is ignored
        $this->lib->gatelet_free($this->client);
    }

    /** A request that does not stream: its answer. */
    public function call(int $operation, array $request): array
    {
        $answer = [];
        foreach ($this->stream($request, $operation) as $event) {
            if ($event->kind === Event::ANSWER) $answer = json_decode($event->json, true);
        }
        return $answer;
    }

    /** The events of one request. Leaving the loop cancels it; a failure is thrown. @return \Generator<Event> */
    public function stream(array $request, int $operation = self::CHAT_STREAM): \Generator
    {
        foreach ($this->streams([$request], $operation) as $event) {
            if ($event->kind !== Event::END) yield $event;
            elseif ($event->status !== 0) throw new Failure($event->status, $event->outcome, '', $event->json);
        }
    }

    /**
     * Many requests at once: the events of all of them as they come, each with the key of its request. Sending false to the generator cancels
     * the request whose event came last; leaving the loop cancels all.
     * @return \Generator<array-key, Event>
     */
    public function streams(array $requests, int $operation = self::CHAT_STREAM): \Generator
    {
        $keys = [];
        try {
            foreach ($requests as $key => $request) {
                $tag = ++$this->lastTag;
                $this->check($this->lib->gatelet_queue_submit($this->queue, $this->client, $operation, json_encode($request), null, $tag, \FFI::addr($this->error)));
                $keys[$tag] = $key;
                $this->open[$tag] = [];
            }
            while ($keys) {
                $this->drive($keys);
                foreach ($keys as $tag => $key) {
                    foreach ($this->take($tag) as $event) {
                        if ($event->kind === Event::END) unset($keys[$tag], $this->open[$tag]);
                        if ((yield $key => $event) === false) $this->lib->gatelet_queue_cancel($this->queue, $tag, null);
                    }
                }
            }
        } finally {
            foreach ($keys as $tag => $_) {
                unset($this->open[$tag]);
                $this->lib->gatelet_queue_cancel($this->queue, $tag, null);
            }
            if ($keys) $this->read(0); // nothing moves between two calls: the connections are closed in here
        }
    }

    /** Has all transfers go on until there is something to read of one of these requests. */
    private function drive(array $tags): void
    {
        $waiting = fn() => array_filter(array_intersect_key($this->open, $tags));
        $this->read($waiting() ? 0 : 1000);
        while (!$waiting()) $this->read(1000);
    }

    private function read(int $timeout): void
    {
        $this->check($this->lib->gatelet_queue_next($this->queue, 0, $timeout, \FFI::addr($this->batch), \FFI::addr($this->error)));
        if (\FFI::isNull($this->batch)) return;
        for ($i = 0; ($event = $this->lib->gatelet_batch_event($this->batch, $i)) !== null; $i++) {
            if (isset($this->open[$event->tag])) $this->open[$event->tag][] = $this->event($event);
        }
        $this->lib->gatelet_batch_free($this->batch);
    }

    private function take(int $tag): array
    {
        $events = $this->open[$tag];
        $this->open[$tag] = [];
        return $events;
    }

    private function event(\FFI\CData $event): Event
    {
        return new Event($event->kind, $event->status, $this->lib->gatelet_status_name($event->status), \FFI::string($event->json, $event->json_len),
                         \FFI::string($event->text, $event->text_len), \FFI::string($event->reasoning, $event->reasoning_len));
    }

    private function check(int $status): void
    {
        if ($status === 0) return;
        $failure = new Failure($status, $this->lib->gatelet_status_name($status), $this->lib->gatelet_error_message($this->error),
                               $this->lib->gatelet_error_json($this->error));
        $this->lib->gatelet_error_free($this->error);
        throw $failure;
    }
}
