package import Bytes
internal import JSON
package import Model

/// What one pass over a blocking answer found. Ranges are offsets into the body; they hold until it changes.
package struct AnswerView: Sendable {
    /// The value of `usage`; `.none` when absent or null.
    package var usage = ByteRange.none
    /// The value of `cost`, which stands here at Infron; `.none` when absent or null.
    package var cost = ByteRange.none
    /// The value of `model`, quotes included; `.none` when absent or null.
    package var model = ByteRange.none
    /// The value of `id`, quotes included; `.none` when absent or null.
    package var id = ByteRange.none
    /// The value of `choices` (chat, completion) or `data` (embeddings); `.none` when absent or null.
    package var payload = ByteRange.none
    /// As they stand at the top, null or not.
    package fileprivate(set) var members = AnswerMembers()
    /// Bad UTF-8 or a lone surrogate was replaced by U+FFFD.
    package var repaired = false
    /// One past the closing brace of the answer.
    package var end = 0
    package var isEmptyObject = true
    /// The class of an error that stands beside a whole answer.
    package var lateError: Status?
    /// A choice has not ended, or otherwise than by itself or with calls.
    package fileprivate(set) var isUnusual = false

    package init() {}

    /// Vectors were rewritten in the body.
    mutating func payloadGrew(by delta: Int) {
        let end = payload.end
        func moved(_ range: ByteRange) -> ByteRange { range.isNone || range.start < end ? range : ByteRange(range.start &+ delta, range.end &+ delta) }
        usage = moved(usage)
        cost = moved(cost)
        model = moved(model)
        id = moved(id)
        payload.end &+= delta
        self.end &+= delta
    }

    /// All of what the answer in `body` gives; nothing for vectors.
    package func text(in body: UnsafeRawBufferPointer) -> AnswerText {
        var text = AnswerText()
        text.add(choices: JSONView(valid: body, payload))
        return text
    }
}

private struct Findings {
    var view = AnswerView()
    var error = ByteRange.none
    var isObject = true
    var hasGatelet = false
    var loneSurrogate = false
}

/// Checks the body of a 2xx answer and finds what Gatelet reads in it. Text is repaired in place where it must be, and an
/// upstream member named `gatelet` is dropped. `request`: the body that was answered, OpenAI's. Of one of another
/// dialect, `inputs`: how many vectors it asks for, and `silence`: whether it lets a model answer nothing.
package func readAnswer(_ body: ByteBuffer, operation: Operation, provider: Provider, model: String, depth: Int,
                        request: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
                        inputs: Int? = nil, silence: (() -> Bool)? = nil) throws(Failure) -> AnswerView {
    var found: Findings
    var repaired = false
    do throws(JSONFault) {
        found = try findMembers(body.bytes, depth, operation)
        repaired = found.loneSurrogate
    } catch {
        // Whether it was the text alone is seen when the repaired body is read.
        found = Findings()
        repaired = true
    }
    if repaired || found.hasGatelet { found = try rewritten(body, repaired, operation, provider, model, depth) }
    defer { body.keepAlive() }
    let bytes = body.bytes
    if found.view.usage.isNone || !hasNumber(JSONView(valid: bytes, found.view.usage)) { found.view.usage = usageInDocument(JSONView(trusted: bytes)).usage }
    if !isFilledArray(bytes, found.view.payload) { throw refused(found, bytes, operation, provider, model) }
    if operation == .embeddings {
        if !found.error.isNone { throw refused(found, bytes, operation, provider, model) }
        try checkVectors(JSONView(valid: bytes, found.view.payload), inputs ?? AskedFor(request, operation).inputs, provider, model)
    } else {
        try judge(&found.view, bytes, provider, model) { silence?() ?? mayBeSilent(request, operation) }
    }
    found.view.repaired = repaired
    return found.view
}

