internal import CShims
internal import Model
internal import Providers
internal import Transport
internal import Wire

/// Model lists of one client, one hour each (seed 003). The full catalog will stand here.
final class ModelListCache: @unchecked Sendable {
    private static let lifetime: Int64 = 3_600_000_000

    private let lock = Lock()
    private var lists: [(provider: String, at: Int64, entries: ByteBuffer)] = []

    /// A JSON array of entries; nil when there is no fresh list.
    func entries(_ provider: String) -> ByteBuffer? {
        let now = gl_now_us()
        return lock.with {
            for list in lists where same(list.provider, provider) && now &- list.at < Self.lifetime { return list.entries }
            return nil
        }
    }

    /// The buffer is not changed any more.
    func keep(_ provider: String, _ entries: ByteBuffer) {
        let now = gl_now_us()
        lock.with {
            lists.removeAll { same($0.provider, provider) }
            lists.append((provider, now, entries))
        }
    }

    /// Lists of providers that are gone, or that live somewhere else since the configuration was loaded anew.
    func forgetMoved(_ setup: Setup, from old: Setup) {
        lock.with {
            lists.removeAll { setup.hasMoved($0.provider, from: old) }
        }
    }
}
