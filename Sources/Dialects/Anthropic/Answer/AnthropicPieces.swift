internal import Bytes
internal import JSON
internal import Model

/// Makes chunks of a message, block by block, whether it comes as events or whole. Functions return whether more is wanted. Not thread-safe.
final class AnthropicPieces {
    typealias Take = ChunkWriter.Take

    let chunks: ChunkWriter
    private let longest: Int
    /// Blocks that have begun and not ended: mostly one.
    private var open: [AnthropicBlock] = []
    private static let mostOpen = 64
    /// A tool gives the answer: texts wait until it is called, and are no part of what it says.
    private let hasAnswerTool: Bool
    private var isAnswered = false
    private var asides: [AnthropicBlock] = []
    /// Tool calls so far; those that are the answer in a form that was asked for are none.
    private var calls = 0
    private let usage: AnthropicUsage
    /// Members of the message that have no place of their own.
    private let fields: MemberTable
    /// Why it ended, as JSON.
    private let reason = ByteBuffer()
    /// A block did not fit.
    private(set) var tooLarge = false

    /// `request`: as it was sent. `longest`: bytes of a block that is kept whole.
    init(_ chunks: ChunkWriter, to request: UnsafeRawBufferPointer, longest: Int) {
        hasAnswerTool = AnthropicFormat.hasAnswerTool(request)
        self.chunks = chunks
        self.longest = longest
        usage = AnthropicUsage(limit: longest)
        fields = MemberTable(AssemblyBudget(longest))
    }

    // MARK: - The message

    /// What is known when it begins.
    func begin(_ message: JSONView) {
        chunks.begin(id: message["id"]?.inside ?? message.bytes[.none], model: message["model"]?.inside ?? message.bytes[.none])
        note(message)
    }

    /// Usage and whatever else there is beside the blocks.
    func note(_ object: JSONView) {
        fields.startOver()
        for (name, value) in object.members where !value.isNull {
            let name = object.bytes[name]
            if name.equals("usage") {
                usage.add(value)
            } else if name.equals("stop_reason") {
                reason.removeAll()
                if !reason.append(value.raw) { reason.removeAll() }
            } else if !AnthropicPieces.isKnown(name) {
                fields.put(name, value.raw, .last)
            }
        }
    }

    private static func isKnown(_ name: UnsafeRawBufferPointer) -> Bool {
        for known: StaticString in ["id", "type", "role", "model", "content", "index", "delta", "message"] where name.equals(known) { return true }
        return false
    }

    /// What is known of usage before the end.
    func tellUsage(_ take: Take) -> Bool { !usage.isKnown || chunks.usageSoFar(take) { usage.write(&$0) } }

    /// The end, if anything told why.
    func finish(_ take: Take) -> Bool {
        guard sayAsides(take) else { return false }
        let text = JSONView(trusted: reason.bytes).inside, word = AnthropicStop.finish(text, calls: calls > 0)
        let done = reason.count == 0 || chunks.finish(word, native: reason.bytes, take, fields: fields.isEmpty ? nil : { out in
            out.check(self.fields.append(to: out.buffer, first: true))
        })
        return done && (!usage.isKnown || chunks.usage(take) { usage.write(&$0) })
    }

    // MARK: - Blocks

    /// A block begins, with as much of it as there is.
    func start(_ index: Int, _ view: JSONView, _ take: Take) -> Bool {
        guard open.count < AnthropicPieces.mostOpen else { return true }
        let isAside = hasAnswerTool && view["type"]?.says("text") ?? false
        let block = AnthropicBlock(index, view, at: chunks.length(of: 0), isAside: isAside, longest)
        open.removeAll { $0.index == index }
        open.append(block)
        switch block.kind {
        case .text: return text(block, view, take)
        case .thinking: return thinking(block, view["thinking"], take) && signature(block, view["signature"], take)
        case .redacted: return redacted(block, view, take)
        case .call: return call(block, view, take)
        case .answer: return answer(block, view, take)
        case .other: return true
        }
    }

    func block(_ index: Int) -> AnthropicBlock? { open.last { $0.index == index } }

