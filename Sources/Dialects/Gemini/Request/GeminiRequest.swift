internal import Bytes
internal import JSON
internal import Model

/// Writes a canonical request as generateContent has it (https://ai.google.dev/api/generate-content, 2026-11).
final class GeminiRequestWriter {
    let request: OutgoingRequest
    let chat: ChatRequest
    let model: GeminiModel
    var out: MemberWriter
    /// Names of the functions that were called so far, by the ids of the calls: results name the function, which only their calls know.
    private var functions: [JSONView] = []
    private let callIDs = TextIndex()
    /// The content that is open, what was written before it, and how much that is up to its parts.
    private var isModel: Bool?
    private var beforeContent: (out: MemberWriter, count: Int, parts: Int)?
    private var hasContents = false
    /// Members of Gemini's own that were written: one bit for each.
    private var written = 0

    private var isCount: Bool { request.operation == .countTokens }

    /// The Gemini API counts a request that is named as one, Vertex, whose addresses name a publisher, parts that stand by themselves
    /// (https://ai.google.dev/api/tokens, https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.publishers.models/countTokens, 2026-11).
    var isPlainCount: Bool { isCount && request.provider.access.baseURL.octets.withUnsafeBytes { $0.find("/publishers/") != nil } }

    init(_ request: OutgoingRequest, _ buffer: ByteBuffer) {
        self.request = request
        chat = ChatRequest(request)
        model = GeminiModel(request.model)
        out = MemberWriter(buffer)
    }

    func write() throws(Failure) {
        out.open()
        let isInner = isCount && !isPlainCount
        if isInner {
            out.name("generateContentRequest")
            out.open()
            out.member("model", geminiName(of: request.model))
        }
        try writeContents()
        try writeTools()
        try writeGeneration()
        // The name of a member: within a text its quotes are escaped. At the top it is dropped as others are.
        if request.bytes.find("\"cache_control\"") != nil { drop("cache_control", "Gemini caches prompts by itself") }
        if !isPlainCount { try writeOthers() }
        if isInner { out.close() }
        out.close()
        if out.failed { throw noRoom("the request", out.buffer, cap: "caps.request") }
    }

    func note(call id: UnsafeRawBufferPointer, of function: JSONView) {
        callIDs[id] = functions.count
        functions.append(function)
    }

    /// The function of the last call with this id.
    func function(ofCall id: UnsafeRawBufferPointer) -> JSONView? { callIDs[id].map { functions[$0] } }

    func drop(_ path: String, _ why: String = "Gemini has nothing like it") { request.warnings.add(.dropped, path, why) }

    // MARK: - Contents

    private func writeContents() throws(Failure) {
        let leading = try writeSystem()
        out.name("contents")
        out.open("[")
        try chat.forEachMessage { (message: ChatMessage) throws(Failure) in
            if message.index >= leading { try self.write(message) }
        }
        if let text = request.prefill { writePrefill(text) }
        closeContent()
        // It refuses a request without contents, and takes an empty text.
        if !hasContents { out.raw("{\"role\":\"user\",\"parts\":[{\"text\":\"\"}]}") }
        out.close("]")
    }

    /// What the system says at the beginning. How many messages that are. Where nobody else speaks, its words are the user's: there must be contents.
    private func writeSystem() throws(Failure) -> Int {
        let (leading, isAll) = chat.leadingSystem
        if model.lacksSystem || isAll { return 0 }
        var isEmpty = true
        try chat.forEachMessage { (message: ChatMessage) throws(Failure) in
            if message.index >= leading { return }
            try message.forEachPart { (part: ContentPart) throws(Failure) in
                if part.kind == .text, part.text?.inside.isEmpty ?? true { return }
                if isEmpty {
                    self.out.name("systemInstruction")
                    self.out.open()
                    self.out.name("parts")
                    self.out.open("[")
                    isEmpty = false
                }
                try self.write(part, of: message)
            }
        }
        if !isEmpty {
            out.close("]")
            out.close()
        }
        return leading
    }

    /// The next parts are of one role: neighbours of the same are one content.
    func open(model isModel: Bool) {
        if self.isModel == isModel { return }
        closeContent()
        self.isModel = isModel
        let before = (out, out.buffer.count)
        out.separate()
        out.open()
        out.member("role", isModel ? "model" : "user")
        out.name("parts")
        out.open("[")
        beforeContent = (before.0, before.1, out.buffer.count)
    }

