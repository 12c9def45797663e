@testable import Accounting
import Bytes
import Catalog
@testable import Dialects
@testable import Gateway
import HTTPText
import JSON
import Model
@testable import ModelLists
import Planning
import Resilience
@testable import Settings

/// A stream's bytes, whole and in pieces (by the first byte): the same events, each of them scanned and put together.
@c(fuzz_stream) public func fuzzStream(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    withInput(data, count) { bytes in
        let (seed, rest) = chosen(bytes), form = seed & 1 == 0 ? ChunkForm.chat : .completion
        let whole = stream(form) { feed in feed(rest) }, cut = stream(form) { feed in pieces(rest, seed, feed) }
        hold(whole == cut, "a stream says the same wherever it is cut")
    }
}

private func stream(_ form: ChunkForm, _ run: ((UnsafeRawBufferPointer) -> Void) -> Void) -> UInt64 {
    let framer = SSEFramer(eventLimit: 1 << 16), assembler = ChunkAssembler(form: form, limit: 1 << 20), opening = ChunkOpening()
    var hash = fnvSeed, goes = true
    run { bytes in
        if !goes { return }
        let outcome = framer.feed(bytes) { data, name in
            hash = fnv1a(name, from: fnv1a(data, from: hash &+ 1))
            take(data, form, opening, assembler)
            return true
        }
        if outcome != .more { goes = false }
    }
    if let answer = assembler.answer(appending: UnsafeRawBufferPointer(start: nil, count: 0)) {
        hold(isJSON(answer.bytes), "the assembled answer is JSON")
        hash = fnv1a(answer.bytes, from: hash)
        answer.keepAlive()
    }
    return hash
}

private func take(_ data: UnsafeRawBufferPointer, _ form: ChunkForm, _ opening: ChunkOpening, _ assembler: ChunkAssembler) {
    guard let (view, end) = try? scanChunk(data, form: form, depthLimit: 512, opening: opening) else { return }
    let chunk = data[ByteRange(0, end)]
    hold(isJSON(chunk), "a chunk that is accepted is JSON")
    for range in [view.usage, view.cost, view.error, view.content, view.reasoning] where !range.isNone {
        hold(range.start >= 0 && range.start <= range.end && range.end <= end, "what is found lies in the chunk")
    }
    if !view.error.isNone { classified(chunk, 200) }
    _ = assembler.add(chunk)
}

/// A blocking answer: the first byte chooses the operation.
@c(fuzz_answer) public func fuzzAnswer(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    withInput(data, count) { bytes in
        let (choice, rest) = chosen(bytes), body = ByteBuffer(limit: 1 << 22)
        let operation: Model.Operation = choice % 3 == 0 ? .chat : choice % 3 == 1 ? .completion : .embeddings
        guard body.append(rest) else { return }
        defer { body.keepAlive() }
        _ = reportedUsage(body.bytes, depth: 512)
        guard let view = try? readAnswer(body, operation: operation, provider: plainProvider, model: "m", depth: 512) else { return }
        var text = AnswerText()
        text.add(choices: JSONView(valid: body.bytes, view.payload))
        hold(text.size.tokens >= 0 && text.size.bytes <= body.count, "texts have a length")
        let whole = withBytes("{\"attempts\":[]}") { appendGatelet($0, to: body, view: view) }
        hold(whole && isJSON(body.bytes), "an answer stays JSON")
        hold(JSONView(document: body.bytes)?["gatelet"]?["attempts"] != nil, "an answer has our member")
    }
}

private func withBytes(_ text: StaticString, _ body: (UnsafeRawBufferPointer) -> Bool) -> Bool {
    body(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
}

/// Headers, an empty line, and an error's body; the first byte chooses the status.
@c(fuzz_error) public func fuzzError(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    withInput(data, count) { bytes in
        let (choice, rest) = chosen(bytes), statuses = [200, 400, 401, 402, 403, 404, 413, 422, 429, 500, 503, 529, 302]
        let split = rest.find("\r\n\r\n").map { $0 + 4 } ?? 0
        _ = RateHeaders.read(rest[ByteRange(0, split)], unixSeconds: 1_800_000_000)
        classified(rest[ByteRange(split, rest.count)], statuses[Int(choice) % statuses.count], rest[ByteRange(0, split)])
        _ = speaksOfAnError(rest[ByteRange(split, rest.count)])
    }
}

private func classified(_ body: UnsafeRawBufferPointer, _ status: Int, _ headers: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)) {
    let found = classify(httpStatus: status, headers: headers, body: body, provider: plainProvider, model: "m", unixNow: 1_800_000_000)
    hold(found.status != .ok && !RedactedFailure(found, .none).message.isEmpty, "an error has a status and a message")
    hold(found.retryAfterMs ?? 0 >= 0, "no wait is negative")
}
