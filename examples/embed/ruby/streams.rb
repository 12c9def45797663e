# Many streams, a thread for each, one of them left in the middle: ruby streams.rb [how many] [which to leave]
require_relative "gatelet"

count, left = (ARGV[0] || 100).to_i, (ARGV[1] || 42).to_i

def read(client, number, leave)
  text = +""
  client.stream({model: "openai/gpt-4o-mini", messages: [{role: "user", content: "stream #{number}"}]}) do |event|
    text << event.text
    return "#{number} cancelled #{text}" if leave && !text.empty?
  end
  "#{number} ok #{text}"
rescue Gatelet::Error => error
  "#{number} #{error.kind} #{text}"
end

Gatelet::Client.open do |client| # the environment decides who answers
  threads = count.times.map { |number| Thread.new { read(client, number, number == left) } }
  puts threads.map(&:value)
end