    /// One without parts would be refused, and says nothing.
    private func closeContent() {
        guard isModel != nil, let before = beforeContent else { return }
        isModel = nil
        if out.buffer.count == before.parts {
            let failed = out.failed
            out = before.out
            out.check(!failed)
            return out.buffer.removeLast(out.buffer.count &- before.count)
        }
        hasContents = true
        out.close("]")
        out.close()
    }

    private func write(_ message: ChatMessage) throws(Failure) {
        switch message.role {
        case .user, .system, .unknown: // of the system only what comes later: in its place
            open(model: false)
            try message.forEachPart { (part: ContentPart) throws(Failure) in try self.write(part, of: message) }
        case .assistant:
            open(model: true)
            try GeminiTurnWriter(message, self).write()
        case .tool:
            open(model: false)
            try writeResult(message)
        }
    }

    private func writePrefill(_ text: UnsafeRawBufferPointer) {
        open(model: true)
        out.separate()
        out.open()
        out.name("text")
        out.check(appendJSONString(text, to: out.buffer))
        out.close()
    }

    // MARK: - Everything else

    private func writeOthers() throws(Failure) {
        try chat.forEachMember { (name: ByteRange, known: KnownMember, value: JSONView) throws(Failure) in
            let word = self.chat.bytes[name]
            switch known {
            case .other: try self.writeOther(word, value)
            case .functions, .functionCall: throw Failure(.unsupported, concat("Gemini takes tools, not `", String(known.name), "`"))
            case .serviceTier: self.writeTier(value)
            case .parallelToolCalls: if value.bool == false { self.drop("parallel_tool_calls", "Gemini may call several tools at once") }
            case .logitBias, .prediction, .minP, .topA, .repetitionPenalty, .verbosity, .suffix, .bestOf: self.drop(String(known.name))
            default: break
            }
        }
    }

    private func writeTier(_ value: JSONView) {
        if value.says("auto") || value.says("default") { return }
        out.member("serviceTier", value)
    }

    /// Gemini's own members pass; those of nobody it would refuse.
    private func writeOther(_ word: UnsafeRawBufferPointer, _ value: JSONView) throws(Failure) {
        for (number, own): (Int, StaticString) in [(0, "safetySettings"), (1, "cachedContent"), (2, "labels")] where isGemini(word, own) {
            if written & 1 << number != 0 { return drop(decodedText(word, ByteRange(0, word.count)), "it is there in both spellings") }
            written |= 1 << number
            out.separate()
            return writeNative(member: word, value)
        }
        for handled: StaticString in ["generationConfig", "toolConfig", "audio", "modalities", "extra_body", "transforms", "include_reasoning"]
        where isGemini(word, handled) { return }
        drop(decodedText(word, ByteRange(0, word.count)))
    }

    /// A value of Gemini's own, in the spelling of its documents.
    func writeNative(_ value: JSONView) {
        if !contains(value.raw, UInt8(ascii: "_")) { return out.raw(value.raw) }
        if value.isArray {
            out.open("[")
            for element in value.elements {
                out.separate()
                writeNative(element)
            }
            return out.close("]")
        }
        guard value.isObject else { return out.raw(value.raw) }
        out.open()
        for (name, member) in value.members {
            let word = value.bytes[name]
            out.separate()
            writeNative(member: word, member)
        }
        out.close()
    }

    /// Names in it are the caller's.
    func isCallers(_ word: UnsafeRawBufferPointer) -> Bool {
        for name: StaticString in ["args", "response", "parametersJsonSchema", "responseJsonSchema", "properties", "labels", "default", "example", "enum"]
        where isGemini(word, name) { return true }
        return false
    }

    /// One member in two spellings.
    func isSameMember(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
        let first = ByteBuffer(), second = ByteBuffer()
        defer {
            first.keepAlive()
            second.keepAlive()
        }
        return appendCamel(one, to: first) && appendCamel(other, to: second) && sameBytes(first.bytes, second.bytes)
    }

    func writeCamel(_ word: UnsafeRawBufferPointer) { out.check(appendCamel(word, to: out.buffer)) }

    private func appendCamel(_ word: UnsafeRawBufferPointer, to buffer: ByteBuffer) -> Bool {
        var start = 0, at = 1
        while at &+ 1 < word.count {
            let next = word.byte(at: at &+ 1)
            if word.byte(at: at) == UInt8(ascii: "_"), next >= UInt8(ascii: "a"), next <= UInt8(ascii: "z") {
                guard buffer.append(word[ByteRange(start, at)]), buffer.append(next & ~0x20) else { return false }
                start = at &+ 2
                at = start
            } else {
                at &+= 1
            }
        }
        return buffer.append(word[ByteRange(start, word.count)])
    }
}
