internal import Bytes

/// Percent-encodes text as one path segment, '/' included. nil for "", "." and "..", which would be another path.
package func encodePathSegment(_ text: String) -> String? {
    text.utf8.isEmpty || text.equals(".") || text.equals("..") ? nil : encodeQuery(text)
}

/// Percent-encodes text as a name or a value of a query.
package func encodeQuery(_ text: String) -> String {
    var out: [UInt8] = []
    for byte in text.octets {
        if isNameByte(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "~") {
            out.append(byte)
        } else {
            out.append(UInt8(ascii: "%"))
            for half in [byte &>> 4, byte & 15] { out.append(half &+ (half < 10 ? 0x30 : 0x37)) }
        }
    }
    return String(utf8: out)
}
