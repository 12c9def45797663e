extension Failure {
    package static var clientFreed: Failure { Failure(.closed, "the client was freed") }
}
