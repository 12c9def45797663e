internal import Bytes
internal import CShims
internal import JSON
internal import Model

/// Reads generateContent's answers: the events of a stream, each of which is a whole answer with the next parts, or the one of a blocking call.
final class GeminiStreamReader: StreamReader {
    private let chunks: ChunkWriter
    private let depth: Int
    private let longestEvent: Int
    private var candidates: [GeminiCandidate] = []
    /// An error that is told otherwise than as one, and an event that was repaired.
    private let problem = ByteBuffer()
    private let repaired = ByteBuffer()
    /// What answers that name no model are said to be of.
    private let model: String
    /// All of the answer comes in one document.
    private let isWhole: Bool
    /// What was asked, so that answers without an id get another one in each turn of a conversation.
    private let asked: UInt64
    /// Texts are kept for citations, which tell their places by bytes.
    private let mayCite: Bool

    /// More candidates than these are not read.
    private static let mostCandidates = 64

    /// `request`: the body that was sent; a conversation grows at its end.
    init(_ chunks: ChunkWriter, to request: UnsafeRawBufferPointer, depth: Int, longestEvent: Int, model: String, mayCite: Bool, isWhole: Bool = false) {
        asked = fnv1a(request[ByteRange(max(0, request.count &- 1 << 16), request.count)], from: fnvSeed ^ UInt64(truncatingIfNeeded: request.count))
        self.chunks = chunks
        self.depth = depth
        self.longestEvent = longestEvent
        self.model = model
        self.mayCite = mayCite
        self.isWhole = isWhole
    }

    func read(_ data: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer, _ take: (ChunkView, UnsafeRawBufferPointer) -> Bool) -> StreamSign {
        if name.equals("error") { return .error(data) }
        switch data.byte(at: 0) {
        case 0 where data.isEmpty, Ascii.colon: return .read // a keep-alive
        case Ascii.openBracket where data.starts("[DONE]"): return .end // of relays
        default: break
        }
        do throws(JSONFault) {
            return try document(data, take)
        } catch {
            if error.kind == .depth { return .tooDeep }
            guard error.kind == .utf8 || error.kind == .nul, repair(data) else { return .notJSON(data, offset: error.offset) }
        }
        do throws(JSONFault) { return try document(repaired.bytes, take) } catch { return error.kind == .depth ? .tooDeep : .notJSON(data, offset: error.offset) }
    }

    func isWhole(_ data: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer) -> Bool {
        name.equals("error") || JSONView(document: data, depthLimit: depth) != nil
    }

    /// Ends the candidates of a whole answer that say no reason: generated images come so.
    func finish(_ take: ChunkWriter.Take) {
        for (index, candidate) in candidates.enumerated() where candidate.isOpen {
            _ = chunks.finish(candidate.calls > 0 ? "tool_calls" : "stop", choice: index, take)
        }
    }

    private func repair(_ data: UnsafeRawBufferPointer) -> Bool {
        repaired.removeAll()
        return data.count <= longestEvent && repairJSON(data, into: repaired, keepingEdges: !isWhole)
    }

    private func document(_ data: UnsafeRawBufferPointer, _ take: ChunkWriter.Take) throws(JSONFault) -> StreamSign {
        var cursor = JSONCursor(data, depthLimit: depth)
        let range = try cursor.value()
        try cursor.finish()
        if cursor.sawLoneSurrogate, !isRepaired(data) {
            guard repair(data) else { throw JSONFault(.utf8, 0) }
            return try document(repaired.bytes, take)
        }
        chunks.hasLoneSurrogate = cursor.sawLoneSurrogate
        let root = JSONView(valid: data, range)
        guard root.isArray else { return answer(root, take) }
        for element in root.elements { // one error in a list, or several events in one
            guard case .read = answer(element, take) else { return answerSign }
        }
        return .read
    }

    private func isRepaired(_ data: UnsafeRawBufferPointer) -> Bool { data.baseAddress == repaired.bytes.baseAddress }

    /// What the last answer was.
    private var answerSign = StreamSign.read

    private func answer(_ root: JSONView, _ take: ChunkWriter.Take) -> StreamSign {
        let parts = GeminiAnswerParts(root)
        answerSign = sign(of: parts, root, take)
        return answerSign
    }

    private func sign(of parts: GeminiAnswerParts, _ root: JSONView, _ take: ChunkWriter.Take) -> StreamSign {
        if parts.isError || parts.isStrange && isErrorDocument(root) { return .error(root.raw) }
        if !chunks.hasBegun { begin(parts, root.raw) }
        guard let listed = parts.candidates else {
            if let reason = parts.blocked { return blocked(reason, parts, take) }
            if parts.isStrange { return sign(chunks.event(root.raw, take)) }
            return sign(parts.usage.map { usage($0, take) } ?? true)
        }
        var position = 0, hasFinished = false
        for candidate in listed.elements {
            let index = min(max(candidate["index"]?.int ?? position, 0), GeminiStreamReader.mostCandidates - 1)
            while candidates.count <= index { candidates.append(GeminiCandidate(longestText: mayCite ? longestEvent : 0)) }
            guard candidates[index].read(candidate, index, position == 0 ? parts.others : [], root, chunks, take) else { return sign(false) }
            hasFinished = hasFinished || !candidates[index].isOpen
            position &+= 1
        }
        // It is repeated and grows with each event: the last word counts.
        if let told = parts.usage, hasFinished || position == 0 || isWhole, !usage(told, take) { return sign(false) }
        return .read
    }

