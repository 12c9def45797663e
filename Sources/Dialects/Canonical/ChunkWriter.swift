internal import Bytes
internal import CShims
internal import JSON

/// Writes the chunks of a translated stream as OpenAI has them, one after the other into the same buffer. `take` gets each, with
/// what is in it; its bytes last until the next. Texts come as the bodies of JSON strings, and are copied with their escapes.
/// All functions return whether more is wanted. Not thread-safe.
final class ChunkWriter {
    typealias Take = (ChunkView, UnsafeRawBufferPointer) -> Bool
    typealias Members = (inout MemberWriter) -> Void

    /// There was no memory for a chunk, and so `take` did not get it.
    private(set) var failed = false
    /// The event at hand has half a pair of surrogates somewhere.
    var hasLoneSurrogate = false

    private let buffer = ByteBuffer()
    private let ownID = ByteBuffer()
    /// Bytes of what every chunk begins with, up to its choices.
    private var head = 0
    private let opening = ChunkOpening()
    private enum Kind { case content, reasoning, detail, other }
    private var last = Kind.other
    /// Choices that have told their role, a bit for each.
    private var roles: UInt64 = 0
    /// Characters of content so far, of the first choices.
    private var lengths = InlineArray<8, Int>(repeating: 0)
    private var entries = EntryCounts()

    /// What all chunks say; the stream's first event tells it. Strings without quotes, `created`: nil is now.
    func begin(id: UnsafeRawBufferPointer, model: UnsafeRawBufferPointer, created: Int? = nil) {
        buffer.removeAll()
        ownID.removeAll()
        if !ownID.append(id) { failed = true }
        var out = MemberWriter(buffer)
        out.open()
        out.member("id", body: id)
        out.member("object", "chat.completion.chunk")
        out.member("created", created ?? Int(gl_unix_seconds()))
        out.member("model", body: model)
        out.name("choices")
        out.raw("[")
        if out.failed { failed = true }
        head = buffer.count
        last = .other
    }

    var hasBegun: Bool { head > 0 }

    /// What an event was whose chunks were written, by what the functions here returned last.
    func sign(_ goesOn: Bool) -> StreamSign { goesOn ? .read : failed ? .noMemory : .stopped }

    /// That of the answer, as it was given.
    var id: UnsafeRawBufferPointer { ownID.bytes }

    /// Characters (Unicode scalars) of a choice's content so far: where a block is among its text.
    func length(of choice: Int) -> Int { choice >= 0 && choice < lengths.count ? lengths[choice] : 0 }

    // MARK: - Text

    func content(_ body: UnsafeRawBufferPointer, choice: Int = 0, _ take: Take) -> Bool {
        if body.count == 0 { return true }
        if choice >= 0, choice < lengths.count { lengths[choice] &+= scalars(body) }
        guard isPlain(choice) else { return delta(choice: choice, take) { $0.member("content", body: body) } }
        return text(.content, "{\"index\":0,\"delta\":{\"content\":\"", body, take) { $0.append("\"},\"finish_reason\":null}]}") }
    }

    func reasoning(_ body: UnsafeRawBufferPointer, choice: Int = 0, _ take: Take) -> Bool {
        if body.count == 0 { return true }
        guard isPlain(choice) else { return delta(choice: choice, take) { $0.member("reasoning", body: body) } }
        return text(.reasoning, "{\"index\":0,\"delta\":{\"reasoning\":\"", body, take) { $0.append("\"},\"finish_reason\":null}]}") }
    }

