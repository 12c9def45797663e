internal import Bytes
internal import JSON
internal import Model

/// Writes the items of a response as chunks of a chat: those of a stream as they grow, those of an answer whole.
final class ResponseItems {
    private struct Call {
        let item: Int, index: Int
        let isCustom: Bool
        var told = ToldText()
    }
    private let chunks: ChunkWriter
    /// By their items.
    private var calls: [Call] = []
    /// The last text, thought and refusal, as far as they came.
    private var text = ToldText(), thought = ToldText(), refused = ToldText()
    /// Annotations of the item at hand.
    private var annotations = (item: -1, count: 0)
    /// Items that were heard of.
    private var seen = 0

    init(_ chunks: ChunkWriter) { self.chunks = chunks }

    func begin(_ response: JSONView) {
        chunks.begin(id: response["id"]?.inside ?? response.bytes[.none], model: response["model"]?.inside ?? response.bytes[.none], created: response["created_at"]?.int)
    }

    // MARK: Deltas

    func text(_ body: UnsafeRawBufferPointer, _ item: Int, _ part: Int, _ take: ChunkWriter.Take) -> Bool {
        text.add(body, item, part)
        return chunks.content(body, take)
    }

    func textDone(_ body: UnsafeRawBufferPointer, _ item: Int, _ part: Int, _ take: ChunkWriter.Take) -> Bool {
        if text.item != item || text.part < part { return text(body, item, part, take) }
        return text.part != part || text(text.rest(of: body), item, part, take)
    }

    func refusal(_ body: UnsafeRawBufferPointer, _ item: Int, _ part: Int, _ take: ChunkWriter.Take) -> Bool {
        refused.add(body, item, part)
        return body.count == 0 || chunks.delta(take) { $0.member("refusal", body: body) }
    }

    /// Parts of a summary are paragraphs.
    func thought(_ body: UnsafeRawBufferPointer, _ item: Int, _ part: Int, _ take: ChunkWriter.Take) -> Bool {
        let isNew = thought.item >= 0 && (thought.item, thought.part) != (item, part)
        if body.count == 0 { return true }
        thought.add(body, item, part)
        let paragraph: StaticString = "\\n\\n"
        if isNew, !chunks.reasoning(UnsafeRawBufferPointer(start: paragraph.utf8Start, count: 4), take) { return false }
        return chunks.reasoning(body, take)
    }

    func arguments(_ body: UnsafeRawBufferPointer, _ item: Int, _ take: ChunkWriter.Take) -> Bool {
        let at = place(of: item)
        guard hasCall(item, at) else { return true }
        calls[at].told.add(body, item, 0)
        if !calls[at].isCustom { return chunks.arguments(body, of: calls[at].index, take) }
        return body.count == 0 || custom(calls[at].index, take) { $0.member("input", body: body) }
    }

    func annotation(_ annotation: JSONView, _ item: Int, _ take: ChunkWriter.Take) -> Bool {
        annotations = (item, annotations.item == item ? annotations.count &+ 1 : 1)
        // One that has an index, a place in the text, keeps it.
        return annotation["index"] == nil ? chunks.entry(of: .annotations, take) { self.write(annotation, &$0) }
            : chunks.piece(of: "annotations", take) { self.write(annotation, &$0) }
    }

    /// A citation has its members under its name in a chat; others stay as they are.
    private func write(_ annotation: JSONView, _ out: inout MemberWriter) {
        let isCitation = annotation["type"]?.says("url_citation") ?? false && annotation["url_citation"] == nil
        if isCitation {
            out.member("type", "url_citation")
            out.name("url_citation")
            out.open()
        }
        for (name, value) in annotation.members where !isCitation || !jsonName(annotation.bytes, name, is: "type") {
            out.separate()
            out.raw(annotation.bytes[ByteRange(name.start &- 1, value.range.end)])
        }
        if isCitation { out.close() }
    }

    // MARK: Items

