internal import CShims
internal import Model
internal import Providers
internal import Wire

/// Variables, wherever they come from.
extension ConfigurationDraft {
    /// `lookup` gives values that are not empty: an empty variable counts as not set.
    func applyEnvironment(_ lookup: (String) -> String?) throws(Failure) {
        if let mode = lookup("DEV_MODE") { result.devMode = try developmentMode(mode) }
        readWayOut(lookup)
        for draft in providers {
            try applyVariables(lookup, to: draft)
            try applyRetry(lookup, to: draft)
        }
    }

    /// Proxies and trusted certificates, by the names that curl and OpenSSL gave their variables. HTTP_PROXY is none of them: in a CGI
    /// program a client's header `Proxy` sets it (https://httpoxy.org).
    private func readWayOut(_ lookup: (String) -> String?) {
        func value(_ names: String...) -> String? {
            for name in names {
                guard let found = lookup(name) else { continue }
                let text = trimmed(found.octets[...])
                if text.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
                    result.notices.append(concat(name, " has no effect: it contains control characters"))
                } else if !text.isEmpty {
                    return String(utf8: Array(text))
                }
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

    private func developmentMode(_ text: String) throws(Failure) -> Bool {
        switch Word(text) {
        case "true", "1": return true
        case "false", "0": return false
        default: throw complaint(at: "DEV_MODE", "must be true, false, 1 or 0")
        }
    }

    private func applyVariables(_ lookup: (String) -> String?, to draft: ProviderDraft) throws(Failure) {
        if draft.provider.keyNeed != .none { try applyKey(lookup, to: draft) }
        if let name = draft.baseURLVariable, let value = lookup(name) { try draft.setBaseURL(value, path: name) }
        for variable in draft.addressVariables {
            if let value = lookup(variable.model) { try draft.setAddressValue(variable.name, value, path: variable.model) }
        }
        if let name = draft.defaultModelVariable, let value = lookup(name) {
            draft.provider.defaultModel = try checkedLine(value, path: name)
        }
        // The time-out of the HTTP libraries that these variables come from: the longest silence.
        try number(draft.timeoutVariable, lookup, &draft.rowTimeouts.firstByte, checkedSeconds)
        try number(draft.timeoutVariable, lookup, &draft.rowTimeouts.idle, checkedSeconds)
        if let name = draft.fallbackModelsVariable, let value = lookup(name) {
            draft.provider.fallbackModels = listed(try checkedLine(value, path: name))
        }
    }

    private func applyRetry(_ lookup: (String) -> String?, to draft: ProviderDraft) throws(Failure) {
        let names = draft.retryVariables
        if let name = names.attempts, let value = lookup(name) {
            guard let attempts = Int(value), attempts >= 0, attempts <= 100 else { throw complaint(at: name, "must be an integer from 0 to 100") }
            draft.rowRetry.attempts = attempts
        }
        try number(names.backoffBase, lookup, &draft.rowRetry.backoffBase, checkedSeconds)
        try number(names.backoffMax, lookup, &draft.rowRetry.backoffMax, checkedSeconds)
        try number(names.jitter, lookup, &draft.rowRetry.jitter, checkedShare)
    }

    @inline(never)
    private func number(_ name: String?, _ lookup: (String) -> String?, _ slot: inout Double?,
                        _ check: (Double, String) throws(Failure) -> Double) throws(Failure) {
        guard let name, let text = lookup(name) else { return }
        var value = 0.0
        guard gl_parse_double(text, &value) == 1 else { throw complaint(at: name, "must be a number") }
        slot = try check(value, name)
    }

    private func applyKey(_ lookup: (String) -> String?, to draft: ProviderDraft) throws(Failure) {
        for name in draft.provider.keyEnvironment {
            guard let value = lookup(name) else { continue }
            draft.provider.keys = [ProviderKey(name: draft.keyName(1), value: try keyValue(value, path: name))]
            return
        }
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
