internal import Bytes
internal import CShims
internal import Model

/// Variables, wherever they come from. They may be another program's: one that cannot be used is no error, but a warning.
extension ConfigurationDraft {
    /// `lookup` gives values without blanks around them, and none that is empty: such a variable counts as not set.
    func applyEnvironment(_ lookup: (String) -> String?) {
        applyDevelopmentMode(lookup)
        readWayOut(lookup)
        readRedis(lookup)
        for draft in providers {
            if draft.parts.access.keyNeed != .none { applyKey(lookup, to: draft) }
            applyAddress(lookup, to: draft)
            applyVariables(lookup, to: draft)
            applyRetry(lookup, to: draft)
        }
    }

    private func readRedis(_ lookup: (String) -> String?) {
        let name = "GATELET_REDIS_URL"
        guard let url = lookup(name), let address = use(name, { () throws(Failure) in try redisAddress(url, path: name) }) else { return }
        result.redis.address = address
        result.sharesByRedis = true
    }

    /// Proxies and trusted certificates, by the names that curl and OpenSSL gave their variables. HTTP_PROXY is none of them: in a CGI
    /// program a client's header `Proxy` sets it (https://httpoxy.org).
    private func readWayOut(_ lookup: (String) -> String?) {
        func value(_ names: String...) -> String? {
            for name in names {
                guard let found = lookup(name) else { continue }
                if let text = use(name, { () throws(Failure) in try checkedLine(found, path: name) }) { return text }
            }
            return nil
        }
        let all = value("all_proxy", "ALL_PROXY")
        result.http.found.httpProxy = value("http_proxy") ?? all
        result.http.found.httpsProxy = value("https_proxy", "HTTPS_PROXY") ?? all
        result.http.found.noProxy = value("no_proxy", "NO_PROXY")
        result.http.found.caFile = value("SSL_CERT_FILE")
        result.http.found.caDirectory = value("SSL_CERT_DIR")
    }

    /// Ours goes before the one that many programs have.
    private func applyDevelopmentMode(_ lookup: (String) -> String?) {
        for name in ["GATELET_DEV_MODE", "DEV_MODE"] {
            guard let text = lookup(name) else { continue }
            guard let mode = flag(text) else {
                warn(complaint(at: name, "not used: must be true, false, 1, 0, yes, no, on or off"))
                continue
            }
            result.devMode = mode
            result.devVariable = mode ? name : nil
            return
        }
    }

    private func applyKey(_ lookup: (String) -> String?, to draft: ProviderDraft) {
        for name in draft.parts.access.keyEnvironment {
            guard let value = lookup(name) else { continue }
            let found = use(name) { () throws(Failure) in try keyValue(value, path: name) }
            guard let key = found else { continue }
            draft.parts.access.keys = [ProviderKey(name: draft.keyName(1), value: key)]
            draft.keyVariable = name
            return
        }
    }

    private func applyAddress(_ lookup: (String) -> String?, to draft: ProviderDraft) {
        if let name = draft.baseURLVariable, let value = lookup(name) {
            // Without it, the row's address would get what was meant for another.
            if use(name, { () throws(Failure) in try draft.setBaseURL(value, path: name) }) == nil { draft.refusedAddress = name }
            draft.addressVariable = name
        }
        for variable in draft.addressVariables {
            guard let value = lookup(variable.model) else { continue }
            use(variable.model) { () throws(Failure) in try draft.setAddressValue(variable.name, value, path: variable.model) }
        }
    }

    private func applyVariables(_ lookup: (String) -> String?, to draft: ProviderDraft) {
        if let model = line(draft.defaultModelVariable, lookup) { draft.parts.routing.defaultModel = model }
        // The time-out of the HTTP libraries that these variables come from: the longest silence.
        if let seconds = number(draft.timeoutVariable, lookup, checkedSeconds) {
            draft.rowTimeouts.firstByte = seconds
            draft.rowTimeouts.idle = seconds
        }
        if let models = line(draft.fallbackModelsVariable, lookup) { draft.parts.routing.fallbackModels = listed(models) }
    }

    private func applyRetry(_ lookup: (String) -> String?, to draft: ProviderDraft) {
        let names = draft.retryVariables
        if let name = names.attempts, let value = lookup(name) {
            if let attempts = Int(value), attempts >= 0, attempts <= 100 {
                draft.rowRetry.attempts = attempts
            } else {
                warn(complaint(at: name, "not used: must be an integer from 0 to 100"))
            }
        }
        draft.rowRetry.backoffBase = number(names.backoffBase, lookup, checkedSeconds) ?? draft.rowRetry.backoffBase
        draft.rowRetry.backoffMax = number(names.backoffMax, lookup, checkedSeconds) ?? draft.rowRetry.backoffMax
        draft.rowRetry.jitter = number(names.jitter, lookup, checkedShare) ?? draft.rowRetry.jitter
    }

    // MARK: values

    private func line(_ name: String?, _ lookup: (String) -> String?) -> String? {
        guard let name, let text = lookup(name) else { return nil }
        return use(name) { () throws(Failure) in try checkedLine(text, path: name) }
    }

    private func number(_ name: String?, _ lookup: (String) -> String?, _ check: (Double, String) throws(Failure) -> Double) -> Double? {
        guard let name, let text = lookup(name) else { return nil }
        return use(name) { () throws(Failure) in
            var value = 0.0
            guard gl_parse_double(text, &value) == 1 else { throw complaint(at: name, "must be a number") }
            return try check(value, name)
        }
    }

    /// nil: a warning says why.
    @discardableResult
    private func use<T>(_ name: String, _ body: () throws(Failure) -> T) -> T? {
        do throws(Failure) {
            return try body()
        } catch {
            var refusal = error
            refusal.message = error.message + ", so it is not used"
            warn(refusal)
            return nil
        }
    }

    private func warn(_ failure: Failure) { result.warn(failure.message) }
}

private func flag(_ text: String) -> Bool? {
    switch Word(lowercased(text)) {
    case "true", "1", "yes", "on": true
    case "false", "0", "no", "off": false
    default: nil
    }
}

/// The pieces between commas, without the blanks around them.
private func listed(_ text: String) -> [String] {
    var result: [String] = []
    for piece in text.octets.split(separator: UInt8(ascii: ",")) {
        let trimmed = trimmed(piece)
        if !trimmed.isEmpty { result.append(String(utf8: trimmed)) }
    }
    return result
}