/// Whether the choices are an answer.
private func judge(_ view: inout AnswerView, _ bytes: UnsafeRawBufferPointer, _ provider: Provider, _ model: String,
                   silence: () -> Bool) throws(Failure) {
    var signs = AnswerSigns()
    let found = signs.read(JSONView(trusted: bytes), view.members, whole: true)
    if let error = found.error {
        let failure = failure(error, bytes, provider, model)
        if !found.errorIsBeside { throw failure }
        view.lateError = failure.status
    }
    view.isUnusual = signs.isUnusual || !signs.isWhole
    var usage: UsageReading?
    if !signs.hasContent, !view.usage.isNone {
        usage = UsageReading()
        usage?.take(bytes[view.usage])
    }
    if signs.isEmpty(outputTokens: usage?.usage?[.output], silence: silence) {
        throw emptyAnswer(hasFinish: signs.hasFinish, provider, model: model)
    }
}

/// What an error inside a 200 means.
private func failure(_ error: FoundError, _ bytes: UnsafeRawBufferPointer, _ provider: Provider, _ model: String) -> Failure {
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    return switch error {
    case .document: classify(httpStatus: 200, headers: none, body: bytes, provider: provider, model: model)
    case .inside(let range): classify(httpStatus: 200, headers: none, body: bytes[range], provider: provider, model: model)
    case .finish(let word, let status): finishFailure(bytes[word], status, provider, model: model)
    case .nonsense: notJSON(bytes, provider, model)
    }
}

/// A vector for each input, and each with its place.
private func checkVectors(_ data: JSONView, _ inputs: Int?, _ provider: Provider, _ model: String) throws(Failure) {
    var count = 0
    data.forEachElement { _ in count &+= 1 }
    var wrong: String?
    if let inputs, inputs != count {
        wrong = concat("answered with ", String(decimal: count), " embeddings for ", String(decimal: inputs), " inputs")
    }
    var taken = [Bool](repeating: false, count: count), position = 0
    data.forEachElement { element in
        let given = element["index"].flatMap { $0.isNull ? nil : $0 }
        let index = given.map { $0.int ?? $0.string.flatMap { Int($0) } ?? -1 } ?? position
        if wrong == nil, index < 0 || index >= count || taken[index] {
            wrong = concat("answered with embeddings whose indexes are not complete (", String(decimal: index), ")")
        } else if wrong == nil {
            taken[index] = true
            if !(element["embedding"].map(isVector) ?? false) {
                wrong = concat("answered without a vector in embedding ", String(decimal: index))
            }
        }
        position &+= 1
    }
    guard let wrong else { return }
    var failure = Failure(.badResponse, concat(provider.title, " ", wrong))
    failure.httpStatus = 200
    failure.provider = provider.id
    failure.model = model
    throw failure
}

/// Numbers, or lists of them; or base64 text. Numbers that are none come as null (vLLM, Ollama).
private func isVector(_ value: JSONView) -> Bool {
    if value.isString { return value.range.count > 2 }
    let raw = value.raw
    return value.firstElement != nil && !contains(raw, UInt8(ascii: "n")) && !contains(raw, Ascii.quote) && raw.find("[]") == nil
}

/// Makes `"gatelet": <document>` the answer's last member and ends the body there. False: no memory, or over the cap.
package func appendGatelet(_ document: UnsafeRawBufferPointer, to body: ByteBuffer, view: AnswerView) -> Bool {
    guard body.reserve(document.count &+ 16) else { return false }
    body.removeLast(body.count &- view.end &+ 1)
    return body.append(view.isEmptyObject ? "\"gatelet\":" : ",\"gatelet\":") && body.append(document) && body.append(UInt8(ascii: "}"))
}

private func findMembers(_ bytes: UnsafeRawBufferPointer, _ depth: Int, _ operation: Operation) throws(JSONFault) -> Findings {
    var cursor = JSONCursor(bytes, depthLimit: depth)
    var found = Findings()
    if cursor.peek() != UInt8(ascii: "{") {
        found.isObject = false
        _ = try cursor.value()
    } else {
        guard try cursor.beginObject() else { return found }
        while let name = try cursor.nextName() {
            found.view.isEmptyObject = false
            let value = try cursor.value()
            found.view.members.note(name, value, bytes)
            note(bytes[name], value, bytes, operation, &found)
        }
    }
    found.view.end = cursor.offset
    try cursor.finish()
    found.loneSurrogate = cursor.sawLoneSurrogate
    return found
}

