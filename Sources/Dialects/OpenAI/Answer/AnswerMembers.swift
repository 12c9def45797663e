internal import Bytes
internal import JSON

/// Where the members of an answer, or of a chunk, stand that more than one reader looks at: one walk finds them for all. The last one
/// counts where a name occurs twice.
package struct AnswerMembers: Sendable {
    private(set) var choices = ByteRange.none
    private(set) var error = ByteRange.none
    private(set) var usage = ByteRange.none
    private(set) var tier = ByteRange.none

    init() {}

    init(of document: JSONView) {
        for member in document.members { note(member.name, member.value.range, document.bytes) }
    }

    mutating func note(_ name: ByteRange, _ value: ByteRange, _ bytes: UnsafeRawBufferPointer) {
        let raw = bytes[name]
        if raw.equals("usage") {
            usage = value
        } else if raw.equals("service_tier") {
            tier = value
        } else if jsonName(bytes, name, is: "choices") {
            choices = value
        } else if jsonName(bytes, name, is: "error") {
            error = value
        }
    }
}
