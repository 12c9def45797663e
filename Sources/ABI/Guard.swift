internal import CGatelet
internal import CShims
internal import Model

/// The way into every function that returns a status: asks the re-entrancy table, runs the body, turns a failure into an
/// error object. `surface`: whose words the caller's own client understands.
func guarded(_ function: Function, _ error: UnsafeMutablePointer<OpaquePointer?>?, for surface: Surface = .openAI,
             _ body: () throws(Failure) -> Void) -> gatelet_status {
    error?.pointee = nil
    do throws(Failure) {
        try function.check()
        try body()
        return 0
    } catch let thrown {
        var failure = thrown
        failure.surface = surface
        // What left a client brought its redaction along; without a client nothing is secret.
        error?.pointee = makeHandle(ErrorBox(RedactedFailure(failure, .none)), .error)
        return failure.status.rawValue
    }
}

/// The bytes of a document that must be there.
func document(_ json: UnsafePointer<CChar>?, _ name: StaticString) throws(Failure) -> UnsafeRawBufferPointer {
    guard let json else { throw Failure(.argument, "\(name) is NULL") }
    return UnsafeRawBufferPointer(start: json, count: strlen(json))
}