    func added(_ item: JSONView, _ place: Int, _ take: ChunkWriter.Take) -> Bool {
        seen = max(seen, place &+ 1)
        guard let type = item["type"] else { return true }
        if type.says("function_call") { return begin(call: item, place, isCustom: false, take) }
        return type.says("custom_tool_call") ? begin(call: item, place, isCustom: true, take) : true
    }

    func done(_ item: JSONView, _ place: Int, _ take: ChunkWriter.Take) -> Bool {
        seen = max(seen, place &+ 1)
        guard let type = item["type"] else { return true }
        if type.says("message") { return done(message: item, place, take) }
        if type.says("reasoning") { return done(thought: item, place, take) }
        if type.says("function_call") { return done(call: item, place, isCustom: false, take) }
        if type.says("custom_tool_call") { return done(call: item, place, isCustom: true, take) }
        if type.says("image_generation_call"), let image = item.filled("result"), image.isString { return show(image, item, place, take) }
        return chunks.block(item.raw, place: place, BlockFormat.responses, take)
    }

    private func done(message: JSONView, _ place: Int, _ take: ChunkWriter.Take) -> Bool {
        var position = 0
        for part in message["content"]?.elements ?? message.elements {
            guard let type = part["type"] else { continue }
            var goesOn = true
            if type.says("output_text") {
                goesOn = textDone(part["text"]?.inside ?? part.bytes[.none], place, position, take) && readLogprobs(part, take)
                var index = 0
                for one in part["annotations"]?.elements ?? part.elements {
                    if goesOn, annotations.item != place || index >= annotations.count { goesOn = annotation(one, place, take) }
                    index &+= 1
                }
            } else if type.says("refusal") {
                let whole = part["refusal"]?.inside ?? part.bytes[.none]
                goesOn = refusal(refused.item == place ? refused.rest(of: whole) : whole, place, position, take)
            } else {
                goesOn = chunks.block(part.raw, place: place, BlockFormat.responses, take)
            }
            if !goesOn { return false }
            position &+= 1
        }
        return true
    }

    private func readLogprobs(_ part: JSONView, _ take: ChunkWriter.Take) -> Bool {
        guard let list = part.filled("logprobs"), list.firstElement != nil else { return true }
        return chunks.logprobs(list, take)
    }

    private func done(thought item: JSONView, _ place: Int, _ take: ChunkWriter.Take) -> Bool {
        let isNew = thought.item != place
        for list in [item["summary"], item["content"]] {
            var position = 0
            for part in list?.elements ?? item.elements {
                let whole = part["text"]?.inside ?? part.bytes[.none]
                let rest = isNew ? whole : thought.part == position ? thought.rest(of: whole) : whole[.none]
                if !thought(rest, place, position, take) { return false }
                position &+= 1
            }
        }
        // The text came before: the rest of the item is what it wants back.
        guard let data = item.filled("encrypted_content"), data.isString else { return true }
        return chunks.entry(of: .reasoningDetails, take) {
            $0.member("type", "reasoning.encrypted")
            $0.member("data", data)
            for name: StaticString in ["id", "summary", "content"] {
                if let value = item.filled(name) { $0.member(name, value) }
            }
            $0.member("format", word: BlockFormat.responses)
            $0.member("output_index", place)
        }
    }

    /// The rest of an item whose events told less than the response does.
    private func goOn(_ item: JSONView, _ place: Int, _ take: ChunkWriter.Take) -> Bool {
        guard let type = item["type"] else { return true }
        if type.says("function_call") { return done(call: item, place, isCustom: false, take) }
        if type.says("custom_tool_call") { return done(call: item, place, isCustom: true, take) }
        if !type.says("message") || text.item > place { return true }
        var position = 0
        for part in item["content"]?.elements ?? item.elements {
            if part["type"]?.says("output_text") ?? false, !textDone(part["text"]?.inside ?? part.bytes[.none], place, position, take) { return false }
            position &+= 1
        }
        return true
    }

    // MARK: Calls

    private func hasCall(_ item: Int, _ at: Int) -> Bool { at < calls.count && calls[at].item == item }

    /// Where the call of an item is, or belongs.
    private func place(of item: Int) -> Int {
        var low = 0, high = calls.count
        while low < high {
            let middle = low &+ (high &- low) / 2
            if calls[middle].item < item { low = middle &+ 1 } else { high = middle }
        }
        return low
    }

