package import Model

/// What became of a command.
package enum RedisOutcome {
    case reply(RedisReply)
    case failed(RedisFault)
}

/// Why there was no answer.
package struct RedisFault: Error {
    /// A sentence without its end; Redis's own words may be in it.
    package var text: UnredactedText
    package init(_ text: String) { self.text = UnredactedText(text) }
}

/// One of the link's scripts, to be run. Made by who asks, touched by the thread of the link alone once it was handed over.
package final class RedisCommand {
    let script: Int
    /// Number of keys, keys and arguments.
    let words: [RedisWord]
    private let answered: (RedisOutcome) -> Void
    var deadline: Int64 = 0
    /// How often it went out on a connection that broke.
    var losses = 0
    /// Redis does not know the script, or nobody could tell it: the source goes along.
    var sendsSource = false
    /// Another node said that this one has the keys.
    var wasMoved = false
    private var isOver = false

    /// `answered` is called once, on the thread of the link.
    package init(script: Int, keys: [RedisWord], _ arguments: [RedisWord], _ answered: @escaping (RedisOutcome) -> Void) {
        (self.script, self.answered) = (script, answered)
        words = [RedisWord(String(keys.count))] + keys + arguments
    }

    func end(_ outcome: RedisOutcome) {
        if isOver { return }
        isOver = true
        answered(outcome)
    }
}

/// Commands in the order in which they came.
struct RedisLine {
    private var items: [RedisCommand] = []
    private var head = 0

    var first: RedisCommand? { head < items.count ? items[head] : nil }

    mutating func append(_ command: RedisCommand) { items.append(command) }

    mutating func pop() -> RedisCommand? {
        guard let first else { return nil }
        head &+= 1
        if head >= 64, head &* 2 >= items.count {
            items.removeSubrange(..<head)
            head = 0
        }
        return first
    }

    mutating func putBack(_ command: RedisCommand) {
        if head > 0 {
            head &-= 1
            items[head] = command
        } else {
            items.insert(command, at: 0)
        }
    }

    mutating func removeAll() -> [RedisCommand] {
        defer { (items, head) = ([], 0) }
        return Array(items[head...])
    }
}
