internal import Bytes
internal import Dialects
internal import Model

/// What models of providers do not take, the question for usage among it, as this client has learnt: they are asked without it. Those of
/// the last 1,024.
final class Refusals {
    private static let most = 1024
    private let lock = Lock()
    private var known: [(model: UInt64, member: RefusedMember)] = []
    private var next = 0

    func of(_ provider: Provider, _ model: String) -> [RefusedMember] {
        if lock.with({ known.isEmpty }) { return [] }
        let name = name(provider, model)
        return lock.with { known.filter { $0.model == name }.map { $0.member } }
    }

    func add(_ member: RefusedMember, _ provider: Provider, _ model: String) {
        let name = name(provider, model)
        lock.with {
            if known.contains(where: { $0.model == name && $0.member.isSame(member) }) { return }
            if known.count < Refusals.most { known.append((name, member)) } else { known[next] = (name, member) }
            next = (next &+ 1) % Refusals.most
        }
    }

    private func name(_ provider: Provider, _ model: String) -> UInt64 { fnv1a(concat(provider.id, "\n", provider.access.baseURL) + concat("\n", model)) }
}
