internal import Bytes
internal import JSON
internal import Model

/// A content block of a message.
struct MessageBlock {
    /// Those that have a canonical form, or must be somewhere else.
    enum Kind { case text, image, document, searchResult, toolUse, toolResult, thinking, redactedThinking, other }

    let view: JSONView
    let type: Kind
    /// Among the blocks of its message, or of its tool result.
    let index: Int
    let place: Place

    init(_ view: JSONView, _ type: JSONView, index: Int, _ place: Place) {
        self.view = view
        self.index = index
        self.place = place
        self.type = type.says("text") ? .text : type.says("tool_use") ? .toolUse : type.says("tool_result") ? .toolResult
            : type.says("thinking") ? .thinking : type.says("redacted_thinking") ? .redactedThinking : type.says("image") ? .image
            : type.says("document") ? .document : type.says("search_result") ? .searchResult : .other
    }

    /// Text without anything beside it.
    var isPlainText: Bool { type == .text && view.filled("cache_control") == nil }

    /// OpenAI has a part for it.
    var hasCanonicalForm: Bool {
        switch type {
        case .text, .searchResult: true
        case .image: !hasSource("file")
        case .document: !hasSource("content")
        default: false
        }
    }

    func hasSource(_ type: StaticString) -> Bool { view["source"]?["type"]?.says(type) ?? false }
}

extension MessagesReader {
    /// A part of `content`.
    mutating func write(part: MessageBlock) throws(Failure) {
        let view = part.view, cacheControl = view["cache_control"]
        switch part.type {
        case .toolUse: throw part.place.failure("type", "tool_use belongs into an assistant's message")
        case .toolResult: throw part.place.failure("type", "tool_result belongs into a user's message")
        case _ where !part.hasCanonicalForm:
            out.separate()
            out.raw(view.raw)
        case .text: writeText(try part.place.text(view["text"], "text"), cacheControl: cacheControl)
        case .searchResult: writeSearchResult(view, cacheControl)
        default:
            guard let source = view["source"], source.isObject else { throw part.place.failure("source", "must be an object") }
            out.separate()
            out.open()
            if part.type == .image { try writeImage(source, part) } else { try writeDocument(source, part) }
            out.copy("cache_control", ifThere: cacheControl)
            out.close()
        }
    }

    mutating func writeImage(_ source: JSONView, _ part: MessageBlock) throws(Failure) {
        out.member("type", "image_url")
        out.name("image_url")
        out.open()
        out.name("url")
        try writeAddress(source, part)
        out.close()
    }

    /// What is said of a document beside its bytes goes with the part, for those who have a word for it.
    private mutating func writeDocument(_ source: JSONView, _ part: MessageBlock) throws(Failure) {
        out.member("type", "file")
        out.name("file")
        out.open()
        out.copy("filename", ifThere: part.view["title"])
        if part.hasSource("file") {
            out.member("file_id", try part.place.text(source["file_id"], "source.file_id"))
        } else if part.hasSource("text") {
            out.name("file_data")
            let data = try part.place.text(source["data"], "source.data")
            out.raw("\"data:text/plain;base64,")
            let text = ByteBuffer()
            out.check(appendDecodedJSON(data.inside, to: text) && appendBase64(text.bytes, to: out.buffer))
            text.keepAlive()
            out.raw("\"")
        } else {
            out.name("file_data")
            try writeAddress(source, part)
        }
        out.close()
        out.copy("context", ifThere: part.view["context"])
        out.copy("citations", ifThere: part.view["citations"])
    }

    private mutating func writeAddress(_ source: JSONView, _ part: MessageBlock) throws(Failure) {
        if part.hasSource("url") { return out.raw(try part.place.text(source["url"], "source.url").raw) }
        guard part.hasSource("base64") else { throw part.place.failure("source.type", part.type == .image ? "must be base64, url or file" : "must be base64, url, text, file or content") }
        let type = try part.place.text(source["media_type"], "source.media_type"), data = try part.place.text(source["data"], "source.data")
        out.raw("\"data:")
        out.raw(type.inside)
        out.raw(";base64,")
        out.raw(data.inside)
        out.raw("\"")
    }

    /// Others have no such block, but they can read it.
    private mutating func writeSearchResult(_ view: JSONView, _ cacheControl: JSONView?) {
        out.separate()
        out.open()
        out.member("type", "text")
        out.name("text")
        out.raw("\"")
        for line in [view["title"], view["source"]] {
            if let line, line.isString {
                out.raw(line.inside)
                out.raw("\\n")
            }
        }
        if let content = view["content"] {
            for block in content.elements {
                out.raw("\\n")
                if let text = block["text"] { out.raw(text.inside) }
            }
        }
        out.raw("\"")
        out.copy("cache_control", ifThere: cacheControl)
        out.close()
    }
}
