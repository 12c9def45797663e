package import Model
internal import Wire

/// The request's own `gatelet` member. It can name none of base URL, key, proxy, socket, file, Host or Authorization: a
/// service forwards what its users wrote.
package struct GateletOptions: Sendable, Equatable {
    package var provider: String?
    package var connect: Double?
    package var firstByte: Double?
    package var idle: Double?
    package var content: Double?
    package var total: Double?
    package var dryRun = false

    package init() {}

    /// A client's or provider's time-outs with this request's laid over them.
    package func applied(to timeouts: Timeouts) -> Timeouts {
        var merged = timeouts
        merged.connect = connect ?? timeouts.connect
        merged.firstByte = firstByte ?? timeouts.firstByte
        merged.idle = idle ?? timeouts.idle
        merged.content = content ?? timeouts.content
        merged.total = total ?? timeouts.total
        return merged
    }
}

/// Seconds; a day is longer than any provider answers.
private let longestTimeout = 86_400.0

/// Reads the value of `gatelet` (`RequestView.gatelet` of the request's bytes; a valid one).
package func readOptions(_ bytes: UnsafeRawBufferPointer, allowed: RequestExtensions) throws(Failure) -> GateletOptions {
    var options = GateletOptions()
    let root = JSONView(valid: bytes, ByteRange(0, bytes.count))
    if bytes.isEmpty || root.isNull { return options }
    guard allowed > .none else { throw Failure(.refused, "`gatelet` is not allowed in requests: request_extensions is none") }
    guard root.isObject else { throw Failure(.json, "`gatelet` must be an object") }
    var seen: [String] = []
    try root.forEachMember { (name: ByteRange, value: JSONView) throws(Failure) in
        let path = try optionPath("gatelet", bytes, name, &seen)
        if jsonName(bytes, name, is: "provider") {
            options.provider = try optionalText(value, path)
        } else if jsonName(bytes, name, is: "timeouts") {
            try readTimeouts(value, path, into: &options)
        } else if jsonName(bytes, name, is: "dry_run") {
            options.dryRun = try readDryRun(value, path, allowed)
        } else {
            throw Failure(.json, concat("`", path, "` is not a known member"))
        }
    }
    return options
}

/// The member's path for messages; the same member twice is an error.
private func optionPath(_ parent: String, _ bytes: UnsafeRawBufferPointer, _ name: ByteRange, _ seen: inout [String])
    throws(Failure) -> String {
    let path = parent + "." + decodedText(bytes, ByteRange(name.start, min(name.end, name.start &+ 100)))
    for other in seen where same(other, path) { throw Failure(.json, concat("`", path, "` occurs twice")) }
    seen.append(path)
    return path
}

private func optionalText(_ value: JSONView, _ path: String) throws(Failure) -> String? {
    if value.isNull { return nil }
    guard let text = value.string, !text.utf8.isEmpty else { throw Failure(.json, concat("`", path, "` must be a non-empty string")) }
    return text
}

private func readDryRun(_ value: JSONView, _ path: String, _ allowed: RequestExtensions) throws(Failure) -> Bool {
    if value.isNull { return false }
    guard let wanted = value.bool else { throw Failure(.json, concat("`", path, "` must be true or false")) }
    if allowed < .all { throw Failure(.refused, concat("`", path, "` needs request_extensions all")) }
    return wanted
}

private func readTimeouts(_ value: JSONView, _ path: String, into options: inout GateletOptions) throws(Failure) {
    if value.isNull { return }
    guard value.isObject else { throw Failure(.json, concat("`", path, "` must be an object")) }
    var seen: [String] = []
    try value.forEachMember { (name: ByteRange, member: JSONView) throws(Failure) in
        let path = try optionPath(path, value.bytes, name, &seen)
        let seconds = try optionalSeconds(member, path)
        if jsonName(value.bytes, name, is: "connect") {
            options.connect = seconds
        } else if jsonName(value.bytes, name, is: "first_byte") {
            options.firstByte = seconds
        } else if jsonName(value.bytes, name, is: "idle") {
            options.idle = seconds
        } else if jsonName(value.bytes, name, is: "content") {
            options.content = seconds
        } else if jsonName(value.bytes, name, is: "total") {
            options.total = seconds
        } else {
            throw Failure(.json, concat("`", path, "` is not a known member"))
        }
    }
}

private func optionalSeconds(_ value: JSONView, _ path: String) throws(Failure) -> Double? {
    if value.isNull { return nil }
    guard value.isNumber else { throw Failure(.json, concat("`", path, "` must be a number of seconds")) }
    guard let seconds = value.double, seconds >= 0, seconds <= longestTimeout else {
        throw Failure(.json, concat("`", path, "` must be from 0 to ", String(decimal: Int(longestTimeout)), " seconds"))
    }
    return seconds
}
