internal import Bytes
internal import JSON

/// One candidate of an answer over the events of its stream.
struct GeminiCandidate {
    private enum Open { case nothing, text }

    private var grounding: GeminiGrounding
    var searches: Int { grounding.searches }

    /// `longestText`: bytes of text that are kept for citations.
    init(longestText: Int) { grounding = GeminiGrounding(longestText: longestText) }

    /// It has told no reason to end.
    private(set) var isOpen = true
    private var hasToldWord = false
    private(set) var calls = 0
    /// The place of the next part among those of the message: pieces of a text are one part, unless one is signed.
    private var next = 0
    private var open = Open.nothing
    /// Arguments of the last call, while more of them may come (`streamFunctionCallArguments`).
    private var pieces: PartialArguments?
    /// Some could not be put together.
    private var isBroken = false
    /// A sound has begun.
    private var hasSound = false

    /// `beside`: what nobody knows of the answer around it.
    mutating func read(_ candidate: JSONView, _ index: Int, _ beside: [(name: ByteRange, value: JSONView)], _ root: JSONView, _ chunks: ChunkWriter,
                       _ take: ChunkWriter.Take) -> Bool {
        var reason: JSONView?, sources: JSONView?, others = beside
        for (name, value) in candidate.members where !value.isNull {
            let word = candidate.bytes[name]
            if word.equals("content") {
                for part in (value["parts"] ?? value).elements where !read(GeminiPart(part), index, chunks, take) { return false }
            } else if isGemini(word, "finishReason") {
                reason = value
            } else if !word.equals("index") {
                others.append((name, value))
                if isGemini(word, "groundingMetadata") { sources = value }
            }
        }
        // Behind its text, wherever they stand in the event.
        if let sources, !grounding.cite(sources, index, chunks, take) { return false }
        let told = reason.map { GeminiFinish($0) }, finish = told.flatMap { $0.isUnspecified ? nil : $0 }
        // The word that says nothing is told once, where no other was.
        let isWord = finish != nil || isOpen && !hasToldWord && told?.isWord ?? false
        if !isWord, others.isEmpty { return true }
        if isWord { hasToldWord = true }
        if finish != nil { isOpen = false }
        let native = ByteBuffer()
        defer { native.keepAlive() }
        if isWord { told?.write(native) }
        if let finish, !finish.isCut, !close(index, chunks, take) { return false }
        let word = finish.map { isBroken ? GeminiFinish.malformedCall : $0.word(hasCalls: calls > 0) }
        let fields: ChunkWriter.Members = {
            for (name, value) in others {
                $0.separate()
                $0.raw(candidate.bytes[ByteRange(name.start &- 1, value.range.end)])
            }
        }
        return chunks.finish(word, native: isWord ? native.bytes : nil, choice: index, take, fields: others.isEmpty ? nil : fields)
    }

    private mutating func read(_ part: GeminiPart, _ choice: Int, _ chunks: ChunkWriter, _ take: ChunkWriter.Take) -> Bool {
        let at = chunks.length(of: choice)
        switch part.kind {
        case .text: return text(part, choice, chunks, take) && others(of: part, "text", at, choice, chunks, take)
        case .call:
            let goesOn = pieces != nil && part.value?.filled("name") == nil ? more(part, at, choice, chunks, take) : call(part, at, choice, chunks, take)
            return goesOn && others(of: part, "functionCall", at, choice, chunks, take)
        case .data: return data(part, choice, chunks, take) && others(of: part, "inlineData", at, choice, chunks, take)
        case .nothing:
            guard part.signature != nil else { return true }
            return text(part, choice, chunks, take)
        case .other:
            return chunks.block(part.view.raw, place: place(), BlockFormat.gemini, choice: choice, take)
        }
    }

    /// What nobody knows of a part whose content is told as what it is.
    private func others(of part: GeminiPart, _ kind: StaticString, _ at: Int, _ choice: Int, _ chunks: ChunkWriter, _ take: ChunkWriter.Take) -> Bool {
        part.others.isEmpty || beside(kind, at, choice, chunks, take) {
            $0.open()
            for member in part.others {
                $0.separate()
                $0.raw(part.view.bytes[member])
            }
            $0.close()
        }
    }

    private func beside(_ kind: StaticString, _ at: Int, _ choice: Int, _ chunks: ChunkWriter, _ take: ChunkWriter.Take, _ block: ChunkWriter.Members) -> Bool {
        chunks.entry(of: .providerBlocks, choice: choice, take) {
            $0.member("format", word: BlockFormat.gemini)
            $0.member("place", max(0, next &- 1))
            $0.member("at", at)
            $0.member("beside", word: kind)
            $0.name("block")
            block(&$0)
        }
    }