    /// More of a block. nil: nobody knows what it is.
    func delta(_ index: Int, _ delta: JSONView, _ take: Take) -> Bool? {
        guard let block = block(index) else {
            // Whoever leaves the beginning of a block out means a text.
            return delta["type"]?.says("text_delta") ?? false ? delta["text"].map { chunks.content($0.inside, take) } : nil
        }
        switch block.kind {
        case .text:
            if let text = delta.filled("text") { return chunks.content(text.inside, take) }
            guard let citation = delta.filled("citation") else { return nil }
            block.add(citation)
            return true
        case .thinking:
            let text = delta.filled("thinking"), signature = delta.filled("signature")
            if text == nil, signature == nil { return nil }
            return thinking(block, text, take) && self.signature(block, signature, take)
        case .call, .answer:
            guard let piece = delta.filled("partial_json") else { return nil }
            if block.isComplete || piece.inside.count == 0 { return true }
            block.hasInput = true
            return block.kind == .call ? chunks.arguments(piece.inside, of: block.call, take) : chunks.content(piece.inside, take)
        case .redacted: return nil
        case .other:
            block.merge(delta)
            return true
        }
    }

    /// A block has ended.
    func stop(_ index: Int, _ take: Take) -> Bool {
        guard let place = open.lastIndex(where: { $0.index == index }) else { return true }
        let block = open.remove(at: place)
        switch block.kind {
        case .text: return block.hasCitations ? citations(block, take) : true
        case .call where !block.hasInput: return chunks.arguments(AnthropicPieces.nothing, of: block.call, take)
        case .answer where !block.hasInput: return chunks.content(AnthropicPieces.nothing, take)
        case .other where block.isAside:
            asides.append(block)
            return !isAnswered || sayAsides(take)
        case .other: return other(block, take)
        default: return true
        }
    }

    /// A block that is all there.
    func whole(_ index: Int, _ view: JSONView, _ take: Take) -> Bool { start(index, view, take) && stop(index, take) }

    private static var nothing: UnsafeRawBufferPointer {
        let empty: StaticString = "{}"
        return UnsafeRawBufferPointer(start: empty.utf8Start, count: empty.utf8CodeUnitCount)
    }

    private func text(_ block: AnthropicBlock, _ view: JSONView, _ take: Take) -> Bool {
        if let citations = view.filled("citations") {
            for citation in citations.elements { block.add(citation) }
        }
        return chunks.content(view["text"]?.inside ?? view.bytes[.none], take)
    }

    private func thinking(_ block: AnthropicBlock, _ text: JSONView?, _ take: Take) -> Bool {
        guard let body = text?.inside, body.count > 0 else { return true }
        if let detail = block.detail { return chunks.reasoning(body, detail: detail, take) }
        return begin(block, "reasoning.text", "text", body, take) { $0.member("reasoning", body: body) }
    }

    private func signature(_ block: AnthropicBlock, _ signature: JSONView?, _ take: Take) -> Bool {
        guard let signature, signature.inside.count > 0 else { return true }
        guard let detail = block.detail else { return begin(block, "reasoning.text", "signature", signature.inside, take) }
        return chunks.piece(of: "reasoning_details", take) {
            $0.member("type", "reasoning.text")
            $0.member("signature", signature)
            $0.member("index", detail)
        }
    }

    private func redacted(_ block: AnthropicBlock, _ view: JSONView, _ take: Take) -> Bool {
        view.filled("data").map { begin(block, "reasoning.encrypted", "data", $0.inside, take) } ?? true
    }

    /// The first of a block's thoughts. `name`: the member that `body` is of.
    private func begin(_ block: AnthropicBlock, _ type: StaticString, _ name: StaticString, _ body: UnsafeRawBufferPointer, _ take: Take,
                       beside: ChunkWriter.Members = { _ in }) -> Bool {
        block.detail = chunks.nextIndex(in: .reasoningDetails)
        return chunks.delta(take) {
            beside(&$0)
            $0.name("reasoning_details")
            $0.open("[{")
            $0.member("type", word: type)
            $0.member(name, body: body)
            $0.member("format", word: BlockFormat.anthropic)
            $0.member("place", block.index)
            if block.at > 0 { $0.member("at", block.at) }
            $0.member("index", block.detail ?? 0)
            $0.close("}]")
        }
    }

