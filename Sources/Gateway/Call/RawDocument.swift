internal import Bytes
internal import CShims
internal import JSON

/// `{"object":"gatelet.raw","body":...}`: a text where it is one, else `body_base64`.
func rawDocument(_ body: ByteBuffer) -> ByteBuffer? {
    let out = ByteBuffer()
    defer { body.keepAlive() }
    let ok = out.append("{\"object\":\"gatelet.raw\",") && (isText(body.bytes)
        ? out.append("\"body\":") && appendJSONString(body.bytes, to: out)
        : out.append("\"body_base64\":\"") && appendBase64(body.bytes, to: out) && out.append("\""))
    return ok && out.append("}") ? out : nil
}

/// UTF-8 without a NUL.
private func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return true }
    var at = 0
    while at < bytes.count {
        if base[at] == 0 { return false }
        if base[at] < 0x80 {
            at &+= 1
            continue
        }
        let length = gl_utf8_sequence(base + at, bytes.count &- at)
        if length == 0 { return false }
        at &+= length
    }
    return true
}
