internal import Accounting
internal import Bytes
internal import CShims
internal import Dialects
package import Model

/// What this process does once. A fork waits for it (firstuse.c), so that no child finds it half done and waits for ever for a
/// thread that it does not have. Every global that Swift makes when it is first asked for is made here, before there is a client.
package enum FirstUse {
    package static func prepare() throws(Failure) {
        if gl_first_use_abandoned() != 0 {
            throw Failure(.forked, "another thread of the parent was in the middle of the library's first use when this process was forked")
        }
        gl_json_seed()
        withoutForks {
            _ = Dialects.all
            _ = ModelTables.shared
            _ = Redaction.none
            prepareGatewayz()
        }
    }
}
