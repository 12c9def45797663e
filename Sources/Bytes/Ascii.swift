/// Bytes that the parsers look for.
package enum Ascii {
    package static let quote = UInt8(ascii: "\""), backslash = UInt8(ascii: "\\")
    package static let openBrace = UInt8(ascii: "{"), closeBrace = UInt8(ascii: "}")
    package static let openBracket = UInt8(ascii: "["), closeBracket = UInt8(ascii: "]")
    package static let comma = UInt8(ascii: ","), colon = UInt8(ascii: ":")
    package static let space = UInt8(ascii: " "), lf = UInt8(ascii: "\n"), cr = UInt8(ascii: "\r"), tab = UInt8(ascii: "\t")
}

/// Letters, digits, `-` and `_`.
package func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
         UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
    default: false
    }
}
