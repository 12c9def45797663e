internal import Bytes

/// An http or https base URL, read strictly. The host is in lower case, without the brackets of IPv6.
package struct URLText: Equatable, Sendable {
    package var isSecure: Bool
    package var host: String
    package var port: Int
    package var isIPv6: Bool
    /// Begins with '/', or is empty; no trailing slash.
    package var path: String

    package var scheme: StaticString { isSecure ? "https" : "http" }

    /// Why a text is no base URL.
    package enum Fault: Error { case scheme, userinfo, host, port, path, query, character }

    package init(_ text: String) throws(Fault) {
        let bytes = text.octets
        for byte in bytes where byte <= Ascii.space || byte >= 0x7F || byte == Ascii.backslash || byte == Ascii.quote { throw .character }
        var rest = bytes[...]
        if Bytes.hasPrefix(rest, "https://") {
            isSecure = true
            rest = rest.dropFirst(8)
        } else if Bytes.hasPrefix(rest, "http://") {
            isSecure = false
            rest = rest.dropFirst(7)
        } else { throw .scheme }
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        rest = rest.dropFirst(authority.count)
        if authority.contains(UInt8(ascii: "@")) { throw .userinfo }
        let parts = try URLText.splitAuthority(authority)
        host = Bytes.lowercased(parts.host)
        isIPv6 = parts.isIPv6
        port = parts.port ?? (isSecure ? 443 : 80)
        if rest.contains(UInt8(ascii: "?")) || rest.contains(UInt8(ascii: "#")) { throw .query }
        guard URLText.isSafePath(rest) else { throw .path }
        while rest.last == UInt8(ascii: "/") { rest = rest.dropLast() }
        path = String(utf8: rest)
    }

    /// scheme://host[:port]path, the port only when it is not the scheme's own.
    package var text: String {
        let named = isIPv6 ? "[" + host + "]" : host
        let number = port == (isSecure ? 443 : 80) ? "" : ":" + String(port)
        return (isSecure ? "https://" : "http://") + named + number + path
    }

    /// 127.0.0.0/8, ::1 and localhost (with its sub-domains, RFC 6761).
    package var isLoopback: Bool {
        let bytes = host.octets[...]
        if isIPv6 { return URLText.isIPv6Loopback(bytes) }
        if Bytes.equal(bytes, "localhost") || Bytes.hasSuffix(bytes, ".localhost") { return true }
        guard let octets = URLText.ipv4(bytes) else { return false }
        return octets.first == 127
    }
}

// MARK: - Pieces

extension URLText {
    private static func splitAuthority(_ authority: ArraySlice<UInt8>) throws(Fault)
        -> (host: ArraySlice<UInt8>, port: Int?, isIPv6: Bool) {
        var host = authority, after = authority[authority.endIndex...]
        let isIPv6 = authority.first == UInt8(ascii: "[")
        if isIPv6 {
            guard let close = authority.firstIndex(of: UInt8(ascii: "]")) else { throw .host }
            host = authority[(authority.startIndex + 1)..<close]
            after = authority[(close + 1)...]
            if !isIPv6Text(host) { throw .host }
        } else {
            if let colon = authority.firstIndex(of: Ascii.colon) {
                host = authority[..<colon]
                after = authority[colon...]
            }
            if !isHostName(host) { throw .host }
        }
        if after.isEmpty { return (host, nil, isIPv6) }
        guard after.first == Ascii.colon, let port = number(after.dropFirst(), most: 65535), port > 0 else { throw .port }
        return (host, port, isIPv6)
    }

    /// Letters, digits, '-', '_' and dots that separate something; what looks like an IPv4 address must be one.
    private static func isHostName(_ host: ArraySlice<UInt8>) -> Bool {
        guard !host.isEmpty, host.count <= 253 else { return false }
        var label = 0, lastIsNumber = true
        for byte in host {
            if byte == UInt8(ascii: ".") {
                if label == 0 { return false }
                label = 0
                lastIsNumber = true
                continue
            }
            let digit = byte &- 0x30 <= 9
            guard digit || (byte | 0x20) &- 0x61 < 26 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") else { return false }
            lastIsNumber = lastIsNumber && (digit || (label == 1 && byte | 0x20 == UInt8(ascii: "x")))
            label += 1
        }
        // "0x7f.1" or "2130706433" are addresses to some resolvers: only dotted quads are taken.
        if label == 0 { return false }
        return !lastIsNumber || ipv4(host) != nil
    }

    private static func ipv4(_ host: ArraySlice<UInt8>) -> [Int]? {
        let parts = host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var octets: [Int] = []
        for part in parts {
            guard let octet = number(part, most: 255), part.count == 1 || part.first != 0x30 else { return nil }
            octets.append(octet)
        }
        return octets
    }

