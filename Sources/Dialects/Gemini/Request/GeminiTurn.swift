internal import Bytes
internal import JSON
internal import Model

/// Writes what the assistant said: its texts, calls, signatures and blocks in the order in which Gemini had them, where that is known.
final class GeminiTurnWriter {
    private enum Kind {
        case block
        /// Of a text: so many characters are signed; nil: as many as there are.
        case signature(length: Int?)
        case thought(signature: JSONView?)
        case image
    }

    private struct Item {
        /// Its place among the parts.
        let index: Int
        /// Characters of content before it, where that was told.
        let at: Int?
        let kind: Kind
        let value: JSONView
    }

    private let message: ChatMessage
    private let writer: GeminiRequestWriter
    private var items: [Item] = []
    private var calls: [ToolCall] = []
    private let callIDs = TextIndex()
    private var nextCall = 0
    /// Signatures of calls that OpenRouter's form has in `reasoning_details`, by the ids of the calls.
    private var signatures: [JSONView] = []
    private let signed = TextIndex()
    private var text: TextCursor

    init(_ message: ChatMessage, _ writer: GeminiRequestWriter) {
        self.message = message
        self.writer = writer
        text = TextCursor()
    }

    func write() throws(Failure) {
        try readParts()
        message.forEachCall { call in
            if let id = call.id { self.callIDs[id.inside] = self.calls.count }
            self.calls.append(call)
        }
        message.forEachDetail { self.read($0) }
        if message.view.filled("reasoning") == nil, let bare = message.bareThoughts { writer.drop(bare, "of another provider") }
        message.forEachBlock { block in
            if !block.isOf(BlockFormat.gemini) { return self.writer.drop(self.message.path("provider_blocks"), "of another provider") }
            if block.isBeside { return } // its part goes back as what it is
            self.items.append(Item(index: block.place, at: block.at, kind: .block, value: block.block))
        }
        for image in message.images { items.append(Item(index: ChatMessage.place(of: image) ?? .max, at: image["at"]?.int, kind: .image, value: image)) }
        items.sort { $0.index < $1.index } // stable
        // Where the text goes on behind each.
        var following = [Int?](repeating: nil, count: items.count), later: Int?
        for number in items.indices.reversed() {
            following[number] = later
            later = items[number].at ?? later
        }
        var next = 0
        for (number, item) in items.enumerated() {
            if let at = item.at, text.position < at {
                text.write(to: at, &writer.out)
                next &+= 1
            }
            while next < item.index, item.index < .max, nextCall < calls.count {
                try writeCall()
                next &+= 1
            }
            if item.index == .max { text.write(to: nil, &writer.out) }
            write(item, until: following[number])
            next = min(item.index, .max - 1) &+ 1
        }
        text.write(to: nil, &writer.out)
        while nextCall < calls.count { try writeCall() }
    }

    /// Parts that are no text stand before it.
    private func readParts() throws(Failure) {
        try message.forEachPart { (part: ContentPart) throws(Failure) in
            if part.kind != .text { return try self.writer.write(part, of: self.message) }
            if let inside = part.text?.inside, inside.count > 0 { self.text.pieces.append(inside) }
        }
        if let refusal = message.refusal, refusal.isString, refusal.inside.count > 0 { text.pieces.append(refusal.inside) }
    }

    /// Something in it says that Gemini said it.
    private lazy var isOwn: Bool = {
        var isOwn = calls.contains { $0.thoughtSignature != nil } || message.images.contains { $0.filled("extra_content")?.filled("google") != nil }
        message.forEachDetail { isOwn = isOwn || $0.isOf(BlockFormat.gemini) }
        message.forEachBlock { isOwn = isOwn || $0.isOf(BlockFormat.gemini) }
        return isOwn
    }()

    private func read(_ detail: ReasoningDetail) {
        if detail.isUnsigned {
            // Its own need not go back either.
            return isOwn ? () : writer.drop(message.path("reasoning_details"), "thoughts without a signature are not sent back")
        }
        guard detail.isOf(BlockFormat.gemini) else { return writer.drop(message.path("reasoning_details"), "of another provider") }
        if let id = detail.id, let data = detail.data, callIDs[id.inside] != nil {
            if signed[id.inside] == nil { signed[id.inside] = signatures.count }
            return signatures.append(data)
        }
        let at = detail.view["at"]?.int, length = detail.view["length"]?.int
        if detail.kind == .encrypted, let data = detail.data {
            items.append(Item(index: detail.place ?? 0, at: at, kind: .signature(length: length), value: data))
        } else if detail.kind == .text, let text = detail.text {
            items.append(Item(index: detail.place ?? 0, at: at, kind: .thought(signature: detail.signature), value: text))
        }
    }