    private func call(_ block: AnthropicBlock, _ view: JSONView, _ take: Take) -> Bool {
        block.call = calls
        calls &+= 1
        let none = view.bytes[.none], input = view.filled("input").flatMap { isFilled($0) ? $0 : nil }
        if input != nil { block.complete() }
        return chunks.call(block.call, id: view["id"]?.inside ?? none, name: view["name"]?.inside ?? none, arguments: input?.raw, take) { out in
            var isFirst = true
            for (name, value) in view.members where !AnthropicBlock.isOfCall(view.bytes[name]) {
                if isFirst {
                    out.name("extra_content")
                    out.open()
                    out.name("anthropic")
                    out.open()
                }
                isFirst = false
                out.separate()
                out.raw(view.bytes[ByteRange(name.start &- 1, value.range.end)])
            }
            if !isFirst {
                out.close()
                out.close()
            }
        }
    }

    /// The tool that stands for the form of the answer: what it is called with is the content.
    private func answer(_ block: AnthropicBlock, _ view: JSONView, _ take: Take) -> Bool {
        isAnswered = true
        guard sayAsides(take) else { return false }
        guard let input = view.filled("input"), isFilled(input) else { return true }
        block.complete()
        let body = ByteBuffer()
        defer { body.keepAlive() }
        return appendJSONBody(input.raw, to: body) && chunks.content(body.bytes, take)
    }

    /// Texts that waited: beside an answer they are blocks of their own, without one they are what the model says.
    private func sayAsides(_ take: Take) -> Bool {
        let waiting = asides
        asides = []
        return waiting.allSatisfy { isAnswered ? other($0, take) : say($0, take) }
    }

    private func say(_ aside: AnthropicBlock, _ take: Take) -> Bool {
        let json = ByteBuffer()
        defer { json.keepAlive() }
        guard aside.append(to: json), fits(aside) else {
            tooLarge = true
            return false
        }
        let view = JSONView(trusted: json.bytes), block = AnthropicBlock(aside.index, view, at: chunks.length(of: 0), isAside: false, longest)
        return text(block, view, take) && (!block.hasCitations || citations(block, take))
    }

    /// Those of the web as annotations, and all of them as they came, beside the place of the text that they belong to.
    private func citations(_ block: AnthropicBlock, _ take: Take) -> Bool {
        let length = chunks.length(of: 0) &- block.at
        var any = false
        block.forEachCitation { any = any || $0.filled("url") != nil }
        let annotated = !any || chunks.delta(take) { out in
            out.name("annotations")
            out.open("[")
            block.forEachCitation { citation in
                guard let url = citation.filled("url") else { return }
                out.separate()
                out.open()
                out.member("type", "url_citation")
                out.name("url_citation")
                out.open()
                out.member("url", url)
                if let title = citation.filled("title") { out.member("title", title) }
                out.member("start_index", block.at)
                out.member("end_index", block.at &+ length)
                out.close()
                out.member("index", self.chunks.nextIndex(in: .annotations))
                out.close()
            }
            out.close("]")
        }
        return annotated && chunks.entry(of: .providerBlocks, take) {
            $0.member("format", word: BlockFormat.anthropic)
            $0.member("place", block.index)
            $0.member("at", block.at)
            $0.member("length", length)
            $0.name("block")
            $0.raw("{\"type\":\"text\",\"citations\":[")
            $0.check(block.appendCitations(to: $0.buffer))
            $0.raw("]}")
        } && fits(block)
    }

    private func other(_ block: AnthropicBlock, _ take: Take) -> Bool {
        let json = ByteBuffer()
        defer { json.keepAlive() }
        guard block.append(to: json) else {
            tooLarge = true
            return false
        }
        return fits(block) && chunks.block(json.bytes, place: block.index, BlockFormat.anthropic, take)
    }

    private func fits(_ block: AnthropicBlock) -> Bool {
        if block.isTooLarge { tooLarge = true }
        return !block.isTooLarge
    }
}
