package import Model
package import Wire

/// A value of a configuration document together with its path, so that every complaint names its place. Complaints never
/// hold values: a value may be a key. A class, since it is handed around much: one reference instead of three.
package final class ConfigValue {
    private let node: JSONNode
    package let path: String

    /// The whole of a document.
    package convenience init(_ document: JSONDocument, path: String) {
        self.init(document.root, path)
    }

    @inline(never)
    private init(_ node: JSONNode, _ path: String) {
        self.node = node
        self.path = path
    }

    @inline(never)
    package var isObject: Bool { node.kind == .object }
    private var isNumber: Bool { node.kind == .integer || node.kind == .number }

    @inline(never)
    package func failure(_ complaint: String) -> Failure { Providers.complaint(at: path, complaint) }

    @inline(never)
    package func members() throws(Failure) -> [(name: Word, value: ConfigValue)] {
        guard node.kind == .object else { throw failure("must be an object") }
        return node.members.map { (Word($0.name), ConfigValue($0.value, memberPath(path, $0.name))) }
    }

    @inline(never)
    package func elements() throws(Failure) -> [ConfigValue] {
        guard node.kind == .array else { throw failure("must be an array") }
        var result: [ConfigValue] = []
        for element in node.elements { result.append(ConfigValue(element, elementPath(path, result.count))) }
        return result
    }

    @inline(never)
    package func flag() throws(Failure) -> Bool {
        guard let value = node.bool else { throw failure("must be true or false") }
        return value
    }

    @inline(never)
    package func integer(_ least: Int, _ most: Int) throws(Failure) -> Int {
        guard isNumber else { throw failure("must be an integer") }
        guard let value = node.int, value >= least, value <= most else {
            throw failure(concat("must be an integer from ", String(least), " to ", String(most)))
        }
        return value
    }

    /// Seconds: 0 means no limit.
    @inline(never)
    package func seconds() throws(Failure) -> Double {
        guard isNumber, let value = node.double else { throw failure("must be a number of seconds") }
        return try checkedSeconds(value, path: path)
    }

    /// One line of text, not empty.
    @inline(never)
    package func text() throws(Failure) -> String {
        guard let value = node.string else { throw failure("must be a string") }
        return try checkedLine(value, path: path)
    }

    @inline(never)
    package func texts() throws(Failure) -> [String] {
        var result: [String] = []
        for element in try elements() { result.append(try element.text()) }
        return result
    }

    /// One of a few words; `allowed` lists them for the complaint.
    package func choice<T>(_ allowed: StaticString, _ pick: (Word) -> T?) throws(Failure) -> T {
        guard let name = node.string else { throw failure("must be a string") }
        guard let value = pick(Word(name)) else { throw failure("must be one of " + allowed.description) }
        return value
    }

    @inline(never)
    package func unknown() -> Failure { failure("unknown member") }
}

/// A complaint about the place at this path.
@inline(never)
package func complaint(at path: String, _ complaint: String) -> Failure { Failure(.config, concat(path, ": ", complaint)) }

@inline(never)
package func checkedSeconds(_ value: Double, path: String) throws(Failure) -> Double {
    guard value >= 0, value <= 86400 else { throw complaint(at: path, "must be 0 to 86400 seconds") }
    return value
}

/// Text that can stand in a header or a URL: a line break in a key would end the header it is sent in.
@inline(never)
package func checkedLine(_ value: String, path: String) throws(Failure) -> String {
    guard !value.isEmpty else { throw complaint(at: path, "must not be empty") }
    for byte in value.octets where byte < 0x20 || byte == 0x7F {
        throw complaint(at: path, "must not contain line breaks or other control characters")
    }
    return value
}

@inline(never)
package func joined(_ parts: [String], by separator: String = ", ") -> String {
    var result = ""
    for part in parts {
        if !result.isEmpty { result.append(separator) }
        result.append(part)
    }
    return result
}

/// `a.b`, or `a["b.c"]` where the name is not a plain word.
@inline(never)
package func memberPath(_ path: String, _ name: String) -> String {
    let plain = !name.isEmpty && name.utf8.count <= 64 && name.octets.allSatisfy(isNameByte)
    if plain { return path.isEmpty ? name : concat(path, ".", name) }
    return concat(path, "[\"", shown(name), "\"]")
}

@inline(never)
package func elementPath(_ path: String, _ index: Int) -> String { concat(path, "[", String(index), "]") }

/// At most 100 bytes of a text for a message, without control characters.
@inline(never)
package func shown(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.octets.prefix(100) { bytes.append(byte < 0x20 || byte == 0x7F ? 0x20 : byte) }
    let start = String(utf8: bytes)
    return text.utf8.count > 100 ? start + "..." : start
}

/// Letters, digits, `-` and `_`.
package func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
         UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
    default: false
    }
}
