internal import Bytes

/// Text that may hold a key: messages, whatever a provider said, lines for the log. It cannot be read as it is: only a
/// `Redaction` makes a String of it, so no way out of the library can forget to ask one. It is cut there too, since a cut
/// before it could leave the greater part of a key, which nobody would recognise.
package struct UnredactedText: Sendable, ExpressibleByStringLiteral {
    struct Part: Sendable {
        var text: String
        /// Bytes of it that are shown.
        var most: Int
        /// Written by a provider, who may repeat what the user wrote: error objects show it, logs and hooks do not.
        var isForeign: Bool
    }

    private(set) var parts: [Part]

    package init(_ text: String) { parts = [Part(text: text, most: .max, isForeign: false)] }
    package init(stringLiteral text: String) { self.init(text) }

    /// What a provider wrote.
    package init(foreign text: String, most: Int) { parts = [Part(text: text, most: most, isForeign: true)] }

    /// With Gatelet's own words, which no provider wrote, said otherwise.
    package func renamed(_ renamed: (String) -> String) -> UnredactedText {
        var text = self
        for at in text.parts.indices where !text.parts[at].isForeign { text.parts[at].text = renamed(text.parts[at].text) }
        return text
    }

    package static func + (a: UnredactedText, b: UnredactedText) -> UnredactedText {
        var sum = a
        sum.parts.append(contentsOf: b.parts)
        return sum
    }
}

// Questions about a text tell nothing of it.
extension UnredactedText: Equatable {
    private var joined: [UInt8] {
        var bytes: [UInt8] = []
        for part in parts { bytes.append(contentsOf: part.text.octets) }
        return bytes
    }

    package static func == (a: UnredactedText, b: UnredactedText) -> Bool { a.joined == b.joined }

    package func contains(_ text: String) -> Bool {
        let all = joined, wanted = text.octets
        if wanted.count > all.count { return false }
        for start in 0...(all.count - wanted.count) where all[start...].starts(with: wanted) { return true }
        return false
    }

    /// It is the member of an object, or something in it: `messages`, `messages[0].content`.
    package func isMember(_ name: String) -> Bool {
        let all = joined, wanted = name.octets
        guard all.starts(with: wanted) else { return false }
        return all.count == wanted.count || all[wanted.count] == UInt8(ascii: ".") || all[wanted.count] == UInt8(ascii: "[")
    }

    package var isWord: Bool { Model.isWord(joined) }
}

/// `rate_limit_exceeded`, `1113`, `InvalidParameter.Length`: a sentence has blanks.
func isWord(_ bytes: [UInt8]) -> Bool {
    !bytes.isEmpty && bytes.count <= 64 && bytes.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
             UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "*"): true
        default: false
        }
    }
}
