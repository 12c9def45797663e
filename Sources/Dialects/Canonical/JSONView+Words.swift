internal import Bytes
internal import JSON

extension JSONView {
    /// The inside of a string as it is written, with its escapes; empty for anything else.
    var inside: UnsafeRawBufferPointer { isString ? bytes[ByteRange(range.start &+ 1, range.end &- 1)] : bytes[.none] }

    /// A string of this text.
    func says(_ word: StaticString) -> Bool { isString && jsonName(bytes, ByteRange(range.start &+ 1, range.end &- 1), is: word) }

    /// A member that is not null.
    func filled(_ name: StaticString) -> JSONView? { self[name].flatMap { $0.isNull ? nil : $0 } }
}

/// Neither null, false, "", [] nor {}.
func isFilled(_ value: JSONView) -> Bool {
    switch true {
    case value.isString: value.range.count > 2
    case value.isArray: value.firstElement != nil
    case value.isObject: hasMember(value)
    case value.isNumber: true
    default: value.bool ?? false
    }
}

private func hasMember(_ object: JSONView) -> Bool {
    var any = false
    object.forEachMember { _, _ in any = true }
    return any
}
