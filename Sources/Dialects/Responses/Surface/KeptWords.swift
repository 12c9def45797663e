internal import Bytes
internal import JSON

/// What an answer has that the Responses API has no word for, and that must be sent back: signatures of thoughts, blocks of a provider's
/// own. It stands in the `encrypted_content` of a reasoning item, which clients keep and send back as it is: a mark, and behind it a JSON
/// array. Its elements are those of `reasoning_details`; `{"type":"gatelet.block","block":...}`, one of `provider_blocks`;
/// `{"type":"gatelet.call","id":...,"extra_content":...}`, of the call with that id; `{"type":"gatelet.image",...}`, of the image;
/// `{"type":"gatelet.text","member":...}`, the member that the text of the item came in.
enum KeptWords {
    private static var mark: StaticString { "gatelet1." }
    /// What the ids of images begin with that another provider's model has drawn.
    static var imagePrefix: StaticString { "ig_gatelet_" }

    /// The content of a reasoning item, a string; nil: it is not of this kind, but a provider's.
    static func read(_ encrypted: JSONView) -> ByteBuffer? {
        let body = encrypted.inside
        guard body.starts(mark) else { return nil }
        let decoded = ByteBuffer()
        guard appendDecodedJSON(body[ByteRange(mark.utf8CodeUnitCount, body.count)], to: decoded),
              let list = JSONView(document: decoded.bytes, depthLimit: 64), list.isArray else { return ByteBuffer() }
        return decoded
    }

    /// An item that was made here for what only another provider takes back.
    static func isIn(_ item: JSONView) -> Bool { item["encrypted_content"]?.inside.starts(mark) ?? false || isImage(item) }

    /// An image of another provider's.
    static func isImage(_ item: JSONView) -> Bool {
        item["type"]?.says("image_generation_call") ?? false && item["id"]?.inside.starts(imagePrefix) ?? false
    }

    /// The string for elements with commas between them.
    static func write(_ elements: UnsafeRawBufferPointer, _ out: inout MemberWriter) {
        out.raw("\"")
        out.raw(mark)
        out.raw("[")
        out.check(appendJSONBody(elements, to: out.buffer))
        out.raw("]\"")
    }
}
