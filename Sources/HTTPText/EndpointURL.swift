internal import Bytes

/// What has to be known of a URL before anything is sent there.
package struct EndpointURL {
    /// https
    package let secure: Bool
    /// The host is this machine for certain: `localhost`, `127.0.0.0/8` in its plain form, or `[::1]`.
    package let loopback: Bool
    /// Scheme, host and port as they are written.
    package let origin: String

    /// Why a text is none. The text of each goes behind the name of what was read.
    package enum Fault: String, Error {
        case character = "must be a URL without spaces, backslashes and control characters"
        case scheme = "must begin with http:// or https://"
        case userinfo = "must not contain a user or password"
        case host = "has no valid host and port"
        case fragment = "must not contain a fragment"
        case query = "must not contain a query"
    }

    /// `query`: it may have one.
    package init(_ text: String, query: Bool = false) throws(Fault) {
        let bytes = text.octets
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else { throw .character }
        guard let rest = Self.afterScheme(bytes) else { throw .scheme }
        secure = rest.secure
        let authority = rest.bytes.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        if authority.contains(UInt8(ascii: "@")) { throw .userinfo }
        guard let host = Self.host(of: Array(authority)) else { throw .host }
        loopback = Self.isLoopback(host)
        origin = String(utf8: bytes[..<authority.endIndex])
        let tail = rest.bytes.dropFirst(authority.count)
        if tail.contains(UInt8(ascii: "#")) { throw .fragment }
        if !query && tail.contains(UInt8(ascii: "?")) { throw .query }
    }

    private static func afterScheme(_ bytes: [UInt8]) -> (secure: Bool, bytes: ArraySlice<UInt8>)? {
        let start = bytes.prefix(8).map(lowercased)
        if start.starts(with: "https://".octets) { return (true, bytes.dropFirst(8)) }
        if start.starts(with: "http://".octets) { return (false, bytes.dropFirst(7)) }
        return nil
    }

    /// The host in lower case when it and the port are well formed; brackets of IPv6 addresses stay.
    private static func host(of authority: [UInt8]) -> [UInt8]? {
        let bracketed = authority.first == UInt8(ascii: "[")
        var host: ArraySlice<UInt8>
        if bracketed {
            guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            host = authority[...end]
            guard host.dropFirst().dropLast().allSatisfy(isAddressByte) else { return nil }
        } else {
            host = authority.prefix { $0 != UInt8(ascii: ":") }
            guard host.allSatisfy({ isNameByte($0) || $0 == UInt8(ascii: ".") }) else { return nil }
        }
        let port = authority.dropFirst(host.count)
        guard !host.isEmpty, isPort(port) else { return nil }
        return host.map(lowercased)
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
             UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: ":"), UInt8(ascii: "."): true
        default: false
        }
    }

    /// Nothing, or `:` and 1 to 65535.
    private static func isPort(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let colon = bytes.first else { return true }
        let digits = bytes.dropFirst()
        guard colon == UInt8(ascii: ":"), let value = decimal(digits), digits.count <= 5 else { return false }
        return value >= 1 && value <= 65535
    }

    private static func isLoopback(_ host: [UInt8]) -> Bool {
        if host == "localhost".octets || host == "[::1]".octets { return true }
        let parts = host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return false }
        // Only the plain form: `127.1` and `0177.0.0.1` mean different hosts to different resolvers.
        let numbers = parts.map { part in part.count > 1 && part.first == UInt8(ascii: "0") ? nil : decimal(part) }
        return numbers.allSatisfy { $0.map { $0 <= 255 } ?? false } && numbers.first == 127
    }

    /// At most nine digits.
    private static func decimal(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard !bytes.isEmpty, bytes.count <= 9 else { return nil }
        var value = 0
        for byte in bytes {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value &* 10 &+ Int(byte &- UInt8(ascii: "0"))
        }
        return value
    }
}