/// A provider's member names are never escaped, so they are compared as they stand.
private func note(_ name: UnsafeRawBufferPointer, _ value: ByteRange, _ bytes: UnsafeRawBufferPointer, _ operation: Operation,
                  _ found: inout Findings) {
    if name.equals("gatelet") { found.hasGatelet = true }
    if bytes.byte(at: value.start) == UInt8(ascii: "n") { return }
    switch name.count {
    case 2: if name.equals("id") { found.view.id = value }
    case 4:
        if operation == .embeddings && name.equals("data") { found.view.payload = value }
        if name.equals("cost") { found.view.cost = value }
    case 5:
        if name.equals("usage") { found.view.usage = value }
        if name.equals("model") { found.view.model = value }
        if name.equals("error") && isRealError(JSONView(valid: bytes, value)) { found.error = value }
    case 7: if operation != .embeddings && name.equals("choices") { found.view.payload = value }
    default: break
    }
}

/// The slow way, for the few answers that need it: the body is written anew, repaired and without `gatelet`.
private func rewritten(_ body: ByteBuffer, _ repair: Bool, _ operation: Operation, _ provider: Provider, _ model: String,
                       _ depth: Int) throws(Failure) -> Findings {
    let whole = ByteBuffer(limit: body.limit), kept = ByteBuffer(limit: body.limit)
    defer {
        whole.keepAlive()
        kept.keepAlive()
    }
    guard repair ? repairJSON(body.bytes, into: whole) : whole.append(body.bytes) else { throw noRoom("the answer", body, cap: "caps.body") }
    guard let root = JSONView(document: whole.bytes, depthLimit: depth) else { throw notJSON(body.bytes, provider, model) }
    var out = MemberWriter(kept)
    if root.isObject {
        out.open()
        root.forEachMember { name, value in
            if jsonName(whole.bytes, name, is: "gatelet") { return }
            out.separate()
            out.raw(whole.bytes[ByteRange(name.start &- 1, value.range.end)])
        }
        out.close()
    } else {
        out.raw(root.raw)
    }
    body.removeAll()
    guard !out.failed, body.append(kept.bytes) else { throw noRoom("the answer", body, cap: "caps.body") }
    do throws(JSONFault) { return try findMembers(body.bytes, depth, operation) } catch { throw notJSON(body.bytes, provider, model) }
}

/// Why something did not go into a buffer. `cap`: the member that bounds it.
package func noRoom(_ what: String, _ buffer: ByteBuffer, cap: String = "") -> Failure {
    if buffer.lacksMemory || buffer.limit == .max { return Failure(.memory, concat("no memory for ", what)) }
    return Failure(.tooLarge, concat(what, " is over the cap of ", String(decimal: buffer.limit), " bytes") + (cap.isEmpty ? "" : concat(" (", cap, ")")))
}

private func refused(_ found: Findings, _ bytes: UnsafeRawBufferPointer, _ operation: Operation, _ provider: Provider,
                     _ model: String) -> Failure {
    if !found.error.isNone || speaksOfAnError(bytes) {
        return classify(httpStatus: 200, headers: UnsafeRawBufferPointer(start: nil, count: 0), body: bytes, provider: provider, model: model)
    }
    guard found.isObject else { return notJSON(bytes, provider, model) }
    // An empty list of choices is an answer without content; no list at all is not an answer, nor are no vectors.
    let status: Status = operation != .embeddings && isArray(bytes, found.view.payload) ? .empty : .badResponse
    var failure = Failure(status, concat(provider.title, " answered without any ", operation == .embeddings ? "data" : "choices"))
    failure.httpStatus = 200
    failure.provider = provider.id
    failure.model = model
    return failure
}

private func isArray(_ bytes: UnsafeRawBufferPointer, _ value: ByteRange) -> Bool {
    bytes.byte(at: value.start) == UInt8(ascii: "[")
}