    private func begin(call item: JSONView, _ place: Int, isCustom: Bool, _ take: ChunkWriter.Take) -> Bool {
        let at = self.place(of: place)
        if hasCall(place, at) { return true }
        let none = item.bytes[.none], id = (item.filled("call_id") ?? item.filled("id"))?.inside ?? none, name = item["name"]?.inside ?? none, index = calls.count
        calls.insert(Call(item: place, index: index, isCustom: isCustom), at: at)
        let goesOn = isCustom ? custom(index, take, id, of: item) {
            $0.member("name", body: name)
            $0.member("input", "")
        } : chunks.call(index, id: id, name: name, take) { self.writeOwn(of: item, &$0) }
        return goesOn && arguments((isCustom ? item["input"] : item["arguments"])?.inside ?? none, place, take)
    }

    private func done(call item: JSONView, _ place: Int, isCustom: Bool, _ take: ChunkWriter.Take) -> Bool {
        guard begin(call: item, place, isCustom: isCustom, take) else { return false }
        let at = self.place(of: place)
        guard hasCall(place, at) else { return true }
        return arguments(calls[at].told.rest(of: (isCustom ? item["input"] : item["arguments"])?.inside ?? item.bytes[.none]), place, take)
    }

    /// Members that every call has.
    static func isOfCall(_ name: UnsafeRawBufferPointer) -> Bool {
        for known: StaticString in ["type", "id", "call_id", "name", "arguments", "input", "status"] where name.equals(known) { return true }
        return false
    }

    /// What else a call has, as its namespace.
    private func writeOwn(of item: JSONView, _ out: inout MemberWriter) {
        if item.members.allSatisfy({ ResponseItems.isOfCall(item.bytes[$0.name]) || $0.value.isNull }) { return }
        out.name("extra_content")
        out.open("{\"openai\":{")
        for (name, value) in item.members where !ResponseItems.isOfCall(item.bytes[name]) && !value.isNull {
            out.separate()
            out.raw(item.bytes[ByteRange(name.start &- 1, value.range.end)])
        }
        out.close("}}")
    }

    private func custom(_ index: Int, _ take: ChunkWriter.Take, _ id: UnsafeRawBufferPointer? = nil, of item: JSONView? = nil, _ members: ChunkWriter.Members) -> Bool {
        chunks.piece(of: "tool_calls", take) {
            $0.member("index", index)
            if let id { $0.member("id", body: id) }
            $0.member("type", "custom")
            if let item { self.writeOwn(of: item, &$0) }
            $0.name("custom")
            $0.open()
            members(&$0)
            $0.close()
        }
    }

    /// A picture, and in the same delta its item.
    private func show(_ image: JSONView, _ item: JSONView, _ place: Int, _ take: ChunkWriter.Take) -> Bool {
        chunks.delta(take) {
            $0.name("images")
            $0.open("[{")
            $0.member("type", "image_url")
            $0.name("image_url")
            $0.open()
            $0.name("url")
            $0.raw("\"data:image/")
            $0.raw(item.filled("output_format").map { $0.inside } ?? $0.buffer.bytes[.none])
            if item.filled("output_format") == nil { $0.raw("png") }
            $0.raw(";base64,")
            $0.raw(image.inside)
            $0.raw("\"")
            $0.close()
            $0.member("place", place)
            $0.member("index", self.chunks.nextIndex(in: .images))
            $0.close("}]")
            $0.name("provider_blocks")
            $0.open("[{")
            self.chunks.writeBlock(item.raw, place: place, BlockFormat.responses, choice: 0, &$0)
            $0.member("index", self.chunks.nextIndex(in: .providerBlocks))
            $0.close("}]")
        }
    }

    // MARK: The end

    /// A response that is not over, or without success: `completed` and `incomplete` ones are answers, and what says neither.
    static func isUnfinished(_ response: JSONView) -> Bool {
        guard let status = response["status"] else { return false }
        for word: StaticString in ["failed", "cancelled", "in_progress", "queued"] where status.says(word) { return true }
        return false
    }

