internal import Bytes

/// A tool call that arrives in pieces.
protocol CallInPieces: AnyObject {
    /// Bodies of JSON strings; empty until a piece tells them.
    var id: ByteBuffer { get }
    var name: ByteBuffer { get }
    var index: Int? { get set }
    /// Its arguments are a whole object.
    var isComplete: Bool { get }
}

/// A piece goes on with one of so many calls at most, the latest: each looks for its own. A stream of Messages or Responses, which has
/// to keep calls until they may end, fails with more of them, so that none is lost unseen.
let mostOpenCalls = 1024

/// The call that a piece goes on with; nil: the piece begins one.
///
/// By id first, then by index. Ollama says index 0 for every call, Gemini's compatible endpoint says none (openai-python #3246,
/// LibreChat agents #260; 2026-09): a new id or name starts a new call. An id that another call has, too, is no sign of it where a
/// piece with a name of its own cannot belong to that call.
func callThatGoesOn<Call: CallInPieces>(_ calls: [Call], id: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer, index: Int?) -> Call? {
    guard let call = sameCall(calls.suffix(mostOpenCalls), id, name, index) else { return nil }
    call.index = call.index ?? index
    return call
}

private func sameCall<Call: CallInPieces>(_ calls: ArraySlice<Call>, _ id: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer, _ index: Int?) -> Call? {
    if id.count > 0 {
        var other: Call?
        for call in calls.reversed() where call.id.bytes.equals(id) && !begins(name, index, beside: call) {
            if call.index == index { return call }
            other = other ?? call
        }
        if let other { return other }
    }
    guard let call = index == nil ? calls.last : calls.last(where: { $0.index == index || $0.index == nil }) else { return nil }
    if id.count > 0 { return call.id.count == 0 && (name.count == 0 || call.name.count == 0) ? call : nil }
    if name.count == 0 || call.name.count == 0 { return call }
    // The same name again: said once more, or the next call of the same tool.
    return call.name.bytes.equals(name) && !call.isComplete ? call : nil
}

/// A piece with the id of a call is the first one of another.
private func begins<Call: CallInPieces>(_ name: UnsafeRawBufferPointer, _ index: Int?, beside call: Call) -> Bool {
    guard name.count > 0, call.name.count > 0 else { return false }
    let isElsewhere = index != nil && call.index != nil && index != call.index
    return call.name.bytes.equals(name) ? isElsewhere && call.isComplete : isElsewhere || call.isComplete
}
