internal import Bytes
internal import JSON
internal import Model

/// Writes a request that is its provider's own form already: byte for byte, but for `model`, `stream`, and Gatelet's own words, which are left out.
/// `caller`: an object.
func spliceRequest(_ caller: UnsafeRawBufferPointer, _ request: OutgoingRequest, into buffer: ByteBuffer) throws(Failure) {
    guard buffer.reserve(caller.count &+ request.model.utf8.count &+ 64) else { throw noRoom("the request", buffer) }
    var splice = Splice(caller, MemberWriter(buffer))
    let root = JSONView(trusted: caller)
    for (name, value) in root.members {
        if isOwn(caller, name, request.provider) {
            splice.leaveOut(value)
        } else if jsonName(caller, name, is: "model") {
            splice.replace(value) { $0.string(request.model) }
            splice.hasModel = true
        } else if jsonName(caller, name, is: "stream") {
            splice.replace(value) { $0.raw(request.operation.isStream ? "true" : "false") }
            splice.hasStream = true
        } else {
            splice.keep(value)
        }
    }
    splice.end(request)
    if splice.out.failed { throw noRoom("the request", buffer) }
    // Not all that passes is in the canonical request.
    if request.view.loneSurrogate || caller.find("\\ud") != nil || caller.find("\\uD") != nil { try repairWritten(buffer) }
}

/// Gatelet's own word. Where to route is also told to a router that has the words for it.
private func isOwn(_ caller: UnsafeRawBufferPointer, _ name: ByteRange, _ provider: Provider) -> Bool {
    if jsonName(caller, name, is: "gatelet") { return true }
    if provider.requests.nativeRouting { return false }
    for word: StaticString in ["models", "provider", "route"] where jsonName(caller, name, is: word) { return true }
    return false
}

/// Half a pair of surrogates is sent as U+FFFD.
func repairWritten(_ buffer: ByteBuffer) throws(Failure) {
    let copy = ByteBuffer(limit: buffer.limit)
    defer { copy.keepAlive() }
    guard repairJSON(buffer.bytes, into: copy) else { throw noRoom("the request", copy) }
    buffer.removeAll()
    guard buffer.append(copy.bytes) else { throw noRoom("the request", buffer) }
}

private struct Splice {
    private let caller: UnsafeRawBufferPointer
    var out: MemberWriter
    /// Behind what was copied or passed.
    private var at = 0
    private var isFirst = true
    var hasModel = false, hasStream = false

    init(_ caller: UnsafeRawBufferPointer, _ out: MemberWriter) {
        self.caller = caller
        self.out = out
        while at < caller.count, caller.byte(at: at) != Ascii.openBrace { at &+= 1 }
        at &+= 1
        self.out.raw(caller[ByteRange(0, at)])
    }

    /// What stands before a value: comma, blanks, its name.
    private mutating func copy(to end: Int) {
        var start = at
        if isFirst { // a comma behind members that were left out
            while start < end, caller.byte(at: start) <= Ascii.space { start &+= 1 }
            start = caller.byte(at: start) == Ascii.comma ? start &+ 1 : at
        }
        isFirst = false
        out.raw(caller[ByteRange(start, end)])
    }

    mutating func keep(_ value: JSONView) {
        copy(to: value.range.end)
        at = value.range.end
    }

    mutating func replace(_ value: JSONView, _ write: (inout MemberWriter) -> Void) {
        copy(to: value.range.start)
        write(&out)
        at = value.range.end
    }

    mutating func leaveOut(_ value: JSONView) { at = value.range.end }

    mutating func end(_ request: OutgoingRequest) {
        if !hasModel { add("\"model\":") { $0.string(request.model) } }
        if !hasStream, request.operation.isStream { add("\"stream\":") { $0.raw("true") } }
        out.raw(caller[ByteRange(at, caller.count)])
    }

    private mutating func add(_ name: StaticString, _ write: (inout MemberWriter) -> Void) {
        if !isFirst { out.raw(",") }
        isFirst = false
        out.raw(name)
        write(&out)
    }
}
