internal import Bytes
internal import Model

extension Log {
    /// What an attempt did to the breakers of its model and of its provider.
    func sayBreakers(_ flips: BreakerFlips, _ provider: Provider, _ model: String, _ policy: BreakerPolicy) {
        for (flip, name) in [(flips.model, concat(provider.id, "/", model)), (flips.provider, provider.id)] {
            switch flip {
            case .none: break
            case .opened:
                let time = String(decimal: Int(min(max(policy.openFor, 0), 1e9) * 1000))
                say(LogLevel.warning, concat("breaker opened: ", name, " is left alone for ", time, " ms"))
            case .closed: say(LogLevel.info, concat("breaker closed: ", name))
            }
        }
    }
}
