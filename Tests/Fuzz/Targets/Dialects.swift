import Bytes
@testable import Dialects
import HTTPText
import JSON
import Model

/// A translated dialect. The first byte chooses it, the second what is given to it: r a request in the canonical form, a an answer, m a content
/// type, a line break and a file that was fetched, else the body of a stream, whole and in pieces.
@c(fuzz_dialect) public func fuzzDialect(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    withInput(data, count) { bytes in
        let (choice, rest) = chosen(bytes), (kind, input) = chosen(rest)
        let dialect = Dialects.all[Int(choice) % Dialects.all.count]
        switch kind {
        case UInt8(ascii: "r"): written(input, dialect)
        case UInt8(ascii: "a"): answered(input, dialect)
        case UInt8(ascii: "m"): recognised(input)
        default: hold(streamed(dialect) { $0(input) } == streamed(dialect) { pieces(input, kind, $0) }, "a stream says the same wherever it is cut")
        }
    }
}

private func written(_ bytes: UnsafeRawBufferPointer, _ dialect: any Dialect) {
    guard let view = try? readRequest(bytes, operation: .chatStream, caps: Caps()) else { return }
    for model in ["claude-sonnet-4-5", "claude-opus-4-8", "gemini-3-pro", "m\"\\"] {
        let out = ByteBuffer()
        defer { out.keepAlive() }
        let request = OutgoingRequest(view, bytes, .chatStream, for: plainProvider, model: model)
        guard (try? dialect.write(request, into: out)) != nil else { continue }
        hold(isJSON(out.bytes), "what is sent is JSON")
        hold(dialect.promptTokens(of: out.bytes) >= 0, "estimates are no less than nothing")
        _ = (dialect.asked(out.bytes, .chatStream), dialect.allowsSilence(out.bytes, .chatStream))
    }
    inlined(view, bytes)
    var through = OutgoingRequest(view, bytes, .chatStream, for: plainProvider, model: "m")
    through.passthrough = bytes
    let out = ByteBuffer()
    defer { out.keepAlive() }
    if (try? dialect.write(through, into: out)) != nil { hold(isJSON(out.bytes), "what passes through is JSON") }
}

private let blindProvider = provider { $0.requests.mediaURLs = [] }

/// What is fetched for a provider that reads no URL.
private func inlined(_ view: RequestView, _ bytes: UnsafeRawBufferPointer) {
    var request = OutgoingRequest(view, bytes, .chatStream, for: blindProvider, model: "m")
    guard let media = try? request.remoteMedia(), !media.isEmpty else { return }
    let data = ByteBuffer()
    defer { data.keepAlive() }
    guard data.append("QUJD"), let made = try? request.inline(media, Caps(), { FetchedMedia(type: $0.kind == .audio ? "audio/wav" : "image/png", data: data) }) else { return }
    defer { made.keepAlive() }
    hold(isJSON(made.bytes), "a request with what was fetched is JSON")
    hold((try? request.remoteMedia())?.isEmpty ?? true, "everything is fetched")
}

private func recognised(_ bytes: UnsafeRawBufferPointer) {
    let end = bytes.firstIndex(of: Ascii.lf) ?? bytes.count, file = bytes[ByteRange(min(end + 1, bytes.count), bytes.count)]
    for kind in MediaKind.allCases {
        guard let type = mediaType(of: file, declared: bytes[ByteRange(0, end)], kind) else { continue }
        hold(type.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != Ascii.quote && $0 != Ascii.backslash }, "a type is a plain word")
    }
}

private func answered(_ bytes: UnsafeRawBufferPointer, _ dialect: any Dialect) {
    let body = ByteBuffer(limit: 1 << 22)
    defer { body.keepAlive() }
    guard body.append(bytes), let view = try? dialect.answer(body, to: UnsafeRawBufferPointer(start: nil, count: 0), operation: .chat, provider: plainProvider,
                                                             model: "m", depth: 512) else { return }
    hold(isJSON(body.bytes), "an answer is JSON")
    hold(view.payload.isNone || view.payload.end <= body.count, "what is found lies in the answer")
}

private func streamed(_ dialect: any Dialect, _ run: ((UnsafeRawBufferPointer) -> Void) -> Void) -> UInt64 {
    let framer = SSEFramer(eventLimit: 1 << 16), reader = dialect.stream(.chatStream, to: UnsafeRawBufferPointer(start: nil, count: 0), model: "m", caps: Caps()), assembler = ChunkAssembler(form: .chat, limit: 1 << 20)
    var hash = fnvSeed, goes = true
    run { bytes in
        if !goes { return }
        let outcome = framer.feed(bytes) { data, name in
            let sign = reader.read(data, name: name) { view, chunk in
                hold(isJSON(chunk), "a chunk is JSON")
                for range in [view.usage, view.cost, view.error, view.content, view.reasoning] where !range.isNone {
                    hold(range.start >= 0 && range.start <= range.end && range.end <= chunk.count, "what is found lies in the chunk")
                }
                _ = assembler.add(chunk, view)
                return true
            }
            if case .read = sign { return true }
            goes = false
            return false
        }
        if outcome != .more { goes = false }
    }
    if let answer = assembler.answer(appending: UnsafeRawBufferPointer(start: nil, count: 0)) {
        hold(isJSON(answer.bytes), "the assembled answer is JSON")
        // Its time may differ from call to call.
        let choices = JSONView(document: answer.bytes, depthLimit: 2048)?["choices"]?.raw ?? answer.bytes
        hash = fnv1a(choices, from: hash)
        answer.keepAlive()
    }
    return hash
}
