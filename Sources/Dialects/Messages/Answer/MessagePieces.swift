internal import Bytes
internal import JSON

/// The reasoning and the text of a message, and between them images and what only one provider has words for: in the order in which it came.
struct MessagePieces {
    private enum Piece {
        case detail(ReasoningDetail)
        case block(ProviderBlock)
        case image(JSONView)
    }

    private let message: ChatMessage
    /// Pages of the web that the text cites, where no provider's own citations do; its first piece has them. Other annotations are nothing that Anthropic cites.
    private var annotations: JSONView?
    /// By their places.
    private var pieces: [(index: Int, piece: Piece)] = []
    /// Scalars of the text that were written, and where the rest begins.
    private var written = 0, start = 0

    init(_ message: ChatMessage) {
        self.message = message
        var position = 0
        message.forEachDetail { detail in
            pieces.append((detail.place ?? position, .detail(detail)))
            position &+= 1
        }
        message.forEachBlock { block in
            if block.isAnthropic || block.length == nil && !block.isBeside { pieces.append((block.place, .block(block))) }
        }
        let isCited = pieces.contains { piece in if case .block(let block) = piece.piece { block.length != nil } else { false } }
        annotations = isCited ? nil : message.view["annotations"].flatMap { $0.firstElement != nil && $0.elements.allSatisfy { $0["url_citation"]?["url"]?.isString ?? false } ? $0 : nil }
        let drawn = DrawnPictures(message)
        for image in message.images where !drawn.has(image) {
            if let place = ChatMessage.place(of: image) { pieces.append((place, .image(image))) }
        }
        pieces.sort { $0.index < $1.index } // stable
    }

    mutating func write(_ out: inout MemberWriter) {
        var writer = MessageWriter(out)
        if !tellsReasoning, let reasoning = message.reasoning, reasoning.inside.count > 0 { writer.writeThinking(reasoning.inside) }
        for piece in pieces { write(piece.piece, &writer) }
        writeRest(&writer)
        out = writer.out
    }

    /// Its details have texts, which `reasoning` only says again.
    private var tellsReasoning: Bool {
        pieces.contains { piece in if case .detail(let detail) = piece.piece { detail.text?.inside.count ?? 0 > 0 } else { false } }
    }

    private mutating func write(_ piece: Piece, _ writer: inout MessageWriter) {
        switch piece {
        case .detail(let detail):
            if let at = detail.view["at"]?.int { writeText(upTo: at, &writer) }
            writer.write(detail)
        case .block(let block):
            writeText(upTo: block.at, &writer)
            if let length = block.length { return writeText(upTo: block.at &+ max(0, length), citations: block.block.filled("citations"), &writer) }
            if let picture = block.picture { return writer.writeDrawn(block, picture) }
            if !block.isAnthropic { return writer.writeForeign(block) }
            writer.out.separate()
            writer.out.raw(block.block.raw)
        case .image(let image):
            if let at = image["at"]?.int { writeText(upTo: at, &writer) }
            writer.write(image: image)
        }
    }

    private var rest: UnsafeRawBufferPointer { text[ByteRange(start, text.count)] }
    private var text: UnsafeRawBufferPointer { message.content?.inside ?? message.view.bytes[.none] }

    private mutating func writeText(upTo at: Int, citations: JSONView? = nil, _ writer: inout MessageWriter) {
        if at <= written { return }
        let end = start &+ offset(ofScalar: at &- written, in: rest)
        write(text[ByteRange(start, end)], citations, &writer)
        (written, start) = (at, end)
    }

    private mutating func write(_ text: UnsafeRawBufferPointer, _ citations: JSONView?, _ writer: inout MessageWriter) {
        writer.writeText(text, citations: citations ?? annotations)
        if text.count > 0 { annotations = nil }
    }

