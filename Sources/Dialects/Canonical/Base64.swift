package import Bytes

/// Appends what base64 stands for; line breaks (also as escapes of JSON), blanks and missing padding do not matter. False: it is none, or no memory.
package func appendDecodedBase64(_ text: UnsafeRawBufferPointer, to out: ByteBuffer) -> Bool {
    var bits: UInt32 = 0, count = 0, at = 0
    while at < text.count {
        let byte = text.byte(at: at)
        at &+= 1
        if byte <= Ascii.space || byte == UInt8(ascii: "=") { continue }
        if byte == Ascii.backslash {
            let escape = text.byte(at: at)
            at &+= 1
            if escape == UInt8(ascii: "n") || escape == UInt8(ascii: "r") || escape == UInt8(ascii: "t") { continue }
            guard escape == UInt8(ascii: "/") else { return false }
        }
        guard let value = base64Value(byte == Ascii.backslash ? UInt8(ascii: "/") : byte) else { return false }
        bits = bits << 6 | UInt32(value)
        count &+= 6
        if count >= 8 {
            count &-= 8
            if !out.append(UInt8(truncatingIfNeeded: bits >> UInt32(count))) { return false }
        }
    }
    return count != 6
}

private func base64Value(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte &- UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte &- UInt8(ascii: "a") &+ 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0") &+ 52
    case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
    case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
    default: nil
    }
}

/// Appends the bytes of a percent-encoded text.
func appendPercentDecoded(_ text: UnsafeRawBufferPointer, to out: ByteBuffer) -> Bool {
    var at = 0
    while at < text.count {
        let byte = text.byte(at: at)
        if byte == UInt8(ascii: "%"), let high = hexValue(text.byte(at: at &+ 1)), let low = hexValue(text.byte(at: at &+ 2)) {
            if !out.append(high << 4 | low) { return false }
            at &+= 3
        } else {
            if !out.append(byte) { return false }
            at &+= 1
        }
    }
    return true
}

private func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- UInt8(ascii: "a") &+ 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- UInt8(ascii: "A") &+ 10
    default: nil
    }
}
