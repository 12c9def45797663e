package import Bytes
package import JSON
package import Model

/// Where an answer, or a piece of one, says that it failed.
package enum FoundError: Sendable, Equatable {
    /// The whole document is the error, or has it beside the choices.
    case document
    /// The value that holds the member `error`: a choice, or its delta or message.
    case inside(ByteRange)
    /// A finish reason that means failure: the text between the quotes.
    case finish(ByteRange, Status)
    /// Nothing that belongs to the operation, and no error that anybody knows.
    case nonsense
}

/// Choices by their index.
package struct ChoiceSet: Sendable, Equatable {
    private static let most = 4096

    private var near: UInt64 = 0
    /// Sorted, for what is beyond 63.
    private var far: [Int] = []

    package init() {}

    package var isEmpty: Bool { near == 0 && far.isEmpty }
    package var count: Int { near.nonzeroBitCount &+ far.count }

    @inline(__always)
    package mutating func insert(bits: UInt16) { near |= UInt64(bits) }

    package mutating func insert(_ index: Int) {
        if index >= 0, index < 64 {
            near |= 1 &<< UInt64(truncatingIfNeeded: index)
        } else if far.count < ChoiceSet.most, !far.contains(index) {
            far.insert(index, at: far.firstIndex { $0 > index } ?? far.count)
        }
    }
}

