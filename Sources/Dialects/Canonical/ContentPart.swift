internal import Bytes
internal import JSON
internal import Model

/// A part of a message.
struct ContentPart {
    enum Kind {
        case text, image, audio, file, video
        /// Of a dialect's own: the part goes as it is to the one that has it.
        case other
    }

    let view: JSONView
    /// Its place in the content; -1 where that is one text.
    let index: Int
    let kind: Kind
    /// A string: the text, or what was refused in a message of the assistant.
    let text: JSONView?
    /// What stands under the part's own name: `image_url`, `input_audio`, `file`, `video_url`.
    let media: JSONView?
    let cacheControl: JSONView?

    init(text: JSONView, cacheControl: JSONView?) {
        view = text
        index = -1
        kind = .text
        self.text = text
        media = nil
        self.cacheControl = cacheControl
    }

    init(_ part: JSONView, index: Int) {
        view = part
        self.index = index
        cacheControl = part.filled("cache_control")
        let type = part["type"]
        var kind = Kind.other, text: JSONView?, media: JSONView?
        if part.isString {
            (kind, text) = (.text, part)
        } else if type?.says("text") ?? (part["text"] != nil) {
            (kind, text) = (.text, part["text"])
        } else if type?.says("refusal") ?? false {
            (kind, text) = (.text, part["refusal"])
        } else {
            func isNamed(_ word: StaticString) -> Bool { type?.says(word) ?? (part.filled(word) != nil) } // vLLM takes them without a type
            if isNamed("image_url") { (kind, media) = (.image, part.filled("image_url")) }
            if isNamed("input_audio") { (kind, media) = (.audio, part.filled("input_audio")) }
            if isNamed("file") { (kind, media) = (.file, part.filled("file")) }
            if isNamed("video_url") { (kind, media) = (.video, part.filled("video_url")) }
        }
        self.kind = kind
        self.text = text.flatMap { $0.isString ? $0 : nil }
        self.media = media
    }

    /// What is said of a document beside its bytes is left out.
    func leaveOutRemarks(_ path: String, _ warnings: RequestWarnings) {
        for name: StaticString in ["citations", "context"] {
            guard let remark = view.filled(name), remark["enabled"]?.bool != false else { continue }
            warnings.add(.dropped, concat(path, ".", String(name)), "this provider has no word for it")
        }
    }

    /// Where its bytes are; nil for a text, and where nothing tells.
    var source: MediaSource? {
        guard let media else { return nil }
        switch kind {
        case .image, .video: return (media.isString ? media : media.filled("url")).flatMap { MediaSource(url: $0) }
        case .audio:
            guard let data = media.filled("data"), data.isString else { return nil }
            return MediaSource(url: data, type: concat("audio/", media["format"]?.string(upTo: 32) ?? "wav"))
        case .file:
            if let id = media.filled("file_id"), id.isString { return .file(id.inside) }
            return media.filled("file_data").flatMap { MediaSource(url: $0, type: "application/pdf") }
        case .text, .other: return nil
        }
    }
}

/// Where the bytes of an image, a file, a sound or a video are. Texts are as they are written, with their escapes.
enum MediaSource {
    /// `type`: its media type in lower case, as "image/png".
    case base64(type: String, data: UnsafeRawBufferPointer)
    /// Any other data URL: percent-encoded text behind the comma.
    case text(type: String, UnsafeRawBufferPointer)
    case url(UnsafeRawBufferPointer)
    /// What the provider calls it.
    case file(UnsafeRawBufferPointer)

    /// `type`: of what is base64 without the head of a data URL; nil: then it is a URL. nil: it is no text.
    init?(url: JSONView, type: String? = nil) {
        guard url.isString else { return nil }
        let text = url.inside
        if let data = MediaSource(data: text) {
            self = data
        } else if let type, !text.starts("http://"), !text.starts("https://"), !text.starts("http:\\/\\/"), !text.starts("https:\\/\\/") {
            self = .base64(type: type, data: text)
        } else {
            self = .url(text)
        }
    }

    /// data:[<type>][;name=value...][;base64],<data> (RFC 2397)
    private init?(data text: UnsafeRawBufferPointer) {
        guard text.starts("data:") else { return nil }
        let rest = text[ByteRange(5, text.count)]
        guard let comma = rest[ByteRange(0, min(rest.count, 1024))].find(",") else { return nil }
        let head = rest[ByteRange(0, comma)], data = rest[ByteRange(comma &+ 1, rest.count)]
        var words = Words(head, UInt8(ascii: ";")), isBase64 = false
        let first = words.next() ?? head
        while let word = words.next() { isBase64 = isBase64 || word.equals("base64") }
        let type = first.isEmpty ? "text/plain" : lowercased(decodedText(first, ByteRange(0, first.count)))
        self = isBase64 ? .base64(type: type, data: data) : .text(type: type, data)
    }
}

extension UnsafeRawBufferPointer {
    func starts(_ text: StaticString) -> Bool { self[ByteRange(0, text.utf8CodeUnitCount)].equals(text) }
}