    private mutating func writeRest(_ writer: inout MessageWriter) {
        if let list = message.content, list.isArray {
            var parts: [(UnsafeRawBufferPointer, Bool)] = []
            _ = ContentParts(list.raw) { text, isThinking in
                parts.append((text, isThinking))
                return true
            }.walk()
            for (text, isThinking) in parts { if isThinking { writer.writeThinking(text) } else { writer.writeText(text) } }
            return
        }
        write(rest, nil, &writer)
    }
}

extension MessageWriter {
    /// Reasoning without a signature.
    mutating func writeThinking(_ text: UnsafeRawBufferPointer) {
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        writeThinking(text) { out in ForeignReasoning.append("text", format: none, id: none, none, to: out) }
    }

    /// `signature`: writes it, escaped.
    private mutating func writeThinking(_ text: UnsafeRawBufferPointer, _ signature: (ByteBuffer) -> Bool) {
        out.separate()
        out.open()
        out.member("type", "thinking")
        out.name("thinking")
        out.escaped(text)
        out.name("signature")
        out.raw("\"")
        out.check(signature(out.buffer))
        out.raw("\"")
        out.close()
    }

    mutating func write(_ detail: ReasoningDetail) {
        switch detail.kind {
        case .text, .summary: writeThinking(detail.text?.inside ?? out.buffer.bytes[.none]) { out in detail.appendSignature(to: out) }
        case .encrypted: writeRedacted { out in detail.appendSignature(to: out) }
        case .other: break
        }
    }
}

extension ProviderBlock {
    var isAnthropic: Bool { isOf(BlockFormat.anthropic) }

    /// Another provider's, as the data of a redacted thinking block, escaped. Its place among that provider's blocks stands for the id.
    func appendData(to out: ByteBuffer) -> Bool {
        let json = ByteBuffer()
        defer { json.keepAlive() }
        return appendJSONBody(block.raw, to: json) && appendMark(json.bytes, to: out)
    }

    private func appendMark(_ json: UnsafeRawBufferPointer, to out: ByteBuffer) -> Bool {
        let place = ByteBuffer()
        defer { place.keepAlive() }
        return place.append(String(decimal: self.place)) && ForeignReasoning.append("block", format: format.inside, id: place.bytes, json, to: out)
    }

    /// What a tool of OpenAI's has drawn, base64.
    var picture: JSONView? {
        guard isOf(BlockFormat.responses), block["type"]?.says("image_generation_call") ?? false, let result = block.filled("result"), result.inside.count > 0 else { return nil }
        return result
    }

    /// The members of an image block. What OpenAI wants back beside the picture is one of them: clients keep what they do not know.
    func write(picture: JSONView, _ out: inout MemberWriter) {
        out.member("type", "image")
        out.name("source")
        out.open()
        out.member("type", "base64")
        out.member("media_type", concat("image/", block.filled("output_format")?.string(upTo: 16) ?? "png"))
        out.member("data", picture)
        out.close()
        let rest = ByteBuffer(), json = ByteBuffer()
        defer {
            rest.keepAlive()
            json.keepAlive()
        }
        var writer = MemberWriter(rest)
        writer.open()
        for (name, value) in block.members where !jsonName(block.bytes, name, is: "result") { writer.member(name, of: block, value) }
        writer.close()
        out.name("gatelet")
        out.raw("\"")
        out.check(!writer.failed && appendJSONBody(rest.bytes, to: json) && appendMark(json.bytes, to: out.buffer))
        out.raw("\"")
    }
}

extension ReasoningDetail {
    /// The signature of a thinking block or the data of a redacted one, escaped.
    func appendSignature(to out: ByteBuffer) -> Bool {
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        let own = (kind == .encrypted ? data : signature)?.inside ?? none
        if isAnthropic { return out.append(own) }
        return ForeignReasoning.append(kind == .summary ? "summary" : kind == .encrypted ? "encrypted" : "text", format: format?.inside ?? none, id: id?.inside ?? none, own, to: out)
    }
}
