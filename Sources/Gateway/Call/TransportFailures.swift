internal import Bytes
internal import CShims
package import Model
package import Transport

extension Failure {
    /// What a transfer's fault means to the caller. `detail` is curl's own text.
    package init(_ fault: TransferFault, detail: String, provider: Provider) {
        let (status, pattern) = meaning(of: fault)
        self.init(status, filled(pattern, provider.name.isEmpty ? provider.id : provider.name, detail))
        self.provider = provider.id
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
