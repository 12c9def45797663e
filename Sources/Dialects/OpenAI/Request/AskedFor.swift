internal import Bytes
internal import JSON
package import Model

/// What the body of a request that was sent says about the answer it may get.
package struct AskedFor {
    /// How many choices, for all prompts of a text completion together.
    package var choices = 1
    /// The service tier; nil where the provider chooses.
    package var tier: ServedTier?
    /// What else it asks for that tokens cost more for.
    package var words = ServedWords()
    /// How many vectors; nil when nobody can say.
    package var inputs: Int?
    /// What is not counted in tokens, or not in plain ones.
    package var pieces = AskedPieces()
}

extension AskedFor {
    private static let mostChoices = 4096

    /// `body`: as it was sent, JSON.
    package init(_ body: UnsafeRawBufferPointer, _ operation: Operation) {
        self.init()
        if body.count == 0 { return }
        var prompts = 1
        JSONView(valid: body, ByteRange(0, body.count)).forEachMember { name, value in
            if value.isNull { return }
            if jsonName(body, name, is: "n") {
                choices = min(max(value.int ?? value.string.flatMap { Int($0) } ?? 1, 1), AskedFor.mostChoices)
            } else if jsonName(body, name, is: "prompt") {
                prompts = texts(value)
            } else if jsonName(body, name, is: "input") || jsonName(body, name, is: "texts") { // Cohere's own
                inputs = texts(value)
            } else if jsonName(body, name, is: "service_tier") {
                tier = servedTier(value).flatMap { $0.isUsual ? nil : $0 }
            } else {
                pieces.read(body[name], value)
            }
        }
        if operation == .completion || operation == .completionStream { choices &*= min(prompts, AskedFor.mostChoices) }
    }
}

/// Whether a model may choose to say nothing: where it completes a text, or goes on with a message, or may be stopped at once.
func mayBeSilent(_ body: UnsafeRawBufferPointer, _ operation: Operation) -> Bool {
    if operation == .completion || operation == .completionStream { return true }
    if body.count == 0 { return false }
    let root = JSONView(valid: body, ByteRange(0, body.count))
    if let stop = root.first("stop") ?? root.first("stop_sequences"), isFilled(stop) { return true }
    var last: JSONView?
    root.first("messages")?.forEachElement { last = $0 }
    return last?["role"]?.string?.equals("assistant") ?? false
}

/// A text, or numbers of tokens: one. Else as many as the list has.
private func texts(_ value: JSONView) -> Int {
    guard let first = value.firstElement, !first.isNumber else { return 1 }
    var count = 0
    value.forEachElement { _ in count &+= 1 }
    return count
}
