/// What a usage counts. The first four are disjoint and make up the whole; the next are parts of those, and the last is
/// a count of its own.
package enum UsageKind: Int, Sendable, CaseIterable {
    case input, cacheRead, cacheWrite, output
    /// Part of the cache writes: those that are kept for an hour, and cost more.
    case cacheWriteHour
    /// Parts of the output.
    case reasoning, audioOutput, imageOutput
    /// Part of the input.
    case audioInput
    case webSearches

    package var name: StaticString {
        switch self {
        case .input: "input"
        case .cacheRead: "cache_read"
        case .cacheWrite: "cache_write"
        case .output: "output"
        case .cacheWriteHour: "cache_write_1h"
        case .reasoning: "reasoning"
        case .audioOutput: "audio_output"
        case .imageOutput: "image_output"
        case .audioInput: "audio_input"
        case .webSearches: "web_searches"
        }
    }
}

/// What is odd about a usage. The bits count as the words do.
package struct UsageFlags: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The numbers contradict each other; what could not be below zero became zero.
    package static let inconsistent = UsageFlags(rawValue: 1)
    /// The cached tokens came beside the prompt's, not among them.
    package static let exclusive = UsageFlags(rawValue: 2)
    /// The reasoning came beside the completion, not in it.
    package static let reasoningBeside = UsageFlags(rawValue: 4)
    /// Another model worked too, at a price of its own: not counted here.
    package static let otherModels = UsageFlags(rawValue: 8)
    /// The same tokens are told as read from the cache and as written to it: both are billed.
    package static let readAndWritten = UsageFlags(rawValue: 16)

    package static let words: [StaticString] = ["inconsistent", "cache_beside_prompt", "reasoning_beside_output", "other_models", "cache_read_and_written"]
}

/// Tokens by what they are billed as; what is not known is nil, never 0.
package struct Usage: Sendable {
    // Below 0: not known.
    private var input = -1, cacheRead = -1, cacheWrite = -1, output = -1
    private var cacheWriteHour = -1
    private var reasoning = -1, audioOutput = -1, imageOutput = -1
    private var audioInput = -1
    private var webSearches = -1
    /// As the provider told it, else the sum.
    package var total: Int?
    package var flags: UsageFlags = []

    package init() {}

    package subscript(kind: UsageKind) -> Int? {
        get {
            let count = self[stored: kind]
            return count < 0 ? nil : count
        }
        set { self[stored: kind] = newValue ?? -1 }
    }

    private subscript(stored kind: UsageKind) -> Int {
        get {
            switch kind {
            case .input: input
            case .cacheRead: cacheRead
            case .cacheWrite: cacheWrite
            case .output: output
            case .cacheWriteHour: cacheWriteHour
            case .reasoning: reasoning
            case .audioOutput: audioOutput
            case .imageOutput: imageOutput
            case .audioInput: audioInput
            case .webSearches: webSearches
            }
        }
        set {
            switch kind {
            case .input: input = newValue
            case .cacheRead: cacheRead = newValue
            case .cacheWrite: cacheWrite = newValue
            case .output: output = newValue
            case .cacheWriteHour: cacheWriteHour = newValue
            case .reasoning: reasoning = newValue
            case .audioOutput: audioOutput = newValue
            case .imageOutput: imageOutput = newValue
            case .audioInput: audioInput = newValue
            case .webSearches: webSearches = newValue
            }
        }
    }

    /// 0 where it is not known.
    package func count(_ kind: UsageKind) -> Int { self[kind] ?? 0 }

    /// Tokens of the prompt, cached or not.
    package var prompt: Int {
        let read = count(.cacheRead), written = count(.cacheWrite)
        return count(.input) &+ (flags.contains(.readAndWritten) ? max(read, written) : read &+ written)
    }

    /// What parts of one answer used together.
    package mutating func add(_ other: Usage) {
        for kind in UsageKind.allCases {
            guard let count = other[kind] else { continue }
            self[kind] = self.count(kind) &+ count
        }
        if let more = other.total { total = (total ?? 0) &+ more }
        flags.formUnion(other.flags)
    }
}

/// Where a cost comes from.
package enum CostSource: UInt8, Sendable {
    case unknown, reported, computed, estimated

    package var name: StaticString {
        switch self {
        case .unknown: "unknown"
        case .reported: "reported"
        case .computed: "computed"
        case .estimated: "estimated"
        }
    }
}
