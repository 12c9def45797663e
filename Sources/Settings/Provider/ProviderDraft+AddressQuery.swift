internal import Bytes
internal import Dialects
internal import HTTPText
internal import Model

// What of an address is not the host and the way there: its query, the paths of operations, and a model in it.

extension ProviderDraft {
    /// "https://host/path?query" as its two halves; slashes at the end of the first are cut off.
    func split(_ text: String) -> (url: String, query: String) {
        let bytes = text.octets
        let mark = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.count
        var url = Array(bytes[..<mark])
        while url.last == UInt8(ascii: "/") { url.removeLast() }
        return (String(utf8: url), String(utf8: bytes[min(mark + 1, bytes.count)...]))
    }

    /// `query`: names and values that go with every address. One that `base_url` has too takes its place; of a row's it is the other way round.
    func readQuery(_ value: ConfigValue) throws(Failure) {
        for (name, member) in try value.members() {
            let text = try member.text()
            guard let key = encodePathSegment(name.text) else { throw member.failure("has no usable name") }
            let pair = concat(key, "=", text.isEmpty ? "" : encodePathSegment(text) ?? text) // "." and ".." are nothing special here
            if isRow { rowQuery = query(rowQuery, with: pair) } else { ownQuery = query(ownQuery, with: pair) }
        }
    }

    /// `paths`: where operations are that are not where the dialect has them.
    func readPaths(_ value: ConfigValue) throws(Failure) {
        let members = try value.object()
        if let value = members.take("chat") { parts.access.paths.chat = try path(value, .chat) }
        if let value = members.take("chat_stream") { parts.access.paths.chatStream = try path(value, .chatStream) }
        if let value = members.take("completions") { parts.access.paths.completions = try path(value, .completion) }
        if let value = members.take("embeddings") { parts.access.paths.embeddings = try path(value, .embeddings) }
        if let value = members.take("count_tokens") { parts.access.paths.countTokens = try path(value, .countTokens) }
        if let value = members.take("models") { parts.access.paths.models = try path(value, .listModels) }
        try members.end()
    }

    private func path(_ value: ConfigValue, _ operation: Operation) throws(Failure) -> String {
        let text = try value.text()
        guard text.octets.first == UInt8(ascii: "/") else { throw value.failure("must begin with \"/\"; it stands behind base_url") }
        _ = try EndpointURL("https://x" + text, path: value.path)
        return text.equals(Dialects.spoken(in: parts.requests).path(operation)) ? "" : text
    }

    /// An address that ends with a deployment, of a row whose paths begin with one: requests add theirs.
    func withoutDeployment(_ url: String) -> (url: String, deployment: String?) {
        let segments = url.octets.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.access.paths.chat.octets.starts(with: "/deployments/{model}/".octets), segments.count > 4,
              String(utf8: segments[segments.count - 2]).equals("deployments") else { return (url, nil) }
        let kept = segments[..<(segments.count - 2)].joined(separator: [UInt8(ascii: "/")])
        return (String(utf8: Array(kept)), String(utf8: segments[segments.count - 1]))
    }

    /// Azure's older addresses name the deployment: https://host/openai/deployments/<name>
    func findDeployment() {
        let segments = parts.access.baseURL.octets.split(separator: UInt8(ascii: "/"))
        guard segments.count > 3, String(utf8: segments[segments.count - 2]).equals("deployments") else { return parts.access.deployment = nil }
        parts.access.deployment = String(utf8: segments[segments.count - 1])
    }
}