    private func sign(_ goesOn: Bool) -> StreamSign { chunks.sign(goesOn) }

    private func begin(_ parts: GeminiAnswerParts, _ bytes: UnsafeRawBufferPointer) {
        let own = ByteBuffer(), named = ByteBuffer()
        defer {
            own.keepAlive()
            named.keepAlive()
        }
        _ = model.bytes { appendJSONBody($0, to: named) }
        if parts.id.isEmpty { _ = own.append(concat("gen-", String(decimal: Int(gl_unix_seconds())), "-", String(fnv1a(bytes, from: asked), radix: 16))) }
        chunks.begin(id: parts.id.isEmpty ? own.bytes : parts.id, model: parts.model ?? named.bytes)
    }

    private func usage(_ told: JSONView, _ take: ChunkWriter.Take) -> Bool {
        let searches = searches
        return chunks.usage(take) { GeminiUsage(told).write(&$0, searches: searches) }
    }

    /// What is paid for: each search that a model of generation 3 made, and an answer with searches of one before it
    /// (https://ai.google.dev/gemini-api/docs/google-search#pricing, 2026-11).
    private var searches: Int {
        let all = candidates.reduce(0) { $0 &+ $1.searches }
        return GeminiModel(model).isThird ? all : min(all, 1)
    }

    /// The prompt was refused: there is no answer, and the provider calls that none. What it counted is told in any case.
    private func blocked(_ reason: JSONView, _ parts: GeminiAnswerParts, _ take: ChunkWriter.Take) -> StreamSign {
        problem.removeAll()
        var out = MemberWriter(problem)
        out.open()
        out.name("error")
        out.open()
        out.member("code", "prompt_blocked")
        out.name("message")
        out.raw("\"the prompt was blocked: ")
        out.raw(reason.isString ? reason.inside : reason.raw)
        if let message = parts.feedback?.filled("blockReasonMessage"), message.isString {
            out.raw(" (")
            out.raw(message.inside)
            out.raw(")")
        }
        out.raw("\"")
        if let feedback = parts.feedback { out.member("promptFeedback", feedback) }
        out.close()
        if let told = parts.usage {
            out.name("usage")
            out.open()
            GeminiUsage(told).write(&out)
            out.close()
            if !isWhole, !usage(told, take) { return sign(false) }
        }
        out.close()
        return .error(problem.bytes)
    }
}

/// The members of one answer.
struct GeminiAnswerParts {
    private(set) var candidates: JSONView?
    private(set) var usage: JSONView?
    private(set) var feedback: JSONView?
    /// Inside of strings; the id is empty where there is none.
    private(set) var id: UnsafeRawBufferPointer
    private(set) var model: UnsafeRawBufferPointer?
    private(set) var isError = false
    /// Members that nobody knows.
    private(set) var others: [(name: ByteRange, value: JSONView)] = []

    init(_ root: JSONView) {
        id = root.bytes[.none]
        for (name, value) in root.members where !value.isNull { read(root.bytes[name], name, value) }
    }

    private mutating func read(_ word: UnsafeRawBufferPointer, _ name: ByteRange, _ value: JSONView) {
        if isGemini(word, "candidates") {
            candidates = value.firstElement == nil ? nil : value
        } else if isGemini(word, "usageMetadata") {
            usage = value.isObject ? value : nil
        } else if isGemini(word, "modelVersion") {
            model = value.isString ? value.inside : nil
        } else if isGemini(word, "responseId") {
            id = value.inside
        } else if isGemini(word, "promptFeedback") {
            feedback = value
        } else if word.equals("error") {
            isError = isRealError(value)
        } else {
            others.append((name, value))
        }
    }

    /// Nothing of an answer is in it.
    var isStrange: Bool { candidates == nil && usage == nil && feedback == nil }

    /// Why the prompt was refused.
    var blocked: JSONView? { feedback?.filled("blockReason") ?? feedback?.filled("block_reason") }
}

/// Names are the same in camel case, which documents have, and in snake case.
func isGemini(_ word: UnsafeRawBufferPointer, _ name: StaticString) -> Bool {
    if word.equals(name) { return true }
    if word.count <= name.utf8CodeUnitCount || !contains(word, UInt8(ascii: "_")) { return false }
    var at = 0, isCapital = false
    for byte in word {
        if byte == UInt8(ascii: "_") {
            isCapital = true
            continue
        }
        guard at < name.utf8CodeUnitCount else { return false }
        let wanted = name.utf8Start[at]
        if wanted != (isCapital && byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") ? byte & ~0x20 : byte) { return false }
        isCapital = false
        at &+= 1
    }
    return at == name.utf8CodeUnitCount
}
