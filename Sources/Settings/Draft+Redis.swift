internal import Bytes
internal import HTTPText
internal import Model

/// Where processes share their limits. The address may hold a password: complaints name its member alone.
extension ConfigurationDraft {
    func shareBy(_ members: ConfigMembers) throws(Failure) {
        if let value = members.take("redis_url") {
            result.redis.address = try redisAddress(try value.text(), path: value.path)
            result.sharesByRedis = true
        }
        if let value = members.take("redis_prefix") {
            result.redis.prefix = try value.text(upTo: 64)
            guard result.redis.prefix.octets.allSatisfy({ isNameByte($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") }) else {
                throw value.failure("is made of letters, digits, '.', ':', '-' and '_'")
            }
        }
        try readTime("redis_timeout", members, 0.001, 60, &result.redis.timeout)
        try readTime("redis_lease", members, 1, 3600, &result.redis.lease)
        if let word = try members.word("on_redis_failure", as: RedisFailurePolicy.self) { result.redis.onFailure = word }
    }

    private func readTime(_ name: StaticString, _ members: ConfigMembers, _ least: Double, _ most: Double, _ slot: inout Double) throws(Failure) {
        guard let value = members.take(name) else { return }
        slot = try value.seconds()
        guard slot >= least, slot <= most else { throw value.failure(least < 1 ? "must be 0.001 to 60 seconds" : "must be 1 to 3600 seconds") }
    }
}

private let redisForms = "must begin with redis://, rediss:// or unix://"

/// `redis[s]://[[user]:password@]host[:port][/database]`, `[redis+]unix://[[user]:password@]/path[?db=database]`.
func redisAddress(_ text: String, path: String) throws(Failure) -> RedisAddress {
    guard let colon = text.octets.firstIndex(of: UInt8(ascii: ":")), text.octets[colon...].starts(with: "://".octets) else { throw complaint(at: path, redisForms) }
    let rest = text.octets[(colon + 3)...]
    var address = RedisAddress()
    switch Word(lowercased(String(utf8: text.octets[..<colon]))) {
    case "redis": break
    case "rediss": address.isSecure = true
    case "unix", "redis+unix":
        try readSocket(rest, path, into: &address)
        return address
    default: throw complaint(at: path, redisForms)
    }
    let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    let host = try readUser(authority, path, into: &address), tail = rest[authority.endIndex...]
    let bare = host.last == UInt8(ascii: "]") || !host.contains(UInt8(ascii: ":"))
    address.authority = concat(host.isEmpty ? "127.0.0.1" : String(utf8: host), bare ? ":6379" : "")
    _ = try EndpointURL(concat("http://", address.authority), path: path)
    if !tail.isEmpty, tail.first != UInt8(ascii: "/") { throw complaint(at: path, "nothing but the number of a database may follow the host") }
    address.database = try database(tail.dropFirst(), path)
    return address
}

/// The kernel's limit for the address of a Unix socket is 107 bytes.
private func readSocket(_ rest: ArraySlice<UInt8>, _ path: String, into address: inout RedisAddress) throws(Failure) {
    let question = rest.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
    let place = try readUser(rest[..<question], path, into: &address)
    guard place.first == UInt8(ascii: "/"), place.count <= 107 else { throw complaint(at: path, "must name an absolute path of at most 107 bytes") }
    address.socketPath = String(utf8: place)
    let query = rest[question...].dropFirst()
    if query.isEmpty { return }
    guard query.starts(with: "db=".octets) else { throw complaint(at: path, "nothing but ?db=<number> may follow the path") }
    address.database = try database(query.dropFirst(3), path)
}

/// What follows the user and the password, of which each `%xx` is a byte.
private func readUser(_ text: ArraySlice<UInt8>, _ path: String, into address: inout RedisAddress) throws(Failure) -> ArraySlice<UInt8> {
    guard let at = text.lastIndex(of: UInt8(ascii: "@")) else { return text }
    let user = text[..<at], colon = user.firstIndex(of: UInt8(ascii: ":")) ?? user.endIndex
    let name = decoded(user[..<colon]), password = decoded(user[colon...].dropFirst())
    if password.isEmpty { throw complaint(at: path, "has a user without a password: [user]:password@host") }
    if !name.isEmpty { address.user = String(utf8: name) }
    address.password = try keyValue(String(utf8: password), path: path)
    return text[(at + 1)...]
}

private func database(_ digits: ArraySlice<UInt8>, _ path: String) throws(Failure) -> Int {
    var number = 0
    for digit in digits {
        guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9"), number <= 99_999 else { throw complaint(at: path, "the database must be a number") }
        number = number * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return number
}
