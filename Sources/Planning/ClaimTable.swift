internal import Bytes

/// Which provider claims ids of a form. Most ids differ from most patterns in their first or last byte, and are held against no more of them.
struct ClaimTable {
    private struct Claim {
        let glob: Glob
        let provider: Int
    }
    /// The most telling first.
    private var claims: [Claim] = []
    /// How an id has to begin and to end, for each claim.
    private var ends: [Glob.Ends] = []

    var isEmpty: Bool { claims.isEmpty }

    /// Behind those that say as much.
    mutating func add(_ pattern: String, _ provider: Int) {
        let glob = Glob(pattern), at = claims.firstIndex { $0.glob.weight < glob.weight } ?? claims.count
        claims.insert(Claim(glob: glob, provider: provider), at: at)
        ends.insert(glob.ends, at: at)
    }

    /// The provider of the first claim that holds for an id, or -1. Those of `exempt` do not count.
    func claimant(_ id: String, exempt: Int = -1) -> Int {
        if ends.isEmpty { return -1 }
        return id.bytes { raw in
            let first = raw.byte(at: 0), last = raw.byte(at: raw.count &- 1)
            for at in ends.indices where ends[at].fit(first, last) && claims[at].provider != exempt && claims[at].glob.matches(raw) {
                return claims[at].provider
            }
            return -1
        }
    }
}
