internal import CShims
package import Model

/// What this process does once. A fork waits for it (firstuse.c), so that no child finds it half done and waits for ever for a
/// thread that it does not have. Every global that Swift makes when it is first asked for is made here, before there is a client.
package enum FirstUse {
    package static func prepare() throws(Failure) {
        if gl_first_use_abandoned() != 0 {
            throw Failure(.forked, "another thread of the parent was in the middle of the library's first use when this process was forked")
        }
        gl_json_seed()
        inside {
            _ = ModelTables.shared
            _ = Redaction.none
            prepareGatewayz()
        }
    }

    /// Runs it while no fork can happen. It may call nothing of the host's.
    static func inside<R>(_ body: () -> R) -> R {
        let entered = gl_first_use_enter() != 0
        defer { if entered { gl_first_use_leave() } }
        return body()
    }
}
