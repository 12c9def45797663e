/// What a request does with answers that are kept.
package enum CacheMode: String, CaseIterable, Sendable {
    case off, on, readOnly = "read_only", writeOnly = "write_only"

    package init(reads: Bool, writes: Bool) { self = reads ? writes ? .on : .readOnly : writes ? .writeOnly : .off }

    package var reads: Bool { self == .on || self == .readOnly }
    package var writes: Bool { self == .on || self == .writeOnly }
}

/// `cache` of the configuration; without it there is none.
package struct CachePolicy: Sendable, Equatable {
    /// Where a request says nothing.
    package var mode = CacheMode.on
    /// Seconds for which an answer counts.
    package var ttl = 3600.0
    package var maxBytes = 64 << 20
    package var maxEntryBytes = 1 << 20
    /// Requests without a tag have a cache too, which they share.
    package var shared = false
    /// Of equal requests at the same time one is sent, and the others wait for its answer.
    package var singleFlight = false
    package init() {}
}

/// What a request says of it.
package struct CacheOverrides: Sendable, Equatable {
    package var mode: CacheMode?
    /// Seconds: older answers do not count.
    package var maxAge: Double?
    package init() {}
}
