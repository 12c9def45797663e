internal import Bytes
internal import JSON
internal import Model

/// A delta that is more than a piece of text, written as events.
struct MessageDelta {
    private let view: JSONView
    private let message: ChatMessage

    init(_ view: JSONView) {
        self.view = view
        message = ChatMessage(view, index: 0)
    }

    /// False: nobody wants more, or there is no memory.
    func write(to stream: MessagesStream, _ emit: MessagesStream.Emit) -> Bool {
        guard writeReasoning(stream, emit), writeContent(stream, emit) else { return false }
        if let refusal = message.refusal, !stream.sayRefusal(refusal.inside, emit) { return false }
        if let blocks = message.providerBlocks {
            for view in blocks.elements {
                if let block = ProviderBlock(view), !(block.isAnthropic ? write(block, stream, emit) : write(foreign: block, stream, emit)) { return false }
            }
        }
        if let annotations = view.filled("annotations") {
            for annotation in annotations.elements where !writeCitation(annotation, stream, emit) { return false }
        }
        let drawn = DrawnPictures(message)
        for image in message.images where !drawn.has(image) && !writeImage(image, stream, emit) { return false }
        if message.hasBeside, !stream.sendBeside(emit, { self.message.writeBeside(&$0) }) { return false }
        if let list = message.toolCalls {
            for call in list.elements where !stream.take(call: call, emit) { return false }
        }
        return true
    }

    private func writeReasoning(_ stream: MessagesStream, _ emit: MessagesStream.Emit) -> Bool {
        var isTold = false
        if let details = message.reasoningDetails {
            for view in details.elements {
                let detail = ReasoningDetail(view)
                if detail.text?.inside.count ?? 0 > 0 { isTold = true }
                if !write(detail, stream, emit) { return false }
            }
        }
        guard !isTold, let reasoning = message.reasoning else { return true }
        return stream.say(.thinking, reasoning.inside, emit)
    }

    private func write(_ detail: ReasoningDetail, _ stream: MessagesStream, _ emit: MessagesStream.Emit) -> Bool {
        switch detail.kind {
        case .text, .summary:
            let text = detail.text?.inside ?? view.bytes[.none], hasSignature = detail.signature?.inside.count ?? 0 > 0
            if text.count == 0, !hasSignature { return true }
            if stream.open == .thinking, !stream.thinking.continues(with: detail), !stream.close(emit) { return false }
            guard stream.say(.thinking, text, emit) else { return false }
            if !hasSignature { return stream.open != .thinking || stream.thinking.note(detail) }
            guard stream.beginThinking(emit), stream.sendSignature(emit, { detail.appendSignature(to: $0) }) else { return false }
            stream.thinking.isSigned = true
            return stream.close(emit)
        case .encrypted: return sendRedacted(stream, emit) { out in detail.appendSignature(to: out) }
        case .other: return true
        }
    }

    private func writeContent(_ stream: MessagesStream, _ emit: MessagesStream.Emit) -> Bool {
        guard let content = message.content else { return true }
        if content.isString { return stream.say(.text, content.inside, emit) }
        guard content.isArray else { return true }
        var parts: [(UnsafeRawBufferPointer, Bool)] = []
        _ = ContentParts(content.raw) { text, isThinking in
            parts.append((text, isThinking))
            return true
        }.walk()
        return parts.allSatisfy { text, isThinking in stream.say(isThinking ? .thinking : .text, text, emit) }
    }

    /// The text that is cited for was sent before it.
    private func write(_ block: ProviderBlock, _ stream: MessagesStream, _ emit: MessagesStream.Emit) -> Bool {
        if block.length != nil {
            guard stream.open == .text, let citations = block.block.filled("citations") else { return true }
            return citations.elements.allSatisfy { citation in
                stream.sendDelta("citations_delta", emit) { out in out.member("citation", citation) }
            } && stream.close(emit)
        }
        return stream.sendWhole(emit) { out in
            for (name, value) in block.block.members {
                out.member(name, of: block.block, value)
            }
        }
    }

    /// What another provider wants back.
    private func write(foreign block: ProviderBlock, _ stream: MessagesStream, _ emit: MessagesStream.Emit) -> Bool {
        if let picture = block.picture { return stream.sendWhole(emit) { out in block.write(picture: picture, &out) } }
        return block.length != nil || block.isBeside || sendRedacted(stream, emit) { out in block.appendData(to: out) }
    }

    /// `data`: writes it, escaped.
    private func sendRedacted(_ stream: MessagesStream, _ emit: MessagesStream.Emit, _ data: (ByteBuffer) -> Bool) -> Bool {
        stream.sendWhole(emit) { out in
            out.member("type", "redacted_thinking")
            out.name("data")
            out.raw("\"")
            out.check(data(out.buffer))
            out.raw("\"")
        }
    }

    /// Of the text that is open; one that comes without any is of a text without words.
    private func writeCitation(_ annotation: JSONView, _ stream: MessagesStream, _ emit: MessagesStream.Emit) -> Bool {
        guard stream.open == .text, annotation.filled("url_citation")?["url"]?.isString ?? false else { return true }
        return stream.sendDelta("citations_delta", emit) { out in
            out.name("citation")
            var writer = MessageWriter(MemberWriter(out.buffer))
            writer.writeCitation(annotation)
            out.check(!writer.out.failed)
        }
    }

    private func writeImage(_ image: JSONView, _ stream: MessagesStream, _ emit: MessagesStream.Emit) -> Bool {
        guard let source = ContentPart(image, index: 0).source else { return true }
        if let extra = image.filled("extra_content"), !sendRedacted(stream, emit, { out in ForeignReasoning.append("image", extra: extra, to: out) }) { return false }
        return stream.sendWhole(emit) { out in out.writeImage(source) }
    }
}
