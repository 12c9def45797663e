internal import Bytes
package import Model

extension Provider {
    package func isCalled(_ name: String) -> Bool { identity.isCalled(name) }
}

extension Provider.Identity {
    func isCalled(_ name: String) -> Bool { same(id, name) || aliases.has(name) }
}

extension Configuration {
    /// The ids and aliases of providers that are nearest to this name, if they are only a slip or two away; at most three.
    package func nearNames(to name: String) -> [String] {
        var search = NearSearch(name)
        for provider in providers where !provider.isScripted {
            search.consider(provider.id)
            for alias in provider.identity.aliases { search.consider(alias) }
        }
        return search.found
    }
}

package func hint(_ names: [String]) -> String {
    names.isEmpty ? "" : concat(" (did you mean ", joined(names, by: " or "), "?)")
}

/// Collects the texts that are nearest to another, three at most.
package struct NearSearch {
    private let wanted: [UInt8]
    private var least: Int
    private var near: [String] = []

    package init(_ text: String) {
        let start = text.bytes { String(utf8: $0[ByteRange(0, min($0.count, 96))]) }
        wanted = start.octets.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        least = wanted.count < 5 ? 1 : 2
    }

    package var found: [String] { Array(near.prefix(3)) }

    package mutating func consider(_ candidate: String) {
        let length = candidate.utf8.count
        if wanted.count < 2 || abs(length - wanted.count) > least { return }
        let slips = distance(wanted, candidate.octets)
        if slips > least || near.has(candidate) { return }
        if slips < least { near = [] }
        near.append(candidate)
        least = slips
    }
}

/// How many letters have to be added, dropped or changed.
private func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
        var diagonal = i
        row[0] = i + 1
        for (j, y) in b.enumerated() {
            let changed = diagonal + (x == y | 0x20 || x == y ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(changed, diagonal + 1, row[j] + 1)
        }
    }
    return row[b.count]
}
