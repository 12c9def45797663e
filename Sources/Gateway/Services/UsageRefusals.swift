internal import Bytes
internal import Model

/// Models of providers that refuse to be asked for the usage of a stream (`stream_options`), as this client has learnt: they are
/// asked without it. Those of the last 1,024.
final class UsageRefusals {
    private static let most = 1024
    private let lock = Lock()
    private var known: [UInt64] = []
    private var next = 0

    func has(_ provider: Provider, _ model: String) -> Bool {
        let name = name(provider, model)
        return lock.with { known.contains(name) }
    }

    func add(_ provider: Provider, _ model: String) {
        let name = name(provider, model)
        lock.with {
            if known.contains(name) { return }
            if known.count < UsageRefusals.most { known.append(name) } else { known[next] = name }
            next = (next &+ 1) % UsageRefusals.most
        }
    }

    private func name(_ provider: Provider, _ model: String) -> UInt64 { fnv1a(concat(provider.id, "\n", provider.access.baseURL) + concat("\n", model)) }
}
