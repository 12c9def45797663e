internal import Accounting
internal import Bytes
internal import HTTPText
internal import Model
internal import Transport

/// Bytes of names and values that are told; what stands behind them is left out.
private let mostHeaderBytes = 16 << 10
private let mostHeaders = 128

/// `{"status":200,"headers":{...}}` of a response: names in lower case, the values of repeated ones joined by ", ". nil: none came, or
/// out of memory.
func responseReport(_ transfer: Transfer, _ redaction: Redaction) -> ByteBuffer? {
    if transfer.status == 0 { return nil }
    let out = ByteBuffer()
    var ok = out.append("{\"status\":") && Report.number(Int64(transfer.status), out) && out.append(",\"headers\":{")
    for (index, header) in toldHeaders(transfer.responseHeaders.bytes).enumerated() {
        ok = ok && (index == 0 || out.append(",")) && Report.text(header.name, out) && out.append(":") && Report.text(header.value, out)
    }
    return ok && out.append("}}") && redaction.clean(out) ? out : nil
}

private func toldHeaders(_ block: UnsafeRawBufferPointer) -> [Header] {
    var told: [Header] = [], bytes = 0
    var lines = HeaderLines(block)
    while let line = lines.next(), told.count < mostHeaders {
        guard let colon = line.firstIndex(of: Ascii.colon), colon > 0 else { continue }
        let name = lowercased(String(utf8: line[ByteRange(0, colon)]))
        if !HeaderText.isName(name) || isWithheld(name) { continue }
        let value = HeaderText.trimmed(line[ByteRange(colon &+ 1, line.count)])
        bytes &+= name.utf8.count &+ value.count
        if bytes > mostHeaderBytes { break }
        if let at = told.firstIndex(where: { same($0.name, name) }) {
            told[at] = Header(name: name, value: concat(told[at].value, ", ", String(utf8: value)))
        } else {
            told.append(Header(name: name, value: String(utf8: value)))
        }
    }
    return told
}

/// What would let somebody else go on with the provider's session.
func isWithheld(_ name: String) -> Bool {
    let names: [StaticString] = ["set-cookie", "set-cookie2", "cookie", "authorization", "proxy-authorization"]
    return names.contains { $0 ~= Word(name) }
}