    /// More reasoning that is to be sent back: the same text once more as a piece of the entry `index` of `reasoning_details`. What holds
    /// for all of an entry was said when it began: clients join what they get.
    func reasoning(_ body: UnsafeRawBufferPointer, detail index: Int, choice: Int = 0, _ take: Take) -> Bool {
        if body.count == 0 { return true }
        let detail: (inout MemberWriter) -> Void = {
            $0.name("reasoning_details")
            $0.open("[{")
            $0.member("type", "reasoning.text")
            $0.member("text", body: body)
            $0.member("index", index)
            $0.close("}]")
        }
        guard isPlain(choice) else {
            return delta(choice: choice, take) {
                $0.member("reasoning", body: body)
                detail(&$0)
            }
        }
        return text(.detail, "{\"index\":0,\"delta\":{\"reasoning\":\"", body, take) {
            var out = MemberWriter($0)
            out.raw("\",")
            detail(&out)
            out.raw("},\"finish_reason\":null}]}")
            return !out.failed
        }
    }

    /// Nearly all chunks are so, and need no second look.
    private func isPlain(_ choice: Int) -> Bool { choice == 0 && roles & 1 != 0 && head > 0 }

    private func text(_ kind: Kind, _ before: StaticString, _ body: UnsafeRawBufferPointer, _ take: Take, _ behind: (ByteBuffer) -> Bool) -> Bool {
        buffer.removeLast(buffer.count &- head)
        guard buffer.append(before) else { return fails() }
        let start = buffer.count
        guard buffer.append(body), behind(buffer) else { return fails() }
        let repeats = kind == last && kind != .detail && !hasLoneSurrogate
        var view = ChunkView(text: ByteRange(start, start &+ body.count), isReasoning: kind != .content, repeats: repeats)
        if hasLoneSurrogate { view.hasLoneSurrogate = true }
        last = hasLoneSurrogate ? .other : kind
        return take(view, buffer.bytes)
    }

    private func fails() -> Bool {
        failed = true
        return false
    }

    // MARK: - Everything else

    /// A delta with these members.
    func delta(choice: Int = 0, _ take: Take, _ members: Members) -> Bool { piece(choice, take, members) { $0.member("finish_reason", raw: "null") } }

    /// The next entry of a list of the message, which gets its place there.
    func entry(of list: EntryList, choice: Int = 0, _ take: Take, _ members: Members) -> Bool {
        let index = nextIndex(in: list, choice: choice)
        return delta(choice: choice, take) {
            $0.name(list.name)
            $0.open("[{")
            members(&$0)
            $0.member("index", index)
            $0.close("}]")
        }
    }

    /// The place of the next entry, which is to be written then.
    func nextIndex(in list: EntryList, choice: Int = 0) -> Int { entries.next(list, choice) }

    /// A piece of an entry that was begun, or of a call.
    func piece(of list: StaticString, choice: Int = 0, _ take: Take, _ members: Members) -> Bool {
        delta(choice: choice, take) {
            $0.name(list)
            $0.open("[{")
            members(&$0)
            $0.close("}]")
        }
    }

    /// What has no canonical form, as the provider has it: its place among the provider's blocks, and among the characters of content.
    func block(_ json: UnsafeRawBufferPointer, place: Int, _ format: StaticString, choice: Int = 0, _ take: Take) -> Bool {
        entry(of: .providerBlocks, choice: choice, take) { writeBlock(json, place: place, format, choice: choice, &$0) }
    }

    func writeBlock(_ json: UnsafeRawBufferPointer, place: Int, _ format: StaticString, choice: Int, _ out: inout MemberWriter) {
        out.member("format", word: format)
        out.member("place", place)
        out.member("at", length(of: choice))
        out.name("block")
        out.raw(json)
    }

    /// Begins a tool call. `arguments`: JSON that is all or the beginning of them. `more`: further members of the call.
    func call(_ index: Int, id: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer, arguments: UnsafeRawBufferPointer? = nil, choice: Int = 0,
              _ take: Take, more: Members = { _ in }) -> Bool {
        piece(of: "tool_calls", choice: choice, take) {
            $0.member("index", index)
            $0.member("id", body: id)
            $0.member("type", "function")
            more(&$0)
            $0.name("function")
            $0.open()
            $0.member("name", body: name)
            $0.name("arguments")
            $0.check(appendJSONString(arguments ?? UnsafeRawBufferPointer(start: nil, count: 0), to: $0.buffer))
            $0.close()
        }
    }

