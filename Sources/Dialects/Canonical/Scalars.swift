internal import Bytes
internal import CShims
internal import JSON

/// Where so many Unicode scalars of the body of a JSON string end; its own end where it has fewer. Half a surrogate pair is one.
func offset(ofScalar wanted: Int, in body: UnsafeRawBufferPointer) -> Int {
    guard let base = body.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
    var left = wanted, at = 0
    while at < body.count, left > 0 {
        if base[at] == Ascii.backslash {
            var notes: UInt32 = 0
            at &+= max(1, gl_json_escape(base + at, body.count &- at, &notes))
        } else {
            at &+= 1
            while at < body.count, base[at] & 0xC0 == 0x80 { at &+= 1 }
        }
        left &-= 1
    }
    return min(at, body.count)
}
