# What the example does not show: ruby check.rb ends with 0 when all of it holds.
require_relative "gatelet"

HELLO = {model: "openai/gpt-4o-mini", messages: [{role: "user", content: "hello"}]}.freeze

def check(what, holds)
  puts "#{holds ? "holds" : "does not hold"}: #{what}"
  exit 1 unless holds
end

def dev(settings, &) = Gatelet::Client.open({dev_mode: true, providers: {dev: settings}}, &)

def kind
  yield
  "ok"
rescue Gatelet::Error => error
  error.kind
end

dev({}) do |client|
  check "a chat is answered", client.call(Gatelet::CHAT, HELLO)["choices"][0]["message"]["content"].start_with?("You said: hello.")
  check "a bad operation is an error", kind { client.call(99, HELLO) } == "argument"
  check "without a block a stream is an enumerator", client.stream(HELLO).map(&:text).join.end_with?("network.")
end
check "a bad configuration is an error", kind { Gatelet::Client.new({unknown: 1}) } == "config"
check "what a provider refuses is an error", kind { dev({faults: 400}) { |client| client.call(Gatelet::CHAT, HELLO) } } == "bad_request"

dev({token_delay: 0}) do |client|
  chunks = 0
  many = {model: "openai/gpt-4o-mini", n: 4, prompt: [*"a".."h"]}
  client.stream(many, Gatelet::COMPLETION_STREAM) { sleep 0.2 if (chunks += 1) == 1 }
  check "a slow reader loses nothing: #{chunks} chunks", chunks > 512
end

threads = Thread.list.size
client = Gatelet::Client.open({dev_mode: true, providers: {dev: {faults: {stall_at_chunk: 3}}}})
reader = Thread.new { kind { client.stream(HELLO) { Thread.current[:begun] = true } } }
sleep 0.01 until reader[:begun]
client.close
check "closing ends a stream in its silence", reader.value == "closed"
check "no thread stays", Thread.list.size == threads
