internal import Bytes
internal import JSON
internal import Model

/// A request in the API's own form without the thoughts and images of other providers that Gatelet wrote down for its caller: the API would refuse
/// them. nil: it has none, and goes as it is.
func withoutForeignThoughts(_ caller: UnsafeRawBufferPointer, _ warnings: RequestWarnings) throws(Failure) -> ByteBuffer? {
    guard let input = JSONView(trusted: caller)["input"], input.elements.contains(where: { KeptWords.isIn($0) }) else { return nil }
    let buffer = ByteBuffer()
    var out = MemberWriter(buffer), index = 0
    out.raw(caller[ByteRange(0, input.range.start)])
    out.open("[")
    for item in input.elements {
        if KeptWords.isIn(item) {
            warnings.add(.dropped, concat("input[", String(decimal: index), "]"), KeptWords.isImage(item) ? "this image is another provider's" : "these thoughts are another provider's")
        } else {
            out.separate()
            out.raw(item.raw)
        }
        index &+= 1
    }
    out.close("]")
    out.raw(caller[ByteRange(input.range.end, caller.count)])
    if out.failed { throw noRoom("the request", buffer) }
    return buffer
}
