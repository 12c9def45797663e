internal import Bytes
internal import CShims
internal import Model
internal import Transport

extension TransferFault {
    /// What it means to the caller. `detail` is curl's own text.
    func failure(_ detail: String, at provider: Provider) -> Failure {
        let (status, pattern) = meaning(of: self)
        var failure = Failure(status, filled(pattern, provider.name.isEmpty ? provider.id : provider.name, detail))
        failure.provider = provider.id
        return failure
    }
}

/// In the text, `@` stands for the provider and a `:` at the end for curl's detail.
private func meaning(of fault: TransferFault) -> (Status, StaticString) {
    switch fault {
    case .none: (.internal, "no fault")
    case .resolve: (.resolve, "the host of @ could not be resolved:")
    case .connect: (.connect, "no connection to @:")
    case .tls: (.tls, "no trusted TLS connection to @:")
    case .timeoutConnect: (.timeoutConnect, "no connection to @ within the connect time-out")
    case .timeoutFirstByte: (.timeoutFirstByte, "@ sent no complete response headers within the first-byte time-out")
    case .timeoutIdle: (.timeoutIdle, "@ sent nothing for the idle time-out")
    case .timeoutContent: (.timeoutContent, "@ sent no content for the content time-out")
    case .timeoutTotal: (.timeoutTotal, "the request took longer than the total time-out")
    case .truncated: (.truncated, "@ closed the connection before the answer was complete:")
    case .tooLarge: (.tooLarge, "the response of @ is over a size cap")
    case .protocol: (.protocol, "@ did not speak HTTP correctly:")
    case .memory: (.memory, "out of memory")
    case .unsent: (.connect, "@ took the request on no connection:")
    case .cancelled: (.cancelled, "the request was cancelled")
    case .unrecorded: (.refused, "@ is not asked:")
    }
}

private func filled(_ pattern: StaticString, _ provider: String, _ detail: String) -> String {
    let text = ByteBuffer()
    defer { text.keepAlive() }
    for byte in UnsafeBufferPointer(start: pattern.utf8Start, count: pattern.utf8CodeUnitCount) {
        switch byte {
        case UInt8(ascii: "@"): _ = text.append(provider)
        case UInt8(ascii: ":"): _ = detail.isEmpty || text.append(": ") && text.append(detail)
        default: _ = text.append(byte)
        }
    }
    return String(utf8: text.bytes)
}
