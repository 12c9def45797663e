package import Model
package import Wire

/// A value of a configuration document together with its path, so that every complaint names its place. Complaints never
/// hold values: a value may be a key.
package struct ConfigValue {
    package let node: JSONNode
    package let path: String

    package init(_ node: JSONNode, path: String) {
        self.node = node
        self.path = path
    }

    package func failure(_ complaint: String) -> Failure {
        Failure(.config, path.isEmpty ? "the configuration \(complaint)" : "\(path): \(complaint)")
    }

    package func members() throws(Failure) -> [(name: String, value: ConfigValue)] {
        guard node.kind == .object else { throw failure("must be an object") }
        return node.members.map { ($0.name, ConfigValue($0.value, path: memberPath(path, $0.name))) }
    }

    package func elements() throws(Failure) -> [ConfigValue] {
        guard node.kind == .array else { throw failure("must be an array") }
        var result: [ConfigValue] = []
        for element in node.elements { result.append(ConfigValue(element, path: "\(path)[\(result.count)]")) }
        return result
    }

    package func flag() throws(Failure) -> Bool {
        guard let value = node.bool else { throw failure("must be true or false") }
        return value
    }

    package func integer(_ least: Int, _ most: Int) throws(Failure) -> Int {
        guard node.kind == .number else { throw failure("must be an integer") }
        guard let value = node.int, value >= least, value <= most else {
            throw failure("must be an integer from \(least) to \(most)")
        }
        return value
    }

    /// Seconds: 0 means no limit.
    package func seconds() throws(Failure) -> Double {
        guard node.kind == .number, let value = node.double else { throw failure("must be a number of seconds") }
        return try checkedSeconds(value, path: path)
    }

    /// One line of text, not empty.
    package func text() throws(Failure) -> String {
        guard let value = node.string else { throw failure("must be a string") }
        return try checkedLine(value, path: path)
    }

    package func texts() throws(Failure) -> [String] {
        var result: [String] = []
        for element in try elements() { result.append(try element.text()) }
        return result
    }

    /// One of a few words; `allowed` lists them for the complaint.
    package func choice<T>(_ allowed: StaticString, _ pick: (String) -> T?) throws(Failure) -> T {
        guard let name = node.string else { throw failure("must be a string") }
        guard let value = pick(name) else { throw failure("must be one of \(allowed)") }
        return value
    }

    package func unknown() -> Failure { failure("unknown member") }
}

package func checkedSeconds(_ value: Double, path: String) throws(Failure) -> Double {
    guard value >= 0, value <= 86400 else { throw Failure(.config, "\(path): must be 0 to 86400 seconds") }
    return value
}

/// Text that can stand in a header or a URL: a line break in a key would end the header it is sent in.
package func checkedLine(_ value: String, path: String) throws(Failure) -> String {
    guard !value.isEmpty else { throw Failure(.config, "\(path): must not be empty") }
    guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
        throw Failure(.config, "\(path): must not contain line breaks or other control characters")
    }
    return value
}

package func joined(_ parts: [String], by separator: String = ", ") -> String {
    var result = ""
    for part in parts { result += result.isEmpty ? part : separator + part }
    return result
}

/// `a.b`, or `a["b.c"]` where the name is not a plain word.
package func memberPath(_ path: String, _ name: String) -> String {
    let plain = !name.isEmpty && name.utf8.count <= 64 && name.utf8.allSatisfy(isNameByte)
    if plain { return path.isEmpty ? name : "\(path).\(name)" }
    return "\(path)[\"\(shown(name))\"]"
}

/// At most 100 bytes of a text for a message, without control characters.
package func shown(_ text: String) -> String {
    let bytes = text.utf8.prefix(100).map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: " ") : $0 }
    return String(decoding: bytes, as: UTF8.self) + (text.utf8.count > 100 ? "..." : "")
}

/// Letters, digits, `-` and `_`.
package func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
         UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
    default: false
    }
}
