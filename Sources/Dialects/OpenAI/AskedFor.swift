internal import Bytes
internal import JSON
package import Model

/// What the body of a request that was sent says about the answer it may get. Read when an answer needs it.
package struct AskedFor {
    let root: JSONView?
    private let operation: Operation

    /// `body`: as it was sent, JSON.
    package init(_ body: UnsafeRawBufferPointer, _ operation: Operation) {
        root = body.count > 0 ? JSONView(valid: body, ByteRange(0, body.count)) : nil
        self.operation = operation
    }

    private var isCompletion: Bool { operation == .completion || operation == .completionStream }

    /// How many choices: `n`, for each prompt of a text completion.
    package var choices: Int {
        let n = root?.first("n"), told = n?.int ?? n?.string.flatMap { Int($0) } ?? 1
        return min(max(told, 1), 4096) &* (isCompletion ? min(root?.first("prompt").map(texts) ?? 1, 4096) : 1)
    }

    /// The service tier; nil where the provider chooses.
    package var tier: ServedTier? {
        guard let tier = root?.first("service_tier").flatMap(servedTier), !tier.isUsual else { return nil }
        return tier
    }

    /// How many vectors; nil when it cannot be told.
    package var inputs: Int? { root?.first("input").map(texts) }

    /// A model may choose to say nothing: where it completes a text, or goes on with a message, or may be stopped at once.
    package var allowsSilence: Bool {
        if isCompletion { return true }
        guard let root else { return false }
        if let stop = root.first("stop"), isFilled(stop) { return true }
        var role: String?
        root.first("messages")?.forEachElement { role = $0["role"]?.string }
        return role?.equals("assistant") ?? false
    }

    /// A text, or numbers of tokens: one. Else as many as the list has.
    private func texts(_ value: JSONView) -> Int {
        guard let first = value.firstElement, !first.isNumber else { return 1 }
        var count = 0
        value.forEachElement { _ in count &+= 1 }
        return count
    }
}
