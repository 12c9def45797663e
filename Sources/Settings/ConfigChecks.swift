internal import Bytes
package import HTTPText
package import Model

// What holds for values of configuration wherever they come from, and how their places are called.

/// A complaint about the place at this path.
package func complaint(at path: String, _ complaint: String) -> Failure { Failure(.config, concat(path, ": ", complaint)) }

let secondsComplaint = "must be 0 to 86400 seconds", shareComplaint = "must be a number from 0 to 1"

/// A day is longer than any provider answers.
func isSeconds(_ value: Double) -> Bool { value >= 0 && value <= 86400 }

func isShare(_ value: Double) -> Bool { value >= 0 && value <= 1 }

package func checkedSeconds(_ value: Double, path: String) throws(Failure) -> Double {
    guard isSeconds(value) else { throw complaint(at: path, secondsComplaint) }
    return value
}

package func checkedShare(_ value: Double, path: String) throws(Failure) -> Double {
    guard isShare(value) else { throw complaint(at: path, shareComplaint) }
    return value
}

/// Text that can stand in a header or a URL: a line break in a key would end the header it is sent in.
package func checkedLine(_ value: String, path: String) throws(Failure) -> String {
    if let fault = lineComplaint(value) { throw complaint(at: path, fault) }
    return value
}

func lineComplaint(_ value: String) -> String? {
    guard !value.isEmpty else { return "must not be empty" }
    var value = value
    let isLine = value.withUTF8 { utf8 in
        for byte in utf8 where byte < 0x20 || byte == 0x7F { return false }
        return true
    }
    return isLine ? nil : "must not contain line breaks or other control characters"
}

package func joined(_ parts: [String], by separator: String = ", ") -> String {
    var result = ""
    for part in parts {
        if !result.isEmpty { result.append(separator) }
        result.append(part)
    }
    return result
}

/// `a.b`, or `a["b.c"]` where the name is not a plain word.
package func memberPath(_ path: String, _ name: String) -> String {
    let plain = !name.isEmpty && name.utf8.count <= 64 && name.octets.allSatisfy(isNameByte)
    if plain { return path.isEmpty ? name : concat(path, ".", name) }
    return concat(path, "[\"", shown(name), "\"]")
}

package func elementPath(_ path: String, _ index: Int) -> String { concat(path, "[", String(index), "]") }

/// At most 100 bytes of a text for a message, without control characters.
package func shown(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.octets.prefix(100) { bytes.append(byte < 0x20 || byte == 0x7F ? 0x20 : byte) }
    let start = String(utf8: bytes)
    return text.utf8.count > 100 ? start + "..." : start
}

extension EndpointURL {
    /// A configured address; a complaint names its place.
    package init(_ text: String, path: String, query: Bool = false) throws(Failure) {
        do throws(Fault) { self = try EndpointURL(text, query: query) } catch { throw complaint(at: path, error.rawValue) }
    }
}