    private func write(_ item: Item, until next: Int?) {
        switch item.kind {
        case .block:
            writer.out.separate()
            writer.writeNative(item.value)
        case .signature(let length):
            let end = length.map { text.position &+ max(0, $0) } ?? next
            writer.out.separate()
            writer.out.open()
            writer.out.name("text")
            writer.out.raw("\"")
            text.copy(to: end, &writer.out)
            writer.out.raw("\"")
            writer.out.member("thoughtSignature", item.value)
            writer.out.close()
        case .thought(let signature):
            writer.out.separate()
            writer.out.open()
            writer.out.member("text", item.value)
            writer.out.member("thought", raw: "true")
            if let signature { writer.out.member("thoughtSignature", signature) }
            writer.out.close()
        case .image: write(image: item.value)
        }
    }

    private func writeCall() throws(Failure) {
        let call = calls[nextCall], isFirst = nextCall == 0
        nextCall &+= 1
        guard let name = call.name, name.isString else { throw Failure(.json, concat("`", call.path, ".function.name` is missing")) }
        let id = call.id?.inside ?? call.view.bytes[.none]
        call.leaveOutOthers(but: "google", writer.request.warnings)
        writer.note(call: id, of: name)
        writer.out.separate()
        writer.out.open()
        writer.out.name("functionCall")
        writer.out.open()
        if id.count > 0 { writer.out.member("id", body: id) }
        writer.out.member("name", name)
        writer.out.name("args")
        try call.writeArguments(&writer.out, writer.request.warnings)
        writer.out.close()
        if let signature = call.thoughtSignature ?? signed[id].map({ signatures[$0] }) {
            writer.out.member("thoughtSignature", signature)
        } else if isFirst, writer.model.isThird, !calls.contains(where: { $0.thoughtSignature != nil }), signatures.isEmpty {
            // Of a call that another model made: https://ai.google.dev/gemini-api/docs/thought-signatures#faqs, 2026-11.
            writer.out.member("thoughtSignature", "skip_thought_signature_validator")
        }
        writer.out.close()
    }

    /// A picture that the model made.
    private func write(image: JSONView) {
        guard case .base64(let type, let data) = ContentPart(image, index: 0).source else { return }
        writer.out.separate()
        writer.out.open()
        writer.out.name("inlineData")
        writer.out.open()
        writer.out.member("mimeType", type)
        writer.out.member("data", body: data)
        writer.out.close()
        if let signature = image.filled("extra_content")?.filled("google")?.filled("thought_signature") { writer.out.member("thoughtSignature", signature) }
        writer.out.close()
    }
}

/// A text in pieces, bodies of JSON strings, that is written bit by bit.
private struct TextCursor {
    var pieces: [UnsafeRawBufferPointer] = []
    /// Characters that were written.
    private(set) var position = 0
    private var piece = 0, offset = 0

    /// Parts of the text up to a character; nil: all of it.
    mutating func write(to end: Int?, _ out: inout MemberWriter) {
        forEachBit(to: end, &out) { bit, out in
            out.separate()
            out.open()
            out.member("text", body: bit)
            out.close()
        }
    }

    /// Likewise, without anything around it.
    mutating func copy(to end: Int?, _ out: inout MemberWriter) { forEachBit(to: end, &out) { bit, out in out.raw(bit) } }

    private mutating func forEachBit(to end: Int?, _ out: inout MemberWriter, _ body: (UnsafeRawBufferPointer, inout MemberWriter) -> Void) {
        while piece < pieces.count {
            let rest = pieces[piece][ByteRange(offset, pieces[piece].count)], wanted = end.map { max(0, $0 &- position) }
            if wanted == 0, rest.count > 0 { return }
            let (bytes, characters) = prefix(of: rest, wanted)
            if bytes > 0 { body(rest[ByteRange(0, bytes)], &out) }
            position &+= characters
            offset &+= bytes
            if offset < pieces[piece].count { return }
            (piece, offset) = (piece &+ 1, 0)
        }
    }

    /// The bytes of so many characters at the beginning of a JSON string's body, and how many characters there are.
    private func prefix(of body: UnsafeRawBufferPointer, _ wanted: Int?) -> (bytes: Int, characters: Int) {
        guard let wanted else { return (body.count, 0) }
        var at = 0, count = 0
        while at < body.count, count < wanted {
            let byte = body.byte(at: at)
            if byte == Ascii.backslash {
                at &+= body.byte(at: at &+ 1) != UInt8(ascii: "u") ? 2 : isPair(body, at) ? 12 : 6
            } else {
                at &+= byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
            }
            count &+= 1
        }
        return (min(at, body.count), count)
    }

    private func isPair(_ body: UnsafeRawBufferPointer, _ at: Int) -> Bool {
        func half(_ at: Int, _ letters: StaticString) -> Bool {
            let third = body.byte(at: at &+ 3) | 0x20, first = body.byte(at: at &+ 2) | 0x20
            return body.byte(at: at) == Ascii.backslash && body.byte(at: at &+ 1) == UInt8(ascii: "u") && first == UInt8(ascii: "d")
                && UnsafeRawBufferPointer(start: letters.utf8Start, count: letters.utf8CodeUnitCount).contains(third)
        }
        return half(at, "89ab") && half(at &+ 6, "cdef")
    }
}
