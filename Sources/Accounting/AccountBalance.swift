internal import Bytes
internal import Dialects
internal import JSON
package import Model

/// What an account has, decimal text in USD; nil is not known.
package struct AccountBalance {
    package var remaining: String?
    package var total: String?
    package var used: String?
    package init() {}
}

/// Why a 2xx answer tells no balance.
package func noBalance(_ body: UnsafeRawBufferPointer, _ provider: Provider) -> Failure {
    if speaksOfAnError(body) { return classify(httpStatus: 200, headers: UnsafeRawBufferPointer(start: nil, count: 0), body: body, provider: provider, model: "") }
    return Failure(.badResponse, concat(provider.title, " answered with something that tells no balance"))
}

extension BalanceForm {
    /// What an answer says. The digits of a number count, not its value in a machine.
    package func read(_ body: UnsafeRawBufferPointer) -> AccountBalance {
        var result = AccountBalance()
        guard let root = JSONView(document: trimmed(body)) else { return result }
        for path in remaining where result.remaining == nil { result.remaining = amount(path, root)?.text }
        if total.isEmpty { return result }
        let all = amount(total, root), spent = amount(used, root)
        (result.total, result.used) = (all?.text, spent?.text)
        if result.remaining == nil, let all = all?.atto, let spent = spent?.atto { result.remaining = Money.text(all &- spent) }
        return result
    }

    private func amount(_ path: String, _ root: JSONView) -> DecimalText? {
        guard let found = root.value(at: path), let text = found.numberText ?? found.string else { return nil }
        return DecimalText(text)
    }
}
