internal import CShims
package import Model
package import Transport

extension Failure {
    /// What a transfer's fault means to the caller. `detail` is curl's own text.
    package init(_ fault: TransferFault, detail: String, provider: Provider) {
        let who = provider.name.isEmpty ? provider.id : provider.name
        let tail = detail.isEmpty ? "" : ": " + detail
        switch fault {
        case .none: self.init(.internal, "no fault")
        case .resolve: self.init(.resolve, "the host of \(who) could not be resolved\(tail)")
        case .connect: self.init(.connect, "no connection to \(who)\(tail)")
        case .tls: self.init(.tls, "no trusted TLS connection to \(who)\(tail)")
        case .timeoutConnect: self.init(.timeoutConnect, "no connection to \(who) within the connect time-out")
        case .timeoutFirstByte: self.init(.timeoutFirstByte, "\(who) sent no complete response headers within the first-byte time-out")
        case .timeoutIdle: self.init(.timeoutIdle, "\(who) sent nothing for the idle time-out")
        case .timeoutContent: self.init(.timeoutContent, "\(who) sent no content for the content time-out")
        case .timeoutTotal: self.init(.timeoutTotal, "the request took longer than the total time-out")
        case .truncated: self.init(.truncated, "\(who) closed the connection before the answer was complete\(tail)")
        case .tooLarge: self.init(.tooLarge, "the response of \(who) is over a size cap")
        case .protocol: self.init(.protocol, "\(who) did not speak HTTP correctly\(tail)")
        case .memory: self.init(.memory, "out of memory")
        case .cancelled: self.init(.cancelled, "the request was cancelled")
        }
        self.provider = provider.id
    }
}
