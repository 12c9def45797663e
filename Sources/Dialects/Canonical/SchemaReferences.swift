internal import Bytes
internal import JSON

/// Where the references of a schema lead. Each object on their ways is looked through once.
struct SchemaReferences {
    struct Target {
        let schema: JSONView
        /// It was followed to get here.
        var isOpen = false
        /// It was looked at: where it need not be there, and where it must.
        var wasSeen = false, wasNeeded = false
        /// Numbers of its members.
        fileprivate var members: TextIndex?
    }

    private var targets: [Target]

    init(_ root: JSONView) { targets = [Target(schema: root)] }

    subscript(number: Int) -> Target {
        get { targets[number] }
        set { targets[number] = newValue }
    }

    /// The number of its target: "#", "#/$defs/Node". nil: it is not in the schema.
    mutating func find(_ reference: UnsafeRawBufferPointer) -> Int? {
        guard reference.byte(at: 0) == UInt8(ascii: "#") else { return nil }
        var found = 0, words = Words(reference[ByteRange(1, reference.count)], UInt8(ascii: "/"))
        while let word = words.next() {
            if word.isEmpty { continue }
            let names = members(of: found)
            guard let member = unescaped(word, { names[$0] }) else { return nil }
            found = member
        }
        return found
    }

    private mutating func members(of number: Int) -> TextIndex {
        if let members = targets[number].members { return members }
        let members = TextIndex(), schema = targets[number].schema
        for (name, value) in schema.members where members[schema.bytes[name]] == nil {
            members[schema.bytes[name]] = targets.count
            targets.append(Target(schema: value))
        }
        targets[number].members = members
        return members
    }
}

/// A step of a JSON pointer, in which "~1" is a slash and "~0" a tilde (RFC 6901).
private func unescaped(_ word: UnsafeRawBufferPointer, _ use: (UnsafeRawBufferPointer) -> Int?) -> Int? {
    guard word.find("~") != nil else { return use(word) }
    var plain: [UInt8] = []
    for byte in word {
        if plain.last == UInt8(ascii: "~"), byte == UInt8(ascii: "0") || byte == UInt8(ascii: "1") {
            plain[plain.count - 1] = byte == UInt8(ascii: "1") ? UInt8(ascii: "/") : 0 // 0: a tilde that begins nothing
        } else {
            plain.append(byte)
        }
    }
    for at in plain.indices where plain[at] == 0 { plain[at] = UInt8(ascii: "~") }
    return plain.withUnsafeBytes(use)
}