    /// More of the arguments: the body of a string that is a piece of their text.
    func arguments(_ body: UnsafeRawBufferPointer, of index: Int, choice: Int = 0, _ take: Take) -> Bool {
        body.count == 0 || piece(of: "tool_calls", choice: choice, take) {
            $0.member("index", index)
            $0.name("function")
            $0.open()
            $0.member("arguments", body: body)
            $0.close()
        }
    }

    /// Ends a choice; nil: it only has further fields. `native`: the provider's own word, a JSON value. `fields`: members of
    /// `provider_fields`, if there are any.
    func finish(_ reason: StaticString?, native: UnsafeRawBufferPointer? = nil, choice: Int = 0, _ take: Take, fields: Members? = nil) -> Bool {
        piece(choice, take, { _ in }) {
            if let reason { $0.member("finish_reason", String(reason)) } else { $0.member("finish_reason", raw: "null") }
            if let native {
                $0.name("native_finish_reason")
                $0.raw(native)
            }
            if let fields {
                $0.name("provider_fields")
                $0.open()
                fields(&$0)
                $0.close()
            }
        }
    }

    /// `usage` with these members, in a chunk of its own. `beside`: further members of the chunk.
    func usage(_ take: Take, beside: Members = { _ in }, _ members: Members) -> Bool {
        top("usage", take) {
            $0.open()
            members(&$0)
            $0.close()
            beside(&$0)
        }
    }

    /// The probabilities of tokens, a list as OpenAI has it.
    func logprobs(_ list: JSONView, choice: Int = 0, _ take: Take) -> Bool {
        piece(choice, take, { _ in }) {
            $0.name("logprobs")
            $0.open("{\"content\":")
            $0.raw(list.raw)
            $0.close()
            $0.member("finish_reason", raw: "null")
        }
    }

    /// What is known of usage before the end, for accounts: callers who want usage get it once.
    func usageSoFar(_ take: Take, _ members: Members) -> Bool {
        top("usage_so_far", take) {
            $0.open()
            members(&$0)
            $0.close()
        }
    }

    /// An event that nobody knows, as it came.
    func event(_ json: UnsafeRawBufferPointer, _ take: Take) -> Bool { top("provider_event", take) { $0.raw(json) } }

    private func top(_ name: StaticString, _ take: Take, _ value: Members) -> Bool {
        var out = start()
        out.close("]")
        out.name(name)
        value(&out)
        out.close()
        return hand(out, take)
    }

    private func piece(_ choice: Int, _ take: Take, _ members: Members, _ behind: Members) -> Bool {
        var out = start()
        out.open()
        out.member("index", choice)
        out.name("delta")
        out.open()
        let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: choice & 63)
        if roles & bit == 0 { out.member("role", "assistant") }
        roles |= bit
        members(&out)
        out.close()
        behind(&out)
        out.close()
        out.raw("]}")
        return hand(out, take)
    }

    private func start() -> MemberWriter {
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        if head == 0 { begin(id: none, model: none) }
        buffer.removeLast(buffer.count &- head)
        last = .other
        return MemberWriter(buffer)
    }

    private func hand(_ out: MemberWriter, _ take: Take) -> Bool {
        guard !out.failed, !failed, let found = try? scanChunk(buffer.bytes, form: .chat, depthLimit: JSONCursor.deepest, opening: opening) else { return fails() }
        return take(found.view, buffer.bytes)
    }
}

extension MemberWriter {
    /// A string member of a word without anything to escape.
    mutating func member(_ name: StaticString, word: StaticString) {
        self.name(name)
        raw("\"")
        raw(word)
        raw("\"")
    }

    /// A string member out of the body of a JSON string.
    mutating func member(_ name: StaticString, body: UnsafeRawBufferPointer) {
        self.name(name)
        raw("\"")
        raw(body)
        raw("\"")
    }

    /// A member whose value is copied.
    mutating func member(_ name: StaticString, _ value: JSONView) {
        self.name(name)
        raw(value.raw)
    }
}