    /// The place of a part that stands for itself.
    private mutating func place() -> Int {
        open = .nothing
        next &+= 1
        return next &- 1
    }

    private mutating func text(_ part: GeminiPart, _ choice: Int, _ chunks: ChunkWriter, _ take: ChunkWriter.Take) -> Bool {
        let body = part.value?.inside ?? part.view.bytes[.none], start = chunks.length(of: choice)
        if part.isThought {
            if !chunks.reasoning(body, choice: choice, take) { return false }
        } else {
            grounding.add(body)
            if !chunks.content(body, choice: choice, take) { return false }
        }
        guard let signature = part.signature else {
            if part.isThought { // it need not go back, and so has no place
                open = .nothing
            } else if body.count > 0, open != .text {
                open = .text
                next &+= 1
            }
            return true
        }
        let place = place(), length = chunks.length(of: choice) &- start
        return chunks.entry(of: .reasoningDetails, choice: choice, take) {
            $0.member("type", part.isThought ? "reasoning.text" : "reasoning.encrypted")
            if part.isThought { $0.member("text", "") }
            $0.member(part.isThought ? "signature" : "data", signature)
            $0.member("format", word: BlockFormat.gemini)
            $0.member("place", place)
            if part.isThought { return }
            $0.member("at", start)
            $0.member("length", length)
        }
    }

    private mutating func call(_ part: GeminiPart, _ at: Int, _ choice: Int, _ chunks: ChunkWriter, _ take: ChunkWriter.Take) -> Bool {
        if !close(choice, chunks, take) { return false }
        let call = part.value, number = calls, none = part.view.bytes[.none]
        _ = place()
        calls &+= 1
        let invented = ByteBuffer()
        defer { invented.keepAlive() }
        var id = call?.filled("id")?.inside ?? none
        if id.isEmpty {
            // The answer's own id makes it one of its kind in the conversation.
            var out = MemberWriter(invented)
            out.raw("call_")
            out.raw(chunks.id)
            out.raw(String("_"))
            if choice > 0 { out.raw(String(decimal: choice) + "_") }
            out.raw(String(decimal: number))
            id = invented.bytes
        }
        let whole = call?.filled("args").flatMap { $0.isObject && isFilled($0) ? $0.raw : nil }, comesInPieces = whole == nil && (part.goesOn || part.pieces != nil)
        let arguments = comesInPieces ? none : whole ?? GeminiCandidate.noArguments
        let isTold = chunks.call(number, id: id, name: call?.filled("name")?.inside ?? none, arguments: arguments, choice: choice, take) {
            part.writeSignature(&$0)
        }
        if !comesInPieces || !isTold { return isTold }
        pieces = PartialArguments(call: number)
        return add(part, at, choice, chunks, take)
    }

    /// More of the last call.
    private mutating func more(_ part: GeminiPart, _ at: Int, _ choice: Int, _ chunks: ChunkWriter, _ take: ChunkWriter.Take) -> Bool {
        guard part.signature == nil || chunks.piece(of: "tool_calls", choice: choice, take, { out in
            out.member("index", max(0, self.calls &- 1))
            part.writeSignature(&out)
        }) else { return false }
        return add(part, at, choice, chunks, take)
    }

    /// Puts pieces of arguments together. Those that do not fit are told as they came, and the answer has failed.
    private mutating func add(_ part: GeminiPart, _ at: Int, _ choice: Int, _ chunks: ChunkWriter, _ take: ChunkWriter.Take) -> Bool {
        guard let pieces else { return true }
        let text = ByteBuffer()
        defer { text.keepAlive() }
        for piece in part.pieces?.elements ?? part.view.elements where !isBroken { isBroken = !pieces.add(piece, to: text) }
        if isBroken { return beside("functionCall", at, choice, chunks, take) { $0.raw(part.view.raw) } }
        guard tell(text, of: pieces, choice, chunks, take) else { return false }
        return part.goesOn || close(choice, chunks, take)
    }

    /// Ends the arguments that are open.
    private mutating func close(_ choice: Int, _ chunks: ChunkWriter, _ take: ChunkWriter.Take) -> Bool {
        guard let open = pieces else { return true }
        pieces = nil
        let text = ByteBuffer()
        defer { text.keepAlive() }
        return isBroken || open.close(text) && tell(text, of: open, choice, chunks, take)
    }

