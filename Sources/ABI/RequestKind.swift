internal import Model

/// What a number of `gatelet_operation` stands for.
struct RequestKind {
    var operation: Model.Operation
    var surface = Surface.openAI

    /// nil: none.
    init?(_ number: Int32) {
        switch number {
        case 7: self.init(.chat, .messages)
        case 8: self.init(.chatStream, .messages)
        case 9: self.init(.chat, .responses)
        case 10: self.init(.chatStream, .responses)
        case Model.Operation.countTokens.rawValue: self.init(.countTokens, .messages)
        default:
            guard let operation = Model.Operation(rawValue: number) else { return nil }
            self.init(operation)
        }
    }

    init(_ operation: Model.Operation, _ surface: Surface = .openAI) {
        self.operation = operation
        self.surface = surface
    }
}
