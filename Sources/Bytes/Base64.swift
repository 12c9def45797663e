/// Appends bytes as base64, with padding. False: over the buffer's limit or out of memory.
package func appendBase64(_ bytes: UnsafeRawBufferPointer, to out: ByteBuffer) -> Bool {
    guard out.reserve(bytes.count / 3 &* 4 &+ 4) else { return false }
    var at = 0
    while at < bytes.count {
        let group = UInt32(bytes.byte(at: at)) &<< 16 | UInt32(bytes.byte(at: at &+ 1)) &<< 8 | UInt32(bytes.byte(at: at &+ 2))
        let left = bytes.count &- at
        for place in 0..<4 {
            let six = UInt8(truncatingIfNeeded: group &>> UInt32(truncatingIfNeeded: 18 &- 6 &* place) & 63)
            let digit = place > left ? UInt8(ascii: "=") : base64Digit(six)
            if !out.append(digit) { return false }
        }
        at &+= 3
    }
    return true
}

private func base64Digit(_ value: UInt8) -> UInt8 {
    switch value {
    case 0..<26: UInt8(ascii: "A") &+ value
    case 26..<52: UInt8(ascii: "a") &+ value &- 26
    case 52..<62: UInt8(ascii: "0") &+ value &- 52
    case 62: UInt8(ascii: "+")
    default: UInt8(ascii: "/")
    }
}
