internal import Accounting
package import Bytes
package import Model

extension Client {
    /// `gatelet_stats`.
    package func stats(_ bytes: UnsafeRawBufferPointer?) throws(Failure) -> ByteBuffer {
        let setup = setup
        var query = StatsQuery()
        if let bytes { query = try readStatsQuery(bytes, setup.configuration.caps.depth) }
        if let name = query.provider, let endpoint = try? setup.named([name]).first { query.provider = endpoint.provider.id } // an alias will do
        let out = ByteBuffer()
        guard services.ledger.report(query, into: out), services.redaction.clean(out) else { throw Failure(.memory, "out of memory") }
        return out
    }
}
