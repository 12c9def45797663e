internal import CShims
internal import Model
internal import Providers

/// Variables, wherever they come from.
extension ConfigurationDraft {
    /// `lookup` gives values that are not empty: an empty variable counts as not set.
    func applyEnvironment(_ lookup: (String) -> String?) throws(Failure) {
        if let mode = lookup("DEV_MODE") { result.devMode = try developmentMode(mode) }
        for draft in providers { try applyVariables(lookup, to: draft) }
        for name in variablesForLater where lookup(name) != nil {
            result.notices.append(name + " has no effect in this version")
        }
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
        if let name = draft.defaultModelVariable, let value = lookup(name) {
            draft.provider.defaultModel = try checkedLine(value, path: name)
        }
        if let name = draft.timeoutVariable, let value = lookup(name) {
            var seconds = 0.0
            guard gl_parse_double(value, &seconds) == 1 else { throw complaint(at: name, "must be a number of seconds") }
            // The time-out of the HTTP libraries that these variables come from: the longest silence.
            draft.rowTimeouts.firstByte = try checkedSeconds(seconds, path: name)
            draft.rowTimeouts.idle = seconds
        }
    }

    private func applyKey(_ lookup: (String) -> String?, to draft: ProviderDraft) throws(Failure) {
        for name in draft.provider.keyEnvironment {
            guard let value = lookup(name) else { continue }
            draft.provider.keys = [ProviderKey(name: draft.keyName(1), value: try keyValue(value, path: name))]
            return
        }
    }
}

/// Variables of OpenRouter clients that a later version gives an effect.
private let variablesForLater: [String] = [
    "OPENROUTER_FALLBACK_MODELS", "OPENROUTER_RETRY_ATTEMPTS", "OPENROUTER_RETRY_BACKOFF_BASE",
    "OPENROUTER_RETRY_BACKOFF_MAX", "OPENROUTER_RETRY_JITTER",
]
