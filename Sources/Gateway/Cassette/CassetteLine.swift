internal import Bytes
internal import JSON
internal import Model
internal import Transport

/// The line of an exchange.
struct CassetteLine {
    private let request: CassetteRequest
    private let body: ByteBuffer
    private let pieces: CassettePieces
    private var out = MemberWriter(ByteBuffer())

    init(_ request: CassetteRequest, _ body: ByteBuffer, _ pieces: CassettePieces) {
        self.request = request
        self.body = body
        self.pieces = pieces
    }

    /// nil: no memory.
    func write(_ transfer: Transfer, _ end: StaticString, _ detail: String) -> ByteBuffer? {
        var line = self
        let masked = line.masked()
        line.write(transfer, end, detail, masked)
        return line.out.failed || masked == nil ? nil : line.out.buffer
    }

    private mutating func write(_ transfer: Transfer, _ end: StaticString, _ detail: String, _ masked: ByteBuffer?) {
        out.open()
        out.member("v", 1)
        out.member("provider", request.exchange.provider)
        out.member("model", request.exchange.redaction.text(request.exchange.model))
        out.name("request")
        writeRequest()
        out.name("response")
        writeResponse(transfer, masked ?? body)
        out.member("end", String(end))
        if !detail.isEmpty { out.member("detail", request.exchange.redaction.text(detail)) }
        out.close()
        out.raw("\n")
    }

    private mutating func writeRequest() {
        out.open()
        out.member("method", request.method)
        out.member("url", request.url)
        out.name("headers")
        out.open()
        for header in request.headers {
            out.name(header.name)
            out.string(header.value)
        }
        out.close()
        if let body = request.body {
            defer { body.keepAlive() }
            if let document = JSONView(document: body.bytes, depthLimit: JSONCursor.deepest) {
                out.name("json")
                out.compact(document)
            } else {
                write(bytes: body.bytes)
            }
        }
        out.close()
    }

    private mutating func writeResponse(_ transfer: Transfer, _ masked: ByteBuffer) {
        guard let head = responseReport(transfer, request.exchange.redaction) else { return out.raw("null") }
        defer { head.keepAlive() }
        out.open()
        let view = JSONView(trusted: head.bytes)
        if let status = view["status"] {
            out.name("status")
            out.raw(status.raw)
        }
        if let headers = view["headers"] {
            out.name("headers")
            out.raw(headers.raw)
        }
        if let redirect = transfer.redirect { out.member("redirect", request.exchange.redaction.text(redirect)) }
        out.name("pieces")
        out.open("[")
        var written = out
        pieces.forEach { range, time in
            written.separate()
            written.open()
            written.name("at")
            written.raw(CassetteLine.seconds(time))
            CassetteLine.write(masked.bytes[range], &written)
            written.close()
        }
        out = written
        masked.keepAlive()
        out.close("]")
        out.close()
    }

    private mutating func write(bytes: UnsafeRawBufferPointer) { CassetteLine.write(bytes, &out) }

    private static func write(_ bytes: UnsafeRawBufferPointer, _ out: inout MemberWriter) {
        out.name(CassetteText.name(bytes))
        out.check(CassetteText.append(bytes, to: out.buffer))
    }

    /// Six places behind the point.
    private static func seconds(_ microseconds: Int64) -> String {
        let value = max(0, microseconds), rest = String(decimal: Int(value % 1_000_000))
        var zeros = ""
        for _ in rest.utf8.count..<6 { zeros = concat(zeros, "0") }
        return concat(String(decimal: Int(value / 1_000_000)), ".", concat(zeros, rest))
    }

    /// The body with a star for each byte of a secret: pieces stay as long as they were, wherever one is cut. nil: no memory.
    private func masked() -> ByteBuffer? {
        let copy = ByteBuffer()
        guard copy.append(body.bytes) else { return nil }
        request.exchange.redaction.forEachSecret(in: body.bytes) { start, end in
            guard let base = copy.base else { return }
            for at in max(0, start)..<min(max(start, end), copy.count) { base[at] = UInt8(ascii: "*") }
        }
        return copy
    }
}