/// The one judge of answers: what the chunks of a stream, or a blocking answer, have shown so far. Documents come whole and validated.
package struct AnswerSigns: Sendable {
    package var seen = ChoiceSet()
    package private(set) var finished = ChoiceSet()
    package var hasContent = false
    /// A finish reason explains why there may be nothing.
    package private(set) var isExplained = false
    /// A choice ended by itself.
    package private(set) var hasStopped = false
    /// A choice ended otherwise than by itself or with calls: it was cut off, filtered, ...
    package private(set) var isUnusual = false

    package init() {}

    package var hasFinish: Bool { !finished.isEmpty }

    /// Every choice that was seen has a finish reason.
    package var isWhole: Bool { hasFinish && finished == seen }

    /// As many choices as were asked for have a finish reason, and no choice is without.
    package func isComplete(asked: Int) -> Bool { isWhole && finished.count >= asked }

    /// Whether all of it comes to nothing. `silence`: whether the request lets a model end without a word.
    package func isEmpty(outputTokens: Int?, silence: () -> Bool) -> Bool {
        if hasContent || isExplained { return false }
        return !(hasStopped && ((outputTokens ?? 0) > 0 || silence()))
    }

    /// Reads one document; what it has of errors is returned. An error beside choices with content that all have ended is told by
    /// `errorIsBeside`: that answer was paid for. So is one with content whose choice has an error, where it came `whole` and no
    /// finish reason speaks of failure (OpenRouter, when a tool call is malformed behind the text).
    package mutating func read(_ document: JSONView, whole: Bool = false) -> (error: FoundError?, hasContent: Bool, errorIsBeside: Bool) {
        read(document, AnswerMembers(of: document), whole: whole)
    }

    mutating func read(_ document: JSONView, _ members: AnswerMembers, whole: Bool) -> (error: FoundError?, hasContent: Bool, errorIsBeside: Bool) {
        guard document.isObject else {
            if document.isNull { return (nil, false, false) }
            return (document.firstElement.map(isErrorDocument) ?? false ? .document : .nonsense, false, false)
        }
        var piece = Piece(), position = 0
        for choice in JSONView(valid: document.bytes, members.choices).elements {
            read(choice, position, &piece)
            position &+= 1
        }
        if piece.hasContent { hasContent = true }
        let isBeside = piece.hasContent && piece.open == 0 && piece.error == nil
        if !members.error.isNone, isRealError(JSONView(valid: document.bytes, members.error)) { return (.document, piece.hasContent, isBeside) }
        if let error = piece.error { return (error, piece.hasContent, whole && piece.hasContent && !piece.hasFailed) }
        return (!piece.hasContent && isErrorDocument(document) ? .document : nil, piece.hasContent, false)
    }

    /// What a piece of a stream shows at a glance.
    @inline(__always)
    package mutating func note(choiceBits: UInt16, hasContent content: Bool) {
        seen.insert(bits: choiceBits)
        hasContent = hasContent || content
    }

    private struct Piece {
        var hasContent = false
        /// Choices without a finish reason.
        var open = 0
        var error: FoundError?
        /// A finish reason means failure.
        var hasFailed = false
    }

    private mutating func read(_ choice: JSONView, _ position: Int, _ piece: inout Piece) {
        let bytes = choice.bytes
        var index = position, reason = ByteRange.none
        choice.forEachMember { name, value in
            if value.isNull { return }
            if jsonName(bytes, name, is: "index") { index = value.int ?? index }
            if jsonName(bytes, name, is: "finish_reason") { reason = value.range }
            if jsonName(bytes, name, is: "error"), isRealError(value) { piece.error = piece.error ?? .inside(choice.range) }
            if jsonName(bytes, name, is: "text"), isFilled(value) { piece.hasContent = true }
            if jsonName(bytes, name, is: "delta") || jsonName(bytes, name, is: "message") { readMessage(value, &piece) }
        }
        seen.insert(index)
        if !isFilled(JSONView(valid: bytes, reason)) { return piece.open &+= 1 }
        let isText = bytes.byte(at: reason.start) == Ascii.quote
        if !isUsual(isText ? bytes[ByteRange(reason.start &+ 1, reason.end &- 1)] : bytes[.none]) { isUnusual = true }
        let word = isText ? ByteRange(reason.start &+ 1, reason.end &- 1) : reason
        switch isText ? finishMeaning(bytes[word]) : .explained {
        case .failed(let status):
            // An error that is spelled out says more.
            piece.error = piece.error ?? .finish(word, status)
            piece.hasFailed = true
            piece.open &+= 1
            return
        case .stopped: hasStopped = true
        case .explained: isExplained = true
        case .open: return piece.open &+= 1
        }
        finished.insert(index)
    }

    private func isUsual(_ reason: UnsafeRawBufferPointer) -> Bool { reason.equals("stop") || reason.equals("tool_calls") || reason.equals("function_call") }

    private func readMessage(_ message: JSONView, _ piece: inout Piece) {
        let bytes = message.bytes
        message.forEachMember { name, value in
            if jsonName(bytes, name, is: "error"), isRealError(value) { piece.error = piece.error ?? .inside(message.range) }
            let raw = bytes[name]
            guard isContentMember(raw, raw.count), !value.isNull else { return }
            if value.isArray, raw.equals("content") ? partsHaveContent(value.raw) : value.firstElement != nil { piece.hasContent = true }
            if !value.isArray, isFilled(value) { piece.hasContent = true }
        }
    }
}

/// What a finish reason that means failure is reported as.
package func finishFailure(_ word: UnsafeRawBufferPointer, _ status: Status, _ provider: Provider, model: String) -> Failure {
    let reason = UnredactedText(foreign: boundedText(word, longestRead), most: 64)
    var failure = Failure(status, UnredactedText(concat(provider.title, " ended the answer with a finish reason that means failure")) + UnredactedText(foreign: ": ", most: 2) + reason)
    failure.httpStatus = 200
    failure.provider = provider.id
    failure.model = model
    failure.code = reason
    failure.providerMessage = reason
    failure.mayBeOfRequest = status == .badResponse // a call that went wrong: the request's tools, or what it left out, may be why
    return failure
}

/// An answer with nothing in it. `hasFinish`: a finish reason came, so that the request itself may be why.
package func emptyAnswer(hasFinish: Bool, _ provider: Provider, model: String) -> Failure {
    var failure = Failure(.empty, concat(provider.title, " answered without any content", hasFinish ? "" : " and without a finish reason"))
    failure.httpStatus = 200
    failure.provider = provider.id
    failure.model = model
    failure.mayBeOfRequest = hasFinish
    return failure
}
