internal import Bytes
internal import JSON
internal import Model

/// What users and tools say.
extension GeminiRequestWriter {
    func write(_ part: ContentPart, of message: ChatMessage) throws(Failure) {
        if part.kind == .text {
            if let text = part.text?.inside, text.count > 0 { write(text: text) }
            return
        }
        out.separate()
        if part.kind == .other { return try writeOwn(part, of: message) }
        out.open()
        try write(media: part, of: message)
        for (name, value) in part.view.members where isGemini(part.view.bytes[name], "videoMetadata") || isGemini(part.view.bytes[name], "mediaResolution") {
            out.name(isGemini(part.view.bytes[name], "videoMetadata") ? "videoMetadata" : "mediaResolution")
            writeNative(value)
        }
        out.close()
    }

    func write(text: UnsafeRawBufferPointer) {
        out.separate()
        out.open()
        out.member("text", body: text)
        out.close()
    }

    /// A part of Gemini's own, as it is.
    private func writeOwn(_ part: ContentPart, of message: ChatMessage) throws(Failure) {
        for (name, _) in part.view.members {
            for own: StaticString in ["inlineData", "fileData", "executableCode", "codeExecutionResult", "functionResponse"]
            where isGemini(part.view.bytes[name], own) { return writeNative(part.view) }
        }
        throw Failure(.unsupported, concat("`", message.path(part), "` is of a type that Gemini does not take: ", part.view["type"]?.string(upTo: 64) ?? "none"))
    }

    private func write(media part: ContentPart, of message: ChatMessage) throws(Failure) {
        guard let source = part.source else { throw Failure(.json, concat("`", message.path(part), "` has neither data nor a URL")) }
        switch source {
        case .base64(let type, let data):
            // Addresses of other schemes than the web's: gs://
            if data[ByteRange(0, min(data.count, 64))].find("://") != nil { return write(file: data, part.kind) }
            out.name("inlineData")
            out.open()
            out.member("mimeType", type)
            out.member("data", body: data)
            out.close()
        case .text(_, let text):
            let unescaped = ByteBuffer(), decoded = ByteBuffer()
            defer {
                unescaped.keepAlive()
                decoded.keepAlive()
            }
            out.check(appendDecodedJSON(text, to: unescaped) && appendPercentDecoded(unescaped.bytes, to: decoded))
            out.name("text")
            out.check(appendJSONString(decoded.bytes, to: out.buffer))
        case .url(let url), .file(let url): write(file: url, part.kind)
        }
    }

    private func write(file address: UnsafeRawBufferPointer, _ kind: ContentPart.Kind) {
        out.name("fileData")
        out.open()
        if let type = mediaType(of: address, kind) { out.member("mimeType", String(type)) }
        out.member("fileUri", body: address)
        out.close()
    }

    /// By the ending of its path, or what its kind mostly is. nil: Google knows its own files and videos.
    private func mediaType(of address: UnsafeRawBufferPointer, _ kind: ContentPart.Kind) -> StaticString? {
        var end = 0
        while end < address.count, address.byte(at: end) != UInt8(ascii: "?"), address.byte(at: end) != UInt8(ascii: "#") { end &+= 1 }
        var dot = end
        while dot > 0, end &- dot < 6, address.byte(at: dot &- 1) != UInt8(ascii: ".") { dot &-= 1 }
        let ending = lowercased(String(utf8: address[ByteRange(dot, end)]))
        for (name, type) in mediaTypes where ending.equals(name) { return type }
        let isKnown = address.find("googleapis.com/") != nil || address.find("youtu") != nil || address.find("://") == nil
        return isKnown || kind != .image ? nil : "image/jpeg"
    }

    // MARK: - Results of tools

    func writeResult(_ message: ChatMessage) throws(Failure) {
        let id = message.toolCallID?.inside
        guard let name = message.name ?? id.flatMap({ function(ofCall: $0) }), name.isString else {
            throw Failure(.json, concat("`", message.path("tool_call_id"), "` names no call before it, and Gemini wants the name of the function"))
        }
        out.separate()
        out.open()
        out.name("functionResponse")
        out.open()
        if let id { out.member("id", body: id) }
        out.member("name", name)
        let media = try writeResponse(message)
        if !media.isEmpty, model.isThird {
            out.name("parts")
            out.open("[")
            for part in media { try write(part, of: message) }
            out.close("]")
        }
        out.close()
        out.close()
        if !model.isThird { for part in media { try write(part, of: message) } }
    }

    /// An object that was answered is the response itself; other texts are its output (https://ai.google.dev/api/caching#FunctionResponse,
    /// 2026-11). What is no text is handed back.
    private func writeResponse(_ message: ChatMessage) throws(Failure) -> [ContentPart] {
        let text = ByteBuffer()
        defer { text.keepAlive() }
        var media: [ContentPart] = []
        message.forEachPart { part in
            if part.kind != .text { return media.append(part) }
            if let inside = part.text?.inside { self.out.check(appendDecodedJSON(inside, to: text)) }
        }
        out.name("response")
        let object = JSONView(document: text.bytes).flatMap { $0.isObject ? $0 : nil }
        if let object, !message.isError {
            out.raw(object.raw)
            return media
        }
        out.open()
        if text.count > 0 || media.isEmpty {
            out.name(message.isError ? "error" : "output")
            if let object { out.raw(object.raw) } else { out.check(appendJSONString(text.bytes, to: out.buffer)) }
        }
        out.close()
        return media
    }
}

/// https://ai.google.dev/gemini-api/docs/image-understanding, .../audio, .../video-understanding, .../document-processing, 2026-11.
private let mediaTypes: [(ending: StaticString, type: StaticString)] = [
    ("png", "image/png"), ("jpg", "image/jpeg"), ("jpeg", "image/jpeg"), ("webp", "image/webp"), ("heic", "image/heic"), ("heif", "image/heif"),
    ("gif", "image/gif"), ("pdf", "application/pdf"), ("txt", "text/plain"), ("html", "text/html"), ("csv", "text/csv"), ("md", "text/md"),
    ("wav", "audio/wav"), ("mp3", "audio/mp3"), ("aiff", "audio/aiff"), ("aac", "audio/aac"), ("ogg", "audio/ogg"), ("flac", "audio/flac"),
    ("mp4", "video/mp4"), ("mpeg", "video/mpeg"), ("mpg", "video/mpg"), ("mov", "video/mov"), ("avi", "video/avi"), ("webm", "video/webm"),
    ("wmv", "video/wmv"), ("3gp", "video/3gpp"), ("json", "application/json"),
]
