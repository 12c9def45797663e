internal import Bytes
internal import Dialects
internal import Model
internal import Transport

/// What the development provider answers, for an engine to play. `step`: what goes wrong with it.
func devAnswer(_ body: UnsafeRawBufferPointer, _ operation: Model.Operation, _ provider: Provider, step: FaultStep? = nil) -> Script {
    if let step { return played(devScript(body: body, operation: operation, tokenDelay: provider.tokenDelay, step: step)) }
    return played(devScript(body: body, operation: operation, tokenDelay: provider.tokenDelay))
}

private func played(_ answer: DevScript) -> Script {
    var pieces: [ScriptPiece] = []
    pieces.reserveCapacity(answer.steps.count)
    for step in answer.steps {
        pieces.append(ScriptPiece(delay: Int64(min(max(step.delay, 0), 86_400) * 1_000_000), bytes: step.bytes))
    }
    var script = Script(status: answer.httpStatus, contentType: answer.contentType, pieces: pieces)
    for header in answer.headers { script.headers.append(concat(header.name, ": ", header.value)) }
    switch answer.ending {
    case .complete: break
    case .cut: (script.ending, script.detail) = (.truncated, "closed by a scripted fault")
    case .reset: (script.ending, script.detail) = (.truncated, "reset by a scripted fault")
    case .refused: (script.ending, script.detail) = (.connect, "refused by a scripted fault")
    }
    return script
}
