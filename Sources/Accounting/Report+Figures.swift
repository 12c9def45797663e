package import Bytes
package import JSON
internal import Settings

extension Report {
    /// A provider's object with its numbers alone: what is text in it may be anything, also what the user wrote.
    package static func figures(_ value: JSONView, into out: ByteBuffer) -> Bool {
        if !value.isObject { return value.numberText == nil ? out.append("null") : out.append(value.raw) }
        var ok = out.append("{"), isFirst = true
        value.forEachMember { name, member in
            guard member.isObject || member.numberText != nil, isFigureName(value.bytes[name]) else { return }
            ok = ok && (isFirst || out.append(",")) && out.append("\"") && out.append(value.bytes[name]) && out.append("\":") && figures(member, into: out)
            isFirst = false
        }
        return ok && out.append("}")
    }

    /// `prompt_tokens_details`
    private static func isFigureName(_ name: UnsafeRawBufferPointer) -> Bool {
        if name.count == 0 || name.count > 64 { return false }
        for byte in name where !isNameByte(byte) { return false }
        return true
    }
}
