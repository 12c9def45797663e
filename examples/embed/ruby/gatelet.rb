# LLM providers for Ruby, by the gem ffi: `client.stream(request) { |event| ... }`. A thread of the client waits for the queue's descriptor
# and hands events to the streams; whoever reads one waits as Ruby's queues do.
require "ffi"
require "io/wait"
require "json"

module Gatelet
  # The functions of gatelet.h that this file calls.
  module C
    extend FFI::Library
    ffi_lib ENV.fetch("GATELET_LIBRARY", "libgatelet.so.0")

    class Event < FFI::Struct
      layout :struct_size, :uint32, :kind, :int32, :status, :int32, :reserved, :int32, :tag, :uint64, :json, :pointer, :json_len, :size_t,
             :text, :pointer, :text_len, :size_t, :reasoning, :pointer, :reasoning_len, :size_t, :name, :pointer, :name_len, :size_t

      def string(member) = self[member].read_bytes(self[:"#{member}_len"]).force_encoding(Encoding::UTF_8)
    end

    attach_function :gatelet_status_name, [:int32], :string
    attach_function :gatelet_init, [:string, :pointer, :pointer], :int32
    attach_function :gatelet_free, [:pointer], :void, blocking: true
    attach_function :gatelet_queue_new, [:string, :pointer, :pointer], :int32
    attach_function :gatelet_queue_submit, [:pointer, :pointer, :int32, :string, :string, :uint64, :pointer], :int32
    attach_function :gatelet_queue_next, [:pointer, :size_t, :int32, :pointer, :pointer], :int32
    attach_function :gatelet_queue_fd, [:pointer], :int32
    attach_function :gatelet_queue_cancel, [:pointer, :uint64, :pointer], :int32
    attach_function :gatelet_queue_pause, [:pointer, :uint64, :pointer], :int32
    attach_function :gatelet_queue_resume, [:pointer, :uint64, :pointer], :int32
    attach_function :gatelet_queue_free, [:pointer], :void, blocking: true
    attach_function :gatelet_batch_event, [:pointer, :size_t], :pointer
    attach_function :gatelet_batch_free, [:pointer], :void
    attach_function :gatelet_error_message, [:pointer], :string
    attach_function :gatelet_error_json, [:pointer], :string
    attach_function :gatelet_error_free, [:pointer], :void

    # The status of a function whose last arguments are outputs; their pointers.
    def self.call(function, *arguments, outputs: 0)
      places = FFI::MemoryPointer.new(:pointer, outputs + 1)
      status = public_send(function, *arguments, *(0..outputs).map { |i| places + i * FFI::Pointer.size })
      pointers = places.read_array_of_pointer(outputs + 1)
      raise Error.of(status, pointers.last) unless status.zero?
      pointers.first
    end
  end

  # What went wrong; `json` has the whole story (docs/errors.md).
  class Error < StandardError
    attr_reader :status, :kind, :json

    def initialize(status, message = "", json = "{}")
      @status, @kind, @json = status, C.gatelet_status_name(status), json
      super(message.empty? ? @kind : message)
    end

    def self.of(status, details)
      new(status, C.gatelet_error_message(details).to_s, C.gatelet_error_json(details))
    ensure
      C.gatelet_error_free(details)
    end
  end

  Event = Struct.new(:kind, :json, :text, :reasoning, :name)
  CHUNK, END_OF_STREAM, ANSWER = 1, 2, 3
  CHAT, CHAT_STREAM, COMPLETION, COMPLETION_STREAM, EMBEDDINGS, LIST_MODELS = *1..6

  class Client
    # So many unread events pause a stream, and it goes on when they have been read: a slow reader has the provider wait.
    FULL = 256
    Request = Struct.new(:events, :paused)

    # config: a Hash (docs/configuration.md); nil: defaults and environment only. With a block the client is closed behind it.
    def self.open(config = nil)
      client = new(config)
      return client unless block_given?
      begin
        yield client
      ensure
        client.close
      end
    end

    def initialize(config = nil)
      @client = C.call(:gatelet_init, config && JSON.generate(config), outputs: 1)
      @queue = C.call(:gatelet_queue_new, nil, outputs: 1)
      @lock, @requests, @last_tag = Mutex.new, {}, 0
      @ready = IO.for_fd(C.gatelet_queue_fd(@queue), autoclose: false)
      @reader = Thread.new { read while @ready.wait_readable }
    end

    # The events of a request; leaving the block cancels it.
    def stream(request, operation = CHAT_STREAM, options = nil)
      return to_enum(:stream, request, operation, options) unless block_given?
      tag, it = submit(request, operation, options)
      while (event = it.events.pop).is_a?(Event)
        resume(tag, it) if it.paused && it.events.empty?
        yield event
      end
      raise event if event.is_a?(Error)
    ensure
      left = tag && @lock.synchronize { @requests.delete(tag) }
      C.gatelet_queue_cancel(@queue, tag, nil) if left
    end

    # A request that does not stream: its answer.
    def call(operation, request, options = nil)
      answer = nil
      stream(request, operation, options) { |event| answer = JSON.parse(event.json) if event.kind == ANSWER }
      answer
    end

    # Ends what is under way, with an error of the kind "closed".
    def close
      @reader.kill.join # it waits for a descriptor that goes with the queue
      C.gatelet_queue_free(@queue)
      C.gatelet_free(@client)
      @lock.synchronize { @requests.each_value { |it| it.events << Error.new(108) }.clear }
    end

    private

    def submit(request, operation, options)
      @lock.synchronize do # so that the request is known before its first event
        tag = @last_tag += 1
        C.call(:gatelet_queue_submit, @queue, @client, operation, JSON.generate(request), options && JSON.generate(options), tag)
        [tag, @requests[tag] = Request.new(Thread::Queue.new, false)]
      end
    end

    def read
      batch = C.call(:gatelet_queue_next, @queue, 0, 0, outputs: 1)
      return if batch.null?
      index = 0
      until (event = C.gatelet_batch_event(batch, index)).null?
        hand(C::Event.new(event))
        index += 1
      end
    ensure
      C.gatelet_batch_free(batch) # NULL is ignored
    end

    def hand(event)
      @lock.synchronize do
        tag, ended = event[:tag], event[:kind] == END_OF_STREAM
        it = ended ? @requests.delete(tag) : @requests[tag]
        return unless it
        if ended
          it.events << (event[:status].zero? ? nil : Error.new(event[:status], "", event.string(:json)))
        else
          it.events << Event.new(event[:kind], *%i[json text reasoning name].map { |member| event.string(member) })
          C.gatelet_queue_pause(@queue, tag, nil) if it.events.size >= FULL && !it.paused && it.paused = true
        end
      end
    end

    def resume(tag, it)
      @lock.synchronize do
        it.paused = false
        C.gatelet_queue_resume(@queue, tag, nil)
      end
    end
  end
end