    private func tell(_ text: ByteBuffer, of pieces: PartialArguments, _ choice: Int, _ chunks: ChunkWriter, _ take: ChunkWriter.Take) -> Bool {
        let body = ByteBuffer()
        defer { body.keepAlive() }
        return appendJSONBody(text.bytes, to: body) && chunks.arguments(body.bytes, of: pieces.call, choice: choice, take)
    }

    private static var noArguments: UnsafeRawBufferPointer {
        let text: StaticString = "{}"
        return UnsafeRawBufferPointer(start: text.utf8Start, count: 2)
    }

    /// A picture or a sound that was made.
    private mutating func data(_ part: GeminiPart, _ choice: Int, _ chunks: ChunkWriter, _ take: ChunkWriter.Take) -> Bool {
        guard let (type, data) = part.media else { return true }
        if type.inside.starts("audio") {
            let isFirst = !hasSound
            hasSound = true
            return chunks.delta(choice: choice, take) {
                $0.name("audio")
                $0.open()
                $0.member("data", data)
                if isFirst {
                    $0.member("id", body: chunks.id)
                    $0.member("transcript", "")
                    $0.member("expires_at", 0)
                    $0.member("mime_type", type)
                }
                $0.close()
            }
        }
        let place = place(), at = chunks.length(of: choice)
        return chunks.entry(of: .images, choice: choice, take) {
            $0.member("type", "image_url")
            $0.name("image_url")
            $0.open()
            $0.name("url")
            $0.raw("\"data:")
            $0.raw(type.inside)
            $0.raw(";base64,")
            $0.raw(data.inside)
            $0.raw("\"")
            $0.close()
            $0.member("place", place)
            $0.member("at", at)
            part.writeSignature(&$0)
        }
    }
}

/// One part of a content.
struct GeminiPart {
    enum Kind { case nothing, text, call, data, other }

    let view: JSONView
    private(set) var kind = Kind.nothing
    private(set) var isThought = false
    private(set) var signature: JSONView?
    /// What stands under the name of its kind.
    private(set) var value: JSONView?
    /// Members that nobody knows, with their names.
    private(set) var others: [ByteRange] = []

    init(_ part: JSONView) {
        view = part
        for (name, value) in part.members where !value.isNull { read(part.bytes[name], name, value) }
        if isOther { kind = .other }
    }

    /// It is kept as it is: no content is in it but what nobody knows, or data that the model thought with, or that are no picture and no sound.
    private var isOther: Bool {
        switch kind {
        case .nothing: !others.isEmpty
        case .text: !others.isEmpty && value?.inside.isEmpty ?? true
        case .data: media == nil
        case .call, .other: false
        }
    }

    /// Of its arguments.
    var pieces: JSONView? { value?.filled("partialArgs") ?? value?.filled("partial_args") }
    /// A call of which more follows.
    var goesOn: Bool { (value?.filled("willContinue") ?? value?.filled("will_continue"))?.bool ?? false }

    /// The type and the data of a picture or a sound.
    var media: (type: JSONView, data: JSONView)? {
        guard !isThought, let type = value?.filled("mimeType") ?? value?.filled("mime_type"), let data = value?.filled("data"),
              type.isString, data.isString, type.inside.starts("image") || type.inside.starts("audio") else { return nil }
        return (type, data)
    }

    private mutating func read(_ word: UnsafeRawBufferPointer, _ name: ByteRange, _ value: JSONView) {
        if word.equals("text"), value.isString {
            set(.text, value)
        } else if word.equals("thought") {
            isThought = value.bool ?? false
        } else if isGemini(word, "thoughtSignature") {
            signature = value.isString && value.inside.count > 0 ? value : nil
        } else if isGemini(word, "functionCall") {
            set(.call, value)
        } else if isGemini(word, "inlineData") {
            set(.data, value)
        } else if !isGemini(word, "videoMetadata"), !isGemini(word, "partMetadata"), !isGemini(word, "mediaResolution") {
            others.append(ByteRange(name.start &- 1, value.range.end))
        }
    }

    private mutating func set(_ kind: Kind, _ value: JSONView) {
        if self.kind != .nothing { return self.kind = .other }
        self.kind = kind
        self.value = value
    }

    /// Where Google's own endpoint in OpenAI's dialect has it (https://ai.google.dev/gemini-api/docs/thought-signatures, 2026-11).
    func writeSignature(_ out: inout MemberWriter) {
        guard let signature else { return }
        out.name("extra_content")
        out.open("{\"google\":{")
        out.member("thought_signature", signature)
        out.close("}}")
    }
}
