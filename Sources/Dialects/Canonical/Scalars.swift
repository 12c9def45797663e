internal import Bytes
internal import CShims
internal import JSON

/// Characters (Unicode scalars) that the body of a JSON string stands for. Half a surrogate pair is one.
func scalars(_ body: UnsafeRawBufferPointer) -> Int {
    if contains(body, Ascii.backslash) { return walk(body, .max).scalars }
    var count = 0
    for byte in body where byte & 0xC0 != 0x80 { count &+= 1 }
    return count
}

/// Where so many Unicode scalars of the body of a JSON string end; its own end where it has fewer.
func offset(ofScalar wanted: Int, in body: UnsafeRawBufferPointer) -> Int { walk(body, wanted).offset }

private func walk(_ body: UnsafeRawBufferPointer, _ wanted: Int) -> (offset: Int, scalars: Int) {
    guard let base = body.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return (0, 0) }
    var count = 0, at = 0
    while at < body.count, count < wanted {
        if base[at] == Ascii.backslash {
            var notes: UInt32 = 0
            at &+= max(1, gl_json_escape(base + at, body.count &- at, &notes))
        } else {
            at &+= 1
            while at < body.count, base[at] & 0xC0 == 0x80 { at &+= 1 }
        }
        count &+= 1
    }
    return (min(at, body.count), count)
}
