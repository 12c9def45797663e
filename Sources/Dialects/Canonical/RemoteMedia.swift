package import Bytes
internal import JSON
package import Model

/// Parts of messages that are no text.
package enum MediaKind: String, CaseIterable, Sendable { case image, audio, file, video }

/// A part of a message whose bytes are somewhere in the web.
package struct RemoteMedia {
    package let kind: MediaKind
    package let url: String
    /// Of what holds the URL, for messages: `messages[0].content[1].image_url.url`.
    package let path: String
    /// That string in the request, quotes included.
    fileprivate let range: ByteRange
    /// What a sound is said to be; nil: nothing says it.
    fileprivate let format: String?
    /// It is a file without a name.
    fileprivate let lacksName: Bool
}

/// What was fetched for one.
package final class FetchedMedia {
    package let type: String
    /// Base64.
    package let data: ByteBuffer

    package init(type: String, data: ByteBuffer) {
        self.type = type
        self.data = data
    }
}

/// Longer ones are nobody's.
private let longestURL = 8192

extension OutgoingRequest {
    /// What the provider does not read by itself, in the order of the request.
    package func remoteMedia() throws(Failure) -> [RemoteMedia] {
        guard let taken = provider.requests.mediaURLs, passthrough == nil, operation == .chat || operation == .chatStream || operation == .countTokens,
              bytes.find("\"http") != nil || bytes.find("\"HTTP") != nil, let messages = ChatRequest(self)[.messages] else { return [] }
        var found: [RemoteMedia] = [], index = 0
        for view in messages.elements {
            let message = ChatMessage(view, index: index)
            try message.forEachPart { part throws(Failure) in
                if let media = try remote(part, message), !takes(media, taken) { found.append(media) }
            }
            index &+= 1
        }
        return found
    }

    private func takes(_ media: RemoteMedia, _ taken: [String]) -> Bool {
        taken.contains { same($0, media.kind.rawValue) || isPattern($0, of: media.url) }
    }

    private func remote(_ part: ContentPart, _ message: ChatMessage) throws(Failure) -> RemoteMedia? {
        guard let kind = part.kind.media, let media = part.media else { return nil }
        let name = kind.member, value = media.isString ? media : media.filled(kind.source)
        guard let value, value.isString, beginsAsURL(value.inside), kind != .file || media.filled("file_id") == nil else { return nil }
        let path = concat(message.path(part), ".", media.isString ? String(name) : concat(String(name), ".", String(kind.source)))
        guard let url = value.string(upTo: longestURL) else { throw Failure(.json, concat("`", path, "` must have at most ", String(decimal: longestURL), " bytes")) }
        guard isWebURL(url) else { return nil }
        let range = value.range
        return RemoteMedia(kind: kind, url: url, path: path, range: range, format: media.filled("format")?.string(upTo: 32),
                           lacksName: kind == .file && media.isObject && media.filled("filename") == nil)
    }

    /// Puts what was fetched into the request. Where its bytes are from now on, which must outlive it.
    package mutating func inline(_ media: [RemoteMedia], _ caps: Caps, _ fetched: (RemoteMedia) throws(Failure) -> FetchedMedia) throws(Failure) -> ByteBuffer {
        let buffer = ByteBuffer(limit: caps.request)
        var out = MemberWriter(buffer), at = 0
        for one in media {
            let data = try fetched(one)
            out.raw(bytes[ByteRange(at, one.range.start)])
            try one.write(data, &out)
            at = one.range.end
        }
        out.raw(bytes[ByteRange(at, bytes.count)])
        if out.failed {
            if buffer.lacksMemory { throw Failure(.memory, "no memory for the request") }
            throw Failure(.tooLarge, concat("with what was fetched for it the request is over the cap of ", String(decimal: caps.request), " bytes (caps.request)"))
        }
        try take(buffer, caps)
        return buffer
    }

    /// Another form of the request.
    mutating func take(_ buffer: ByteBuffer, _ caps: Caps) throws(Failure) {
        var caps = caps
        caps.request = .max
        let isTranslated = view.isTranslated
        view = try readRequest(buffer.bytes, operation: operation, caps: caps)
        view.isTranslated = isTranslated
        bytes = buffer.bytes
    }
}

extension RemoteMedia {
    /// The value in the place of the URL, and a member behind it that a provider may want.
    fileprivate func write(_ media: FetchedMedia, _ out: inout MemberWriter) throws(Failure) {
        out.raw("\"")
        if kind != .audio {
            out.raw("data:")
            out.raw(media.type)
            out.raw(";base64,")
        }
        out.raw(media.data.bytes)
        out.raw("\"")
        media.data.keepAlive()
        if kind == .audio { try writeFormat(formatWord(of: media.type), &out) }
        if lacksName {
            out.raw(",\"filename\":")
            out.string(fileName)
        }
    }

    private func writeFormat(_ found: String, _ out: inout MemberWriter) throws(Failure) {
        guard let format else {
            out.raw(",\"format\":")
            return out.string(found)
        }
        if !same(formatWord(of: concat("audio/", lowercased(format))), found) {
            throw Failure(.badRequest, concat("`", path, "`: what was fetched is ", concat(found, ", and `format` says ", format)))
        }
    }

    /// The end of the path, as far as it is plain.
    private var fileName: String {
        var name: [UInt8] = []
        for byte in url.octets.prefix(while: { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }) {
            switch byte {
            case UInt8(ascii: "/"): name.removeAll()
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                 UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): name.append(byte)
            default: break
            }
        }
        return name.isEmpty ? "file" : String(utf8: name.suffix(100))
    }
}

extension MediaKind {
    /// What holds a part of this kind, and the URL in it.
    fileprivate var member: StaticString {
        switch self {
        case .image: "image_url"
        case .audio: "input_audio"
        case .file: "file"
        case .video: "video_url"
        }
    }

    fileprivate var source: StaticString {
        switch self {
        case .image, .video: "url"
        case .audio: "data"
        case .file: "file_data"
        }
    }
}

extension ContentPart.Kind {
    fileprivate var media: MediaKind? {
        switch self {
        case .image: .image
        case .audio: .audio
        case .file: .file
        case .video: .video
        case .text, .other: nil
        }
    }
}

/// In a hurry: nothing else than a URL begins so.
private func beginsAsURL(_ text: UnsafeRawBufferPointer) -> Bool { text.byte(at: 0) | 0x20 == UInt8(ascii: "h") && text.byte(at: 3) | 0x20 == UInt8(ascii: "p") }

private func isWebURL(_ url: String) -> Bool {
    let start = lowercased(String(utf8: url.octets.prefix(8)))
    return start.bytes { $0.starts("https://") || $0.starts("http://") }
}

/// A pattern is whole, or ends with `*`.
private func isPattern(_ pattern: String, of url: String) -> Bool {
    let pattern = pattern.octets, url = url.octets
    return pattern.last == UInt8(ascii: "*") ? url.starts(with: pattern.dropLast()) : pattern == url
}
