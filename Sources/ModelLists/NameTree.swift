internal import Bytes
internal import JSON

/// The paths of a mapping as a tree of names, so that an entry is walked once, whatever is wanted of it.
struct NameTree {
    private struct Edge {
        var hash: UInt64
        /// -1: nothing is wanted of the value itself.
        var cell = -1
        /// -1: nothing in it.
        var node = -1
    }

    private var nodes: [[Edge]] = [[]]
    private(set) var cells = 0

    /// The cell of a path; the same for the same path.
    mutating func cell(_ path: String) -> Int {
        var node = 0
        let names = path.octets.split(separator: UInt8(ascii: "."))
        for (index, name) in names.enumerated() {
            let edge = self.edge(node, name.withUnsafeBytes { fnv1a($0) })
            if index &+ 1 == names.count {
                if nodes[node][edge].cell < 0 {
                    nodes[node][edge].cell = cells
                    cells &+= 1
                }
                return nodes[node][edge].cell
            }
            if nodes[node][edge].node < 0 {
                nodes[node][edge].node = nodes.count
                nodes.append([])
            }
            node = nodes[node][edge].node
        }
        return 0
    }

    private mutating func edge(_ node: Int, _ hash: UInt64) -> Int {
        if let index = nodes[node].firstIndex(where: { $0.hash == hash }) { return index }
        nodes[node].append(Edge(hash: hash))
        return nodes[node].count &- 1
    }

    /// Notes where the values are that paths lead to. null counts as absent; of a name that occurs twice the last one counts.
    func walk(_ object: JSONView, _ node: Int = 0, into values: inout [ByteRange]) {
        object.forEachMember { name, value in
            let hash = self.hash(object.bytes, name)
            for edge in nodes[node] where edge.hash == hash {
                if edge.cell >= 0 { values[edge.cell] = value.isNull ? .none : value.range }
                if edge.node >= 0, let inner = value.isArray ? serving(value) : value { walk(inner, edge.node, into: &values) }
                return
            }
        }
    }

    /// Two names of one hash are taken for one; who contrives that changes nothing but its own list.
    private func hash(_ bytes: UnsafeRawBufferPointer, _ name: ByteRange) -> UInt64 {
        let raw = bytes[name]
        if !contains(raw, Ascii.backslash) { return fnv1a(raw) }
        var text = decodedText(bytes, name)
        return text.withUTF8 { fnv1a(UnsafeRawBufferPointer($0)) }
    }
}

/// A path through a list goes by one of its elements: the first that serves (a router's servers have a `status`) and has a price,
/// else the first that serves.
private func serving(_ list: JSONView) -> JSONView? {
    var live: JSONView?, priced: JSONView?
    list.forEachElement { server in
        if let status = server["status"]?.string, !status.equals("live") { return }
        live = live ?? server
        if priced == nil, server["pricing"]?.isObject ?? false { priced = server }
    }
    return priced ?? live
}

/// The ids of a list, by hash.
final class SeenIDs {
    private var table = CheckedArray<UInt64>()
    private var count = 0

    /// False: it was there. nil: out of memory.
    func insert(_ id: String) -> Bool? { insert(fnv1a(id)) }

    func insert(_ hash: UInt64) -> Bool? {
        if !reserve(1) { return nil }
        if !SeenIDs.put(hash | 1, table) { return false }
        count &+= 1
        return true
    }

    private static func put(_ hash: UInt64, _ table: CheckedArray<UInt64>) -> Bool {
        var at = Int(truncatingIfNeeded: hash &>> 20) & (table.count &- 1)
        while table[at] != 0 {
            if table[at] == hash { return false }
            at = (at &+ 1) & (table.count &- 1)
        }
        table[at] = hash
        return true
    }

    /// Makes room for so many more at once. False: out of memory.
    func reserve(_ more: Int) -> Bool {
        let wanted = count &+ min(max(0, more), 1 << 30)
        var size = max(64, table.count)
        while size / 2 < wanted { size &*= 2 }
        if size == table.count { return true }
        let wider = CheckedArray<UInt64>()
        if !wider.append(repeating: 0, count: size) { return false }
        for index in table.indices where table[index] != 0 { _ = SeenIDs.put(table[index], wider) }
        table = wider
        return true
    }
}
