package import Bytes
internal import Model

/// A request of another surface in OpenAI's chat form, and what of it could not be said there.
package final class TranslatedRequest {
    package struct Dropped: Sendable {
        /// The member of the request.
        package let path: String
        package let message: String
    }

    package private(set) var body: ByteBuffer
    /// What only a provider that speaks as the caller does can obey: a member of the request; nil: any can.
    package private(set) var nativeOnly: String?
    /// What others are not told.
    package private(set) var dropped: [Dropped] = []
    /// It can go as it is to a provider that speaks as the caller does.
    package internal(set) var mayPass = true
    /// Members of the answer that say again what the request said, each with a comma before it.
    let echo = ByteBuffer()
    /// The caller asks for a summary of the thoughts, and for the probabilities of tokens.
    var wantsSummary = false, wantsLogprobs = false

    /// Where each message of the chat stands in the request.
    private var origins: [Origin] = []
    private let surface: Surface

    enum Origin {
        /// An element of its list.
        case item(Int)
        case member(StaticString)
    }

    init(limit: Int, of surface: Surface) {
        body = ByteBuffer(limit: limit)
        self.surface = surface
    }

    /// The next message of the chat is made of this.
    func begins(_ origin: Origin) { origins.append(origin) }

    /// A text in which the first path of a message is the caller's: `messages[3].content[0]` may be `input[2].content[0]`.
    package func renamed(_ text: String) -> String {
        let octets = text.octets, mark: StaticString = "messages["
        guard let at = octets.withUnsafeBytes({ $0.find(mark) }) else { return text }
        var end = at &+ mark.utf8CodeUnitCount, number = 0
        while end < octets.count, number < origins.count, octets[end] >= UInt8(ascii: "0"), octets[end] <= UInt8(ascii: "9") {
            number = number &* 10 &+ Int(octets[end] & 15)
            end &+= 1
        }
        guard end < octets.count, octets[end] == Ascii.closeBracket, number < origins.count else { return text }
        var rest = Array(octets[(end &+ 1)...])
        let path: String = switch (origins[number], surface) {
        case (.member(let name), _): String(name)
        case (.item(let index), .messages): concat("messages.", String(decimal: index))
        case (.item(let index), _): concat("input[", String(decimal: index), "]")
        }
        if surface == .messages { rest = TranslatedRequest.dotted(rest) }
        return concat(String(utf8: Array(octets[..<at])), path, String(utf8: rest))
    }

    /// Anthropic writes places with dots; only the path at the beginning is one.
    private static func dotted(_ text: [UInt8]) -> [UInt8] {
        var made: [UInt8] = [], isPath = true
        for byte in text {
            if byte == Ascii.space || byte == UInt8(ascii: "`") || byte == Ascii.colon { isPath = false }
            if isPath, byte == Ascii.closeBracket { continue }
            made.append(isPath && byte == Ascii.openBracket ? UInt8(ascii: ".") : byte)
        }
        return made
    }

    /// No other body will be written from it.
    package func letGo() { body = ByteBuffer() }

    func needsNative(_ path: String) { nativeOnly = nativeOnly ?? path }

    func drop(_ path: String, _ message: String) { dropped.append(Dropped(path: path, message: message)) }
}
