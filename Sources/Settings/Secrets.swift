internal import Bytes
package import Model

/// The secrets of a configuration: keys, values of headers, passwords of proxies, values of queries.
package func secrets(of configuration: Configuration) -> [String] {
    secrets(of: configuration.providers, configuration.http) + (configuration.sharedRedis?.address.password.map { [$0] } ?? [])
}

func secrets(of providers: [Provider], _ http: HTTPOptions) -> [String] {
    var found: [String] = []
    for provider in providers {
        for key in provider.access.keys { found.append(key.value) }
        for header in provider.access.headers + provider.list.headers where !header.isPublic { collect(header, &found) }
        collectQuery(provider.list.url, &found)
        collectQuery(provider.list.pricesURL, &found)
        collectQuery(concat("?", provider.access.query), &found)
        if let balance = provider.access.balance { collectQuery(balance.url, &found) }
    }
    for proxy in [http.proxy, http.found.httpProxy, http.found.httpsProxy] { if let proxy { collectUser(proxy, &found) } }
    return found
}

/// Other values of configuration are words as often as secrets: those count when they are long.
private let longEnough = 8

private func add(_ value: String, named name: String, _ found: inout [String]) {
    if value.utf8.count >= longEnough || namesSecret(name) { found.append(value) }
}

/// "Basic dXNlcjpwYXNz" is secret as a whole and behind its blank.
private func collect(_ header: Header, _ found: inout [String]) {
    add(header.value, named: header.name, &found)
    if let blank = header.value.octets.lastIndex(of: 0x20) {
        add(String(utf8: header.value.octets[(blank + 1)...]), named: header.name, &found)
    }
}

private func namesSecret(_ name: String) -> Bool {
    let lower = name.octets.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
    for word in ["key", "token", "auth", "secret", "cookie", "password", "credential", "sig"] where holds(lower, word.octets) { return true }
    return false
}

private func holds(_ text: [UInt8], _ word: [UInt8]) -> Bool {
    if word.count > text.count { return false }
    for start in 0...(text.count - word.count) where text[start...].starts(with: word) { return true }
    return false
}

/// The values behind `?` and `&`, as they stand and decoded.
private func collectQuery(_ url: String, _ found: inout [String]) {
    let bytes = url.octets
    guard let start = bytes.firstIndex(of: UInt8(ascii: "?")) else { return }
    for pair in bytes[(start + 1)...].split(separator: UInt8(ascii: "&")) {
        guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { continue }
        let name = String(utf8: pair[..<equals]), value = pair[(equals + 1)...]
        add(String(utf8: value), named: name, &found)
        add(String(utf8: decoded(value)), named: name, &found)
    }
}

/// `http://user:password@host`: the password, and both together.
private func collectUser(_ url: String, _ found: inout [String]) {
    let bytes = url.octets
    var start = 0
    for index in bytes.indices where bytes[index...].starts(with: "://".octets) {
        start = index + 3
        break
    }
    let authority = bytes[start...].prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
    guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else { return }
    let user = authority[..<at]
    for text in [Array(user), decoded(user)] {
        found.append(String(utf8: text))
        if let colon = text.firstIndex(of: UInt8(ascii: ":")) { found.append(String(utf8: text[(colon + 1)...])) }
    }
}

func decoded(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var out: [UInt8] = [], at = text.startIndex
    while at < text.endIndex {
        if text[at] == UInt8(ascii: "%"), at + 2 < text.endIndex, let high = digit(text[at + 1]), let low = digit(text[at + 2]) {
            out.append(high << 4 | low)
            at += 3
        } else {
            out.append(text[at])
            at += 1
        }
    }
    return out
}

private func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
}
