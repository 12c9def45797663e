internal import Wire

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
            let edge = self.edge(node, name.withUnsafeBytes { nameHash($0) })
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
    func walk(_ object: JSONView, _ node: Int = 0, into places: inout [ByteRange]) {
        object.forEachMember { name, value in
            let hash = self.hash(object.bytes, name)
            for edge in nodes[node] where edge.hash == hash {
                if edge.cell >= 0 { places[edge.cell] = value.isNull ? .none : value.range }
                if edge.node >= 0, let inner = value.isArray ? serving(value) : value { walk(inner, edge.node, into: &places) }
                return
            }
        }
    }

    private func hash(_ bytes: UnsafeRawBufferPointer, _ name: ByteRange) -> UInt64 {
        let raw = bytes[name]
        if !contains(raw, Ascii.backslash) { return nameHash(raw) }
        var text = decodedText(bytes, name)
        return text.withUTF8 { nameHash(UnsafeRawBufferPointer($0)) }
    }
}

/// FNV-1a. Two names of one hash are taken for one; who contrives that changes nothing but its own list.
func nameHash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash
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
struct SeenIDs {
    private var table: [UInt64] = Array(repeating: 0, count: 64)
    private var count = 0

    /// False: it was there.
    mutating func insert(_ id: String) -> Bool {
        var id = id
        let hash = id.withUTF8 { nameHash(UnsafeRawBufferPointer($0)) } | 1
        if count &* 2 >= table.count { grow() }
        return place(hash)
    }

    private mutating func place(_ hash: UInt64) -> Bool {
        var at = Int(truncatingIfNeeded: hash &>> 20) & (table.count &- 1)
        while table[at] != 0 {
            if table[at] == hash { return false }
            at = (at &+ 1) & (table.count &- 1)
        }
        table[at] = hash
        count &+= 1
        return true
    }

    private mutating func grow() {
        let old = table
        table = Array(repeating: 0, count: old.count &* 2)
        count = 0
        for hash in old where hash != 0 { _ = place(hash) }
    }
}