    /// Hexadecimal groups and colons, perhaps an IPv4 tail; whether it is one address curl decides.
    private static func isIPv6Text(_ host: ArraySlice<UInt8>) -> Bool {
        guard host.count >= 2, host.count <= 45, host.contains(Ascii.colon) else { return false }
        for byte in host where byte != Ascii.colon && byte != UInt8(ascii: ".") {
            guard byte &- 0x30 <= 9 || (byte | 0x20) &- 0x61 < 6 else { return false }
        }
        return true
    }

    /// ::1 in any spelling: every digit is zero but the last, which is 1; or ::ffff:127.x.y.z.
    private static func isIPv6Loopback(_ host: ArraySlice<UInt8>) -> Bool {
        let lower = Bytes.lowercased(host).octets[...]
        if Bytes.hasPrefix(lower, "::ffff:"), let octets = ipv4(lower.dropFirst(7)) { return octets.first == 127 }
        guard lower.last == 0x31, !lower.contains(UInt8(ascii: ".")) else { return false }
        var groups = 0
        for group in lower.split(separator: Ascii.colon) {
            groups += 1
            if group.count > 4 { return false }
        }
        let compressed = Bytes.hasPrefix(lower, "::") || groups < 8
        for byte in lower.dropLast() where byte != Ascii.colon && byte != 0x30 { return false }
        return groups <= 8 && (compressed ? hasDoubleColon(lower) : true)
    }

    private static func hasDoubleColon(_ host: ArraySlice<UInt8>) -> Bool {
        var last: UInt8 = 0
        for byte in host {
            if byte == Ascii.colon, last == Ascii.colon { return true }
            last = byte
        }
        return false
    }

    private static func number(_ digits: ArraySlice<UInt8>, most: Int) -> Int? {
        guard !digits.isEmpty, digits.count <= 9 else { return nil }
        var value = 0
        for digit in digits {
            guard digit &- 0x30 <= 9 else { return nil }
            value = value &* 10 &+ Int(digit &- 0x30)
        }
        return value <= most ? value : nil
    }

    /// No ".." or "." segment, in plain or percent-encoded spelling; every '%' is followed by two hexadecimal digits.
    private static func isSafePath(_ path: ArraySlice<UInt8>) -> Bool {
        for segment in path.split(separator: UInt8(ascii: "/")) {
            guard let plain = decoded(segment) else { return false }
            if Bytes.equal(plain[...], "..") || Bytes.equal(plain[...], ".") { return false }
        }
        return true
    }

    private static func decoded(_ segment: ArraySlice<UInt8>) -> [UInt8]? {
        var plain: [UInt8] = [], rest = segment
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                plain.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hex), let low = rest.popFirst().flatMap(hex) else { return nil }
            plain.append(high &<< 4 | low)
        }
        return plain
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        let letter = byte | 0x20
        return byte &- 0x30 <= 9 ? byte &- 0x30 : letter &- 0x61 < 6 ? letter &- 0x57 : nil
    }
}

/// Percent-encodes text as one path segment, '/' included. nil for "", "." and "..", which would be another path.
package func encodePathSegment(_ text: String) -> String? {
    let bytes = text.octets
    if bytes.isEmpty || Bytes.equal(bytes[...], ".") || Bytes.equal(bytes[...], "..") { return nil }
    return encodeQuery(text)
}

/// Percent-encodes text as a name or a value of a query.
package func encodeQuery(_ text: String) -> String {
    var out: [UInt8] = []
    for byte in text.octets {
        if byte &- 0x30 <= 9 || (byte | 0x20) &- 0x61 < 26 || Bytes.isAny(byte, "-._~") {
            out.append(byte)
        } else {
            out.append(UInt8(ascii: "%"))
            for half in [byte &>> 4, byte & 15] { out.append(half &+ (half < 10 ? 0x30 : 0x37)) }
        }
    }
    return String(utf8: out)
}

/// Percent-encodes a model id that is several path segments, keeping its '/'. nil when one of them is "", "." or "..".
package func encodePath(_ text: String) -> String? {
    var out = ""
    for segment in text.octets.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
        guard let encoded = encodePathSegment(String(utf8: segment)) else { return nil }
        out += out.utf8.isEmpty ? encoded : "/" + encoded
    }
    return out
}

/// Comparisons of byte slices with constants, ASCII letters in either case.
private enum Bytes {
    static func equal(_ bytes: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
        bytes.count == text.utf8CodeUnitCount && hasPrefix(bytes, text)
    }

    static func hasPrefix(_ bytes: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
        guard bytes.count >= text.utf8CodeUnitCount else { return false }
        for (index, byte) in bytes.prefix(text.utf8CodeUnitCount).enumerated() where lower(byte) != text.utf8Start[index] { return false }
        return true
    }

    static func hasSuffix(_ bytes: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
        equal(bytes.suffix(text.utf8CodeUnitCount), text)
    }

    static func isAny(_ byte: UInt8, _ of: StaticString) -> Bool {
        for index in 0..<of.utf8CodeUnitCount where of.utf8Start[index] == byte { return true }
        return false
    }

    static func lowercased(_ bytes: ArraySlice<UInt8>) -> String { String(utf8: bytes.map(lower)) }

    private static func lower(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
}
