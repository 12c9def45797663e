internal import Bytes
internal import CShims

/// An address of IPv4 or IPv6; the former as IPv6 maps it (::ffff:a.b.c.d).
package struct IPAddress: Sendable, Equatable {
    private let high: UInt64
    private let low: UInt64

    /// `fill` writes sixteen bytes. nil: it did not.
    package init?(_ fill: (UnsafeMutablePointer<UInt8>) -> Bool) {
        var words: (UInt64, UInt64) = (0, 0)
        let isFilled = withUnsafeMutablePointer(to: &words) { pair in
            pair.withMemoryRebound(to: UInt8.self, capacity: 16) { fill($0) }
        }
        guard isFilled else { return nil }
        (high, low) = (UInt64(bigEndian: words.0), UInt64(bigEndian: words.1))
    }

    /// In its usual spelling. nil: it is none.
    package init?(_ text: String) {
        self.init { bytes in text.withCString { gl_parse_address($0, bytes) != 0 } }
    }

    fileprivate func hasPrefix(_ bits: Int, of other: IPAddress) -> Bool {
        if bits <= 0 { return true }
        if bits <= 64 { return (high ^ other.high) >> UInt64(64 &- bits) == 0 }
        return high == other.high && (low ^ other.low) >> UInt64(max(0, 128 &- bits)) == 0
    }

    package var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// Somebody in the public internet may be behind it; what is not known to be public is not.
    package var isPublic: Bool {
        if isIPv4 { return isPublicIPv4(UInt32(truncatingIfNeeded: low)) }
        // 64:ff9b::/96 is IPv4 behind a translator (RFC 6052).
        if high == 0x0064_FF9B_0000_0000, low >> 32 == 0 { return isPublicIPv4(UInt32(truncatingIfNeeded: low)) }
        guard high >> 61 == 1 else { return false } // 2000::/3 is all there is of global unicast (RFC 4291, IANA)
        let first = UInt32(truncatingIfNeeded: high >> 32)
        // 6to4 (RFC 3056)
        if first >> 16 == 0x2002 { return isPublicIPv4(UInt32(truncatingIfNeeded: high >> 16)) }
        // Protocols, Teredo among them (RFC 2928, RFC 4380); documents (RFC 3849, RFC 9637)
        if first >> 9 == 0x2001_0000 >> 9 || first == 0x2001_0DB8 || first >> 12 == 0x3FFF_0 { return false }
        // ISATAP (RFC 5214)
        if low >> 32 == 0x0000_5EFE || low >> 32 == 0x0200_5EFE { return isPublicIPv4(UInt32(truncatingIfNeeded: low)) }
        return true
    }

    /// https://www.iana.org/assignments/iana-ipv4-special-registry, 2026-11
    private func isPublicIPv4(_ address: UInt32) -> Bool {
        switch address >> 24 {
        case 0, 10, 127, 224...255: return false // this network, private, loopback, multicast and what is reserved
        default: break
        }
        if address >> 22 == 0x6440_0000 >> 22 { return false } // 100.64/10, shared
        if address >> 20 == 0xAC10_0000 >> 20 { return false } // 172.16/12, private
        if address >> 17 == 0xC612_0000 >> 17 { return false } // 198.18/15, benchmarks
        switch address >> 16 {
        case 0xA9FE, 0xC0A8: return false // 169.254, link-local; 192.168, private
        default: break
        }
        switch address >> 8 {
        // 192.0.0, protocols; 192.0.2, 198.51.100 and 203.0.113, documents; 192.88.99, relays of 6to4
        case 0xC00000, 0xC00002, 0xC63364, 0xCB0071, 0xC05863: return false
        default: return true
        }
    }
}

/// Addresses with a common prefix.
package struct AddressBlock: Sendable, Equatable {
    private let address: IPAddress
    private let bits: Int

    /// `10.0.0.0/8`, `fd00::/8`, or one address. nil: it is none of them.
    package init?(_ text: String) {
        let octets = text.octets, slash = octets.firstIndex(of: UInt8(ascii: "/")) ?? octets.count, first = octets[..<slash]
        guard !first.contains(UInt8(ascii: "%")), let address = IPAddress(String(utf8: first)) else { return nil }
        let most = first.contains(UInt8(ascii: ":")) ? 128 : 32
        var length = most
        if slash < octets.count {
            let digits = octets[(slash + 1)...]
            guard digits.count <= 3, digits.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
                  let number = Int(String(utf8: digits)), number <= most else { return nil }
            length = number
        }
        self.address = address
        bits = length &+ 128 &- most
    }

    package func contains(_ other: IPAddress) -> Bool { other.hasPrefix(bits, of: address) }
}