    /// What the response says at its end: what no event told of its items, why it ended, what it cost.
    /// `isCut`: it is incomplete, whatever its status says.
    func end(_ response: JSONView, isCut: Bool = false, _ take: ChunkWriter.Take) -> Bool {
        var place = 0
        let heard = seen
        for item in response["output"]?.elements ?? response.elements {
            if !(place >= heard ? done(item, place, take) : goOn(item, place, take)) { return false }
            place &+= 1
        }
        let reason = response.filled("incomplete_details")?.filled("reason"), isIncomplete = isCut || response["status"]?.says("incomplete") ?? false
        // Whatever else it may lack, an incomplete answer lacks its end.
        let word: StaticString = reason?.says("content_filter") ?? false ? "content_filter" : isIncomplete || reason?.says("max_output_tokens") ?? false ? "length"
            : calls.isEmpty ? "stop" : "tool_calls"
        let hasFields = response.members.contains { self.isOwn(response.bytes[$0.name]) && !$0.value.isNull }
        guard chunks.finish(word, native: (reason ?? response.filled("status"))?.raw, take, fields: hasFields ? { out in
            for (name, value) in response.members where self.isOwn(response.bytes[name]) && !value.isNull {
                out.separate()
                out.raw(response.bytes[ByteRange(name.start &- 1, value.range.end)])
            }
        } : nil) else { return false }
        guard let usage = response.filled("usage"), usage.isObject else { return true }
        return self.usage(usage, tier: response.filled("service_tier"), take)
    }

    /// Neither told in a chat's own words, nor an echo of the request.
    private func isOwn(_ name: UnsafeRawBufferPointer) -> Bool {
        let others: [StaticString] = ["id", "object", "created_at", "completed_at", "status", "error", "incomplete_details", "output", "output_text", "model", "usage", "service_tier",
                                      "background", "conversation", "instructions", "max_output_tokens", "max_tool_calls", "metadata", "parallel_tool_calls",
                                      "previous_response_id", "prompt", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning", "safety_identifier", "store", "stream",
                                      "temperature", "text", "tool_choice", "tools", "top_logprobs", "top_p", "truncation", "user", "frequency_penalty", "presence_penalty", "billing"]
        return !others.contains { name.equals($0) }
    }

    /// In a chat's words; what nobody here knows stays.
    func usage(_ usage: JSONView, tier: JSONView?, _ take: ChunkWriter.Take) -> Bool {
        let names: [(StaticString, StaticString)] = [("input_tokens", "prompt_tokens"), ("output_tokens", "completion_tokens"), ("input_tokens_details", "prompt_tokens_details"),
                                                     ("output_tokens_details", "completion_tokens_details")]
        return chunks.usage(take, beside: { if let tier { $0.member("service_tier", tier) } }) { out in
            for (name, value) in usage.members {
                if let pair = names.first(where: { usage.bytes[name].equals($0.0) }) {
                    out.member(pair.1, value)
                } else {
                    out.separate()
                    out.raw(usage.bytes[ByteRange(name.start &- 1, value.range.end)])
                }
            }
        }
    }
}

/// Puts the chat's form of a response in its place. What is none, has failed or is not over stays as it is: whoever reads it says why.
func translateResponse(_ body: ByteBuffer, depth: Int) throws(Failure) {
    let repaired = ByteBuffer(limit: body.limit)
    defer {
        repaired.keepAlive()
        body.keepAlive()
    }
    var bytes = body.bytes
    if JSONView(document: bytes, depthLimit: depth) == nil, repairJSON(bytes, into: repaired) { bytes = repaired.bytes }
    guard let response = JSONView(document: bytes, depthLimit: depth), response["output"]?.isArray ?? false, !(response["error"].map(isRealError) ?? false),
          !ResponseItems.isUnfinished(response) else { return }
    let answer = AnswerWriter(limit: body.limit), items = ResponseItems(answer.chunks)
    items.begin(response)
    _ = items.end(response) { answer.take($0, $1) }
    try answer.replace(body)
}
