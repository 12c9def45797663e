internal import Bytes
internal import JSON
internal import Model

/// Makes the message in `body` OpenAI's answer; what is none stays as it is. `request`: as it was sent. Whether the answer's text was repaired.
func readAnthropicAnswer(_ body: ByteBuffer, to request: UnsafeRawBufferPointer, depth: Int) throws(Failure) -> Bool {
    let repaired = ByteBuffer(limit: body.limit)
    defer {
        body.keepAlive()
        repaired.keepAlive()
    }
    if let message = JSONView(document: body.bytes, depthLimit: depth) {
        try rewrite(message, request, body)
        return false
    }
    guard repairJSON(body.bytes, into: repaired), let message = JSONView(document: repaired.bytes, depthLimit: depth) else { return false }
    try rewrite(message, request, body)
    return true
}

private func rewrite(_ message: JSONView, _ request: UnsafeRawBufferPointer, _ body: ByteBuffer) throws(Failure) {
    guard message.isObject, let content = message["content"], content.isArray else { return }
    let answer = AnswerWriter(limit: body.limit)
    let pieces = AnthropicPieces(answer.chunks, to: request, longest: body.limit)
    pieces.begin(message)
    var index = 0, goesOn = answer.chunks.delta(answer.take) { _ in }
    for block in content.elements where goesOn {
        goesOn = pieces.whole(index, block, answer.take)
        index &+= 1
    }
    if goesOn { goesOn = pieces.finish(answer.take) }
    if pieces.tooLarge { throw noRoom("the answer", body, cap: "caps.body") }
    try answer.replace(body)
}
