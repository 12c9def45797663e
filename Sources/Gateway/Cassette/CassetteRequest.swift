internal import Bytes
internal import CShims
internal import HTTPText
internal import JSON
internal import Model
internal import Transport

/// The request of an exchange, as recordings have it: nothing secret is in it.
struct CassetteRequest {
    let exchange: CassetteExchange
    let method: String
    /// Without what a URL may tell of its user; of its query, keys are `***`.
    let url: String
    /// In lower case; the values of those that carry keys are `***`.
    let headers: [Header]
    /// nil: there is none.
    let body: ByteBuffer?

    init(_ transfer: Transfer, _ exchange: CassetteExchange) {
        self.exchange = exchange
        let own = transfer.method.map { CassetteRequest.text($0) }
        method = own ?? (transfer.body == nil ? "GET" : "POST")
        url = exchange.redaction.text(CassetteRequest.safe(CassetteRequest.text(transfer.url)))
        headers = CassetteRequest.headers(transfer.headers, exchange.redaction)
        body = transfer.body.flatMap { CassetteRequest.clean($0, exchange.redaction) }
    }

    /// The path with its query.
    var target: [UInt8] { CassetteRequest.target(of: url) }

    // MARK: what is secret

    private static func clean(_ body: ByteBuffer, _ redaction: Redaction) -> ByteBuffer? {
        let copy = ByteBuffer()
        defer { body.keepAlive() }
        return copy.append(body.bytes) && redaction.clean(copy) ? copy : nil
    }

    private static func headers(_ list: HeaderList?, _ redaction: Redaction) -> [Header] {
        var told: [Header] = [], next = list?.list
        while let line = next?.pointee {
            next = line.next
            guard let data = line.data else { continue }
            let octets = String(cString: data).octets
            guard let colon = octets.firstIndex(of: Ascii.colon), colon > 0 else { continue }
            let name = lowercased(String(utf8: octets[..<colon])), value = String(utf8: Array(octets[(colon + 1)...].drop { $0 == Ascii.space }))
            if value.isEmpty || same(name, "user-agent") { continue } // which differ with each version
            told.append(Header(name: name, value: isSecret(header: name) ? "***" : redaction.text(value)))
        }
        return told
    }

    private static func isSecret(header name: String) -> Bool {
        let words: [StaticString] = ["authorization", "cookie", "key", "token", "secret", "signature", "credential"]
        return has(name, words)
    }

    private static func isSecret(parameter name: String) -> Bool {
        let words: [StaticString] = ["key", "token", "secret", "sig", "credential", "password", "code"]
        return has(lowercased(name), words)
    }

    private static func has(_ name: String, _ words: [StaticString]) -> Bool {
        name.octets.withUnsafeBytes { name in words.contains { name.find($0) != nil } }
    }

    /// Without a user's name and password, and without the values of parameters that may be keys.
    static func safe(_ url: String) -> String {
        var octets = url.octets
        if let start = octets.withUnsafeBytes({ $0.find("://") }) {
            let from = start &+ 3, end = octets[from...].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? octets.count
            if let at = octets[from..<end].lastIndex(of: UInt8(ascii: "@")) { octets.removeSubrange(from...at) }
        }
        guard let question = octets.firstIndex(of: UInt8(ascii: "?")) else { return String(utf8: octets) }
        var made = Array(octets[...question]), rest = octets[(question &+ 1)...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "&")) ?? rest.endIndex, part = rest[..<end]
            if let equals = part.firstIndex(of: UInt8(ascii: "=")), isSecret(parameter: String(utf8: Array(part[..<equals]))) {
                made.append(contentsOf: part[...equals])
                made.append(contentsOf: [0x2A, 0x2A, 0x2A])
            } else {
                made.append(contentsOf: part)
            }
            if end < rest.endIndex { made.append(UInt8(ascii: "&")) }
            rest = rest[min(end &+ 1, rest.endIndex)...]
        }
        return String(utf8: made)
    }

    /// Up to its NUL.
    private static func text(_ characters: [CChar]) -> String { String(utf8: Array(characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })) }

    static func target(of url: String) -> [UInt8] {
        let octets = url.octets, start = octets.withUnsafeBytes { $0.find("://") }.map { $0 &+ 3 } ?? 0
        let path = octets[start...].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? octets.endIndex
        return Array(octets[path...])
    }
}
