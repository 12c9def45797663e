internal import Bytes
internal import JSON
internal import Model

/// A refusal that speaks of being asked for the usage of a stream; where that was only tried, also one that names no other member.
func mayRefuseUsage(_ failure: Failure, httpStatus: Int, isTried: Bool) -> Bool {
    if httpStatus >= 400, speaks(failure, ["stream_options", "include_usage"]) { return true }
    let isRefusal = failure.status == .badRequest || failure.status == .unsupported
    guard isRefusal, isTried, httpStatus == 400 || httpStatus == 422 || httpStatus == 501 else { return false }
    return !speaks(failure, ["arameter: '", "arameter '", "arameter: `", "arameter `", "arameter: \"", "arameter \"", "argument supplied: "])
}

private func speaks(_ failure: Failure, _ words: [String]) -> Bool {
    words.contains { failure.message.contains($0) || failure.providerMessage?.contains($0) ?? false }
}

/// The same body, which was written by `writeRequest`, without the question for usage. nil: it asks for none, or there is no memory.
func bodyWithoutUsage(_ body: ByteBuffer) -> ByteBuffer? {
    let made = ByteBuffer()
    var out = MemberWriter(made), found = false
    guard made.reserve(body.count) else { return nil }
    defer { body.keepAlive() }
    let root = JSONView(trusted: body.bytes)
    out.open()
    root.forEachMember { name, value in
        let member = root.bytes[ByteRange(name.start &- 1, value.range.end)]
        if !jsonName(root.bytes, name, is: "stream_options") || value["include_usage"]?.bool != true {
            out.separate()
            return out.raw(member)
        }
        found = true
        addOtherOptions(value, &out)
    }
    out.close()
    return found && !out.failed ? made : nil
}

private func addOtherOptions(_ options: JSONView, _ out: inout MemberWriter) {
    var isFirst = true
    options.forEachMember { name, value in
        if jsonName(options.bytes, name, is: "include_usage") { return }
        if isFirst {
            out.name("stream_options")
            out.open()
        }
        isFirst = false
        out.separate()
        out.raw(options.bytes[ByteRange(name.start &- 1, value.range.end)])
    }
    if !isFirst { out.close() }
}
