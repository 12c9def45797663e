internal import Bytes
internal import HTTPText
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
        if transfer.status == 0 { return out.raw("null") }
        out.open()
        out.member("status", transfer.status)
        out.name("headers")
        writeHeaders(transfer.responseHeaders.bytes)
        if let redirect = transfer.redirect { out.member("redirect", request.exchange.redaction.text(CassetteRequest.safe(redirect))) }
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

    /// Names in lower case; one that came several times has a list of values.
    private mutating func writeHeaders(_ block: UnsafeRawBufferPointer) {
        let headers = CassetteLine.headers(block, request.exchange.redaction)
        var names: [String] = []
        out.open()
        for header in headers where !names.contains(where: { same($0, header.name) }) {
            names.append(header.name)
            out.name(header.name)
            let values = headers.filter { same($0.name, header.name) }.map { $0.value }
            if values.count == 1 {
                out.string(values[0])
                continue
            }
            out.open("[")
            for value in values {
                out.separate()
                out.string(value)
            }
            out.close("]")
        }
        out.close()
    }

    private static func headers(_ block: UnsafeRawBufferPointer, _ redaction: Redaction) -> [Header] {
        var told: [Header] = [], lines = HeaderLines(block)
        while let line = lines.next(), told.count < mostHeaders {
            guard let colon = line.firstIndex(of: Ascii.colon), colon > 0 else { continue }
            let name = lowercased(String(utf8: line[ByteRange(0, colon)]))
            if !HeaderText.isName(name) || isWithheld(name) { continue }
            let value = String(utf8: HeaderText.trimmed(line[ByteRange(colon &+ 1, line.count)]))
            told.append(Header(name: name, value: redaction.text(same(name, "location") ? CassetteRequest.safe(value) : value)))
        }
        return told
    }

    private static let mostHeaders = 256

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
