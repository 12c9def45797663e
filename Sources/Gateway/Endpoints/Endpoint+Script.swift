internal import Bytes
internal import Dialects
internal import Model
internal import Transport

extension Endpoint {
    /// What the dialect answers by itself, for an engine to play; nil: the provider is asked. `step`: what goes wrong with it.
    func script(_ body: UnsafeRawBufferPointer, _ operation: Model.Operation, step: FaultStep? = nil) -> Script? {
        dialect.script(body, operation: operation, provider: provider, step: step).map(played)
    }

    /// The same for its model list.
    var listScript: Script? { script(UnsafeRawBufferPointer(start: nil, count: 0), .listModels) }
}

private func played(_ answer: AnswerScript) -> Script {
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
