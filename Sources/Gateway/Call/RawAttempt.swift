internal import Accounting
internal import Bytes
internal import CShims
internal import Dialects
internal import JSON
internal import Model
internal import Transport

/// A try whose bytes are nobody's business but the caller's.
final class RawAttempt: Attempt {
    /// The body of the answer, for who wants it as a whole, and of a refusal.
    private let body: ByteBuffer
    private var stopped: Failure?
    /// The caller has been told of the response, or will not be.
    private var isCommitted = false

    override init(_ call: Call, index: Int, _ target: AttemptTarget) {
        body = ByteBuffer(limit: call.setup.configuration.caps.body)
        super.init(call, index: index, target)
    }

    private var isAccepted: Bool { transfer.status >= 200 && transfer.status < 300 }
    private var tellsPieces: Bool { call.operation == .rawStream }
    private var keepsBody: Bool { !isAccepted || !tellsPieces || call.assembles }

    override func transfer(_: Transfer, body bytes: UnsafeRawBufferPointer) -> BodyVerdict {
        if abandoned { return .abort }
        if isAccepted {
            if !isCommitted, !commit() { return .abort }
            if tellsPieces, let sink = call.sink, sink.isFull() { return .pause }
            if tellsPieces { stopped = call.sink?.piece(bytes).failure }
        }
        if stopped == nil, keepsBody, !body.append(bytes) { stopped = noRoom("the answer", body, cap: "caps.body") }
        return stopped == nil ? .accept : .abort
    }

    /// From here on the answer is the caller's.
    private func commit() -> Bool {
        guard call.commit(self) else {
            abandoned = true
            return false
        }
        isCommitted = true
        guard tellsPieces, let report = responseReport(transfer, call.request.redaction) else { return true }
        stopped = call.sink?.response(report.bytes).failure
        report.keepAlive()
        return stopped == nil
    }

    override func ended(_ fault: TransferFault, _ detail: String) {
        var failure = stopped
        if failure == nil, fault != .none { failure = transportFailure(fault, detail) }
        if failure == nil { failure = httpFailure(body.bytes) }
        if failure == nil, !isCommitted, !commit() { failure = stopped ?? Failure(.cancelled, "another attempt was first") }
        settle(failure)
        if let failure { return call.attemptFailed(self, failure) }
        guard !tellsPieces || call.assembles else { return call.rawFinished(self, nil) }
        guard let document = rawDocument(body) else {
            return call.attemptFailed(self, Failure(.memory, "no memory for the answer"))
        }
        call.rawFinished(self, document)
    }
}

extension EventSink {
    fileprivate func piece(_ bytes: UnsafeRawBufferPointer) -> SinkVerdict {
        let none = bytes[.none]
        return chunk(json: bytes, text: none, reasoning: none, name: none)
    }
}

/// `{"object":"gatelet.raw","body":...}`: a text where it is one, else `body_base64`.
private func rawDocument(_ body: ByteBuffer) -> ByteBuffer? {
    let out = ByteBuffer()
    defer { body.keepAlive() }
    let ok = out.append("{\"object\":\"gatelet.raw\",") && (isText(body.bytes)
        ? out.append("\"body\":") && appendJSONString(body.bytes, to: out)
        : out.append("\"body_base64\":\"") && appendBase64(body.bytes, to: out) && out.append("\""))
    return ok && out.append("}") ? out : nil
}

/// UTF-8 without a NUL.
private func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return true }
    var at = 0
    while at < bytes.count {
        if base[at] == 0 { return false }
        if base[at] < 0x80 {
            at &+= 1
            continue
        }
        let length = gl_utf8_sequence(base + at, bytes.count &- at)
        if length == 0 { return false }
        at &+= length
    }
    return true
}
