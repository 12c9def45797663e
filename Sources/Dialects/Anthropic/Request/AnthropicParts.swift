internal import Bytes
internal import JSON
internal import Model

extension AnthropicWriter {
    /// A part of a user's message, or of a result, as a block.
    mutating func writePart(_ part: ContentPart, _ message: ChatMessage) throws(Failure) {
        switch part.kind {
        case .text:
            guard let text = part.text else { throw Failure(.json, concat("`", message.path(part), ".text` must be a string")) }
            writeTextBlock(text.inside, part.cacheControl)
        case .image, .file:
            guard let source = part.source else { throw Failure(.json, concat("`", message.path(part), "` does not tell where its bytes are")) }
            try writeMedia(part, source, message)
        case .audio, .video: throw Failure(.unsupported, concat("`", message.path(part), "`: Anthropic's models take ", part.kind == .audio ? "no audio" : "no video"))
        case .other:
            guard part.view.isObject else { throw Failure(.json, concat("`", message.path(part), "` is no part of a message")) }
            copy(part.view)
        }
    }

    private mutating func writeMedia(_ part: ContentPart, _ source: MediaSource, _ message: ChatMessage) throws(Failure) {
        var isImage = part.kind == .image
        if case .base64(let type, _) = source {
            if type.equals("application/pdf") { isImage = false }
            if type.hasImagePrefix { isImage = true }
        }
        out.open()
        out.member("type", isImage ? "image" : "document")
        out.name("source")
        try writeSource(source, isImage: isImage, concat("`", message.path(part), "`"))
        if !isImage {
            if let title = part.media?.filled("filename"), title.isString { out.member("title", title) }
            for name: StaticString in ["context", "citations"] {
                if let value = part.view.filled(name) { out.member(name, value) }
            }
        }
        mark(part.cacheControl)
        out.close()
    }

    /// https://docs.anthropic.com/en/docs/build-with-claude/vision and .../pdf-support, 2026-11
    private mutating func writeSource(_ source: MediaSource, isImage: Bool, _ path: String) throws(Failure) {
        out.open()
        switch source {
        case .url(let url):
            out.member("type", "url")
            out.member("url", body: url)
        case .file(let id):
            out.member("type", "file")
            out.member("file_id", body: id)
        case .base64(let type, let data):
            if isImage {
                guard let type = AnthropicWriter.imageType(type) else { throw Failure(.unsupported, concat(path, ": Anthropic takes images of JPEG, PNG, GIF and WebP, not ", type)) }
                writeBase64(type, data)
            } else if type.equals("application/pdf") {
                writeBase64(type, data)
            } else {
                let text = ByteBuffer()
                defer { text.keepAlive() }
                guard type.isText, appendDecodedBase64(data, to: text) else { throw Failure(.unsupported, concat(path, ": Anthropic takes PDF and text, not ", type)) }
                writePlain(text.bytes)
            }
        case .text(let type, let data):
            let text = ByteBuffer(), decoded = ByteBuffer()
            defer {
                text.keepAlive()
                decoded.keepAlive()
            }
            guard !isImage, type.isText, appendDecodedJSON(data, to: decoded), appendPercentDecoded(decoded.bytes, to: text) else {
                throw Failure(.unsupported, concat(path, ": only base64 and text can be in a data URL"))
            }
            writePlain(text.bytes)
        }
        out.close()
    }

    private mutating func writeBase64(_ type: String, _ data: UnsafeRawBufferPointer) {
        out.member("type", "base64")
        out.member("media_type", type)
        out.member("data", body: data)
    }

    private mutating func writePlain(_ text: UnsafeRawBufferPointer) {
        out.member("type", "text")
        out.member("media_type", "text/plain")
        out.name("data")
        out.check(appendJSONString(text, to: out.buffer))
    }

    private static func imageType(_ type: String) -> String? {
        if type.equals("image/jpg") { return "image/jpeg" }
        for known: StaticString in ["image/jpeg", "image/png", "image/gif", "image/webp"] where type.equals(known) { return type }
        return nil
    }
}

extension String {
    fileprivate var hasImagePrefix: Bool { bytes { $0.starts("image/") } }

    /// Text, whatever it is written in.
    fileprivate var isText: Bool {
        for known: StaticString in ["application/json", "application/xml", "application/yaml", "application/x-yaml", "application/javascript"] where equals(known) { return true }
        return bytes { $0.starts("text/") }
    }
}
