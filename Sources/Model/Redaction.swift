internal import Bytes

/// What is secret to a client, and the one way out for text: without it. `***` stands for a secret however it is spelled:
/// plainly, with the escapes of JSON, URLs or HTML, or in Base64 as a part of whatever was encoded. The beginning of one at
/// the end of a text that was cut counts too.
package struct Redaction: Sendable {
    /// Of the present configuration.
    private var secrets: [[UInt8]]
    /// Of those before it, the last ones: somebody may still repeat them.
    private let former: [[UInt8]]
    private var needles: Needles

    /// Nothing is secret yet, or any more.
    package static let none = Redaction(secrets: [])

    /// More former secrets than anybody can still have under way.
    private static let mostFormer = 256
    /// A shorter value would take words out of every sentence.
    private static let least = 4

    package init(secrets: [String], after previous: Redaction? = nil) {
        var present: [[UInt8]] = [], earlier: [[UInt8]] = []
        for secret in secrets {
            let bytes = secret.octets
            if bytes.count >= Redaction.least, !present.contains(bytes) { present.append(bytes) }
        }
        for secret in (previous?.secrets ?? []) + (previous?.former ?? []) where earlier.count < Redaction.mostFormer {
            if !present.contains(secret), !earlier.contains(secret) { earlier.append(secret) }
        }
        self.secrets = present
        former = earlier
        needles = Needles(present + earlier)
    }

    // MARK: the way out

    /// The whole of a text.
    package func text(_ text: UnredactedText) -> String {
        var result = ""
        for part in text.parts { result.append(cut(self.text(part.text), part.most)) }
        return result
    }

    /// One line without what providers wrote, as logs and hooks show it.
    package func line(_ text: UnredactedText) -> String {
        var result = ""
        for part in text.parts where !part.isForeign { result.append(cut(self.text(part.text), part.most)) }
        return oneLine(result)
    }

    /// A name for a log or a hook: no control characters.
    package func line(_ text: String) -> String { oneLine(self.text(text)) }

    /// The same, and these.
    package func adding(_ values: [String]) -> Redaction {
        if values.isEmpty { return self }
        var more = self
        for value in values where value.utf8.count >= Redaction.least { more.secrets.append(value.octets) }
        more.needles = Needles(more.secrets + former)
        return more
    }

    /// Text of the library's own making, or of the configuration.
    package func text(_ text: String) -> String {
        if needles.isEmpty { return text }
        return needles.replaced(text.octets).map { String(utf8: $0) } ?? text
    }

    /// Bytes of a provider's; nil: nothing in them is secret.
    package func bytes(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? { needles.isEmpty ? nil : needles.replaced(Array(bytes)) }

    /// Where secrets are in bytes of a provider's, in their order.
    package func forEachSecret(in bytes: UnsafeRawBufferPointer, _ body: (_ start: Int, _ end: Int) -> Void) {
        if !needles.isEmpty { needles.forEach(in: Array(bytes), body) }
    }

    /// The first bytes, not cut inside a character.
    private func cut(_ text: String, _ most: Int) -> String {
        if text.utf8.count <= most { return text }
        let bytes = text.octets
        var end = max(most, 0)
        while end > 0, bytes[end] & 0xC0 == 0x80 { end &-= 1 }
        return String(utf8: bytes[..<end])
    }
}

/// A blank in the place of each control character, and of those that break lines or turn the direction of writing.
private func oneLine(_ text: String) -> String {
    let bytes = text.octets
    if !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == 0xC2 || $0 == 0xE2 }) { return text } // mostly
    var out: [UInt8] = [], at = 0
    while at < bytes.count {
        let length = controlLength(bytes[at...])
        out.append(length > 0 ? 0x20 : bytes[at])
        at += max(length, 1)
    }
    return String(utf8: out)
}

/// Of a control character at the beginning; 0: there is none.
private func controlLength(_ bytes: ArraySlice<UInt8>) -> Int {
    guard let first = bytes.first else { return 0 }
    if first < 0x20 || first == 0x7F { return 1 }
    let next = bytes.dropFirst(), second = next.first ?? 0, third = next.dropFirst().first ?? 0
    if first == 0xC2, second >= 0x80, second <= 0x9F { return 2 }
    guard first == 0xE2 else { return 0 }
    let isBreak = second == 0x80 && third >= 0xA8 && third <= 0xAE, isTurn = second == 0x81 && third >= 0xA6 && third <= 0xA9
    return isBreak || isTurn ? 3 : 0
}
