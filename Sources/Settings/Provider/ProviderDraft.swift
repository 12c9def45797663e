internal import Bytes
internal import Catalog
internal import Dialects
internal import HTTPText
package import Model

/// Complains of a mapping of model lists (`models.map`) that cannot be used. What mappings are is the business of the model lists.
package typealias MappingCheck = (ConfigValue) throws(Failure) -> Void

/// A provider while it is being put together: a row of the catalog first, then what configuration says of it.
package final class ProviderDraft {
    package var parts = ProviderParts()
    /// Seconds from the row and the environment; the client's own settings beat these.
    package var rowTimeouts = TimeoutOverrides()
    /// Seconds from `providers.<id>.timeouts`; these beat the client's.
    package var ownTimeouts = TimeoutOverrides()
    /// Seconds of `keep_alive`: the row's, and the one from configuration, which beats the client's.
    package var rowKeepAlive: Double?
    package var ownKeepAlive: Double?
    package var baseURLVariable: String?
    package var defaultModelVariable: String?
    package var timeoutVariable: String?
    package var retryVariables = RetryVariables()
    package var fallbackModelsVariable: String?
    /// What stands in braces in the address, and the variable that may hold it.
    package var addressVariables: [ModelAlias] = []
    /// And what it is.
    package var addressValues: [ModelAlias] = []
    /// As `rowTimeouts` and `ownTimeouts`.
    package var rowRetry = RetryOverrides()
    package var ownRetry = RetryOverrides()
    /// The variables that its key and its address come from; nil: neither does.
    package var keyVariable: String?
    package var addressVariable: String?
    /// A variable whose address is none: nobody is asked in its place.
    package var refusedAddress: String?
    /// What was put right.
    package private(set) var notices: [UnredactedText] = []
    /// Where the prices of the row hold.
    private var rowHost = ""
    /// The address of the row, and where it speaks other dialects.
    private var rowAddress = ""
    private var dialectPlaces: [DialectPlace] = []
    /// The addresses of rows are looked at by tests.
    private(set) var isRow = false
    /// Of the row, of the address in the configuration, and of `query` there; the later beat the earlier.
    var rowQuery = ""
    var addressQuery = ""
    var ownQuery = ""
    private let checkMapping: MappingCheck

    package init(id: String, checkMapping: @escaping MappingCheck) {
        self.checkMapping = checkMapping
        parts.identity.id = id
        parts.identity.name = id
    }

    /// A row of the catalog.
    package convenience init(row: ConfigValue, checkMapping: @escaping MappingCheck) throws(Failure) {
        self.init(id: "", checkMapping: checkMapping)
        isRow = true
        try read(row.object())
        isRow = false
        rowHost = host(of: parts.access.baseURL)
        rowAddress = parts.access.baseURL
        rowTimeouts = ownTimeouts
        ownTimeouts = TimeoutOverrides()
        (rowKeepAlive, ownKeepAlive) = (ownKeepAlive, nil)
        rowRetry = ownRetry
        ownRetry = RetryOverrides()
    }

    /// Merges a document on top: objects merge, arrays replace.
    package func apply(_ document: ConfigValue) throws(Failure) {
        let members = try document.object()
        try checkPairs(members, document)
        let hasFaults = members.has("faults")
        try read(members)
        if hasFaults && !parts.requests.isScripted { throw document.failure("faults need the dialect dev") }
    }

    private func checkPairs(_ members: ConfigMembers, _ document: ConfigValue) throws(Failure) {
        if members.has("api_key") && members.has("keys") { throw document.failure("api_key and keys exclude each other") }
        if members.has("models") && members.has("models_url") { throw document.failure("models and models_url exclude each other") }
    }

    /// A new address takes the list along: it is read from there, not from the host that the row names.
    package func setBaseURL(_ text: String, path: String) throws(Failure) {
        if isRow { return parts.access.baseURL = text }
        let text = withoutBlanks(text)
        _ = try EndpointURL(expanded(text, nil).url, path: path, query: true)
        let (address, query) = split(text), (place, ending) = baseURL(of: address), (url, deployment) = withoutDeployment(place)
        if let ending { noteEnding(String(ending), path) }
        if let deployment {
            noteEnding("/deployments/" + deployment, path)
            if parts.routing.defaultModel == nil { parts.routing.defaultModel = deployment }
        }
        (addressVariable, refusedAddress) = (nil, nil)
        if !parts.access.baseURL.isEmpty && !same(url, parts.access.baseURL) && !(parts.list.url.isEmpty && parts.list.pricesURL.isEmpty) {
            forgetList()
        }
        parts.access.baseURL = url
        addressQuery = query
        findDeployment()
    }

    private func noteEnding(_ ending: String, _ path: String) {
        let notice = UnredactedText(concat(path, ": ", ending, " at its end was taken off: requests add it themselves"))
        if !notices.contains(notice) { notices.append(notice) }
    }

    /// An address from a variable may be anybody's: what the row says of prices holds for its own host.
    package func settlePrices() {
        parts.access.isElsewhere = addressVariable != nil && !rowHost.isEmpty && !same(rowHost, host(of: parts.access.baseURL))
    }

    private func forgetList() {
        parts.list.url = ""
        parts.list.pricesURL = ""
        var fresh = ProviderParts()
        Dialects.spoken(in: parts.requests).prepare(&fresh)
        parts.list.form = fresh.list.form
        parts.list.mapping = nil
        parts.list.isPublic = false
        parts.list.auth = nil
        parts.list.headers = []
        parts.list.priceUnit = nil
    }

    func setDialect(_ value: ConfigValue) throws(Failure) {
        guard let name = value.string else { throw value.failure("must be a string") }
        guard let dialect = Dialects.named(name) else { throw value.failure("must be one of " + joined(Dialects.names)) }
        if !isRow, !same(parts.requests.dialect, name) {
            Dialects.spoken(in: parts.requests).leave(&parts)
            parts.access.paths = OperationPaths() // the row's are those of its own dialect
            dialect.prepare(&parts)
            if let place = dialectPlaces.first(where: { same($0.dialect, name) }) { move(to: place) }
        }
        parts.requests.dialect = name
        parts.requests.countsTokens = dialect.countsTokens
        parts.requests.isScripted = dialect.isScripted
    }

    /// Where it speaks another dialect, unless the configuration has an address of its own.
    private func move(to place: DialectPlace) {
        if let url = place.baseURL, same(parts.access.baseURL, rowAddress) { parts.access.baseURL = url }
        if let auth = place.auth { parts.access.auth = auth }
    }

    func readDialects(_ value: ConfigValue) throws(Failure) {
        for (name, member) in try value.members() {
            guard Dialects.named(name.text) != nil else { throw member.failure("is none of the dialects " + joined(Dialects.names)) }
            var place = DialectPlace(dialect: name.text)
            let members = try member.object()
            if let url = members.take("base_url") { place.baseURL = try webAddress(url) }
            if let auth = members.take("auth") { place.auth = try authForm(auth) }
            try members.end()
            dialectPlaces.removeAll { same($0.dialect, name.text) }
            dialectPlaces.append(place)
        }
    }

    func readID(_ value: ConfigValue) throws(Failure) {
        let id = try value.text()
        if isRow { parts.identity.id = id }
        if !same(id, parts.identity.id) { throw value.failure(concat("must be \"", parts.identity.id, "\"")) }
    }

    /// Quirks are for readers of the row.
    func checkQuirks(_ value: ConfigValue) throws(Failure) {
        for quirk in try value.elements() {
            let members = try quirk.object()
            var ignored = ""
            try members.text("note", &ignored)
            try members.text("link", &ignored)
            try members.text("date", &ignored)
            try members.end()
        }
    }

    func webAddress(_ value: ConfigValue) throws(Failure) -> String {
        let text = try value.text()
        if !isRow { _ = try EndpointURL(expanded(text, nil).url, path: value.path, query: true) }
        return text
    }

    func readCapabilities(_ value: ConfigValue) throws(Failure) {
        let members = try value.object()
        try members.flag("embeddings", &parts.requests.embeddings)
        if let value = members.take("completions") {
            parts.requests.completionsAreChats = value.string?.equals("chat") ?? false
            if value.string != nil, !parts.requests.completionsAreChats { throw value.failure("must be true, false or \"chat\"") }
            parts.requests.completions = parts.requests.completionsAreChats ? true : try value.flag()
        }
        if let value = members.take("count_tokens") {
            parts.requests.countsTokens = try value.flag()
            if parts.requests.countsTokens, !Dialects.spoken(in: parts.requests).countsTokens {
                throw value.failure(concat("cannot be true: the dialect ", parts.requests.dialect, " has no place where tokens are counted"))
            }
        }
        try members.count("embedding_inputs", &parts.requests.mostInputs)
        if let value = members.take("media_urls") { parts.requests.mediaURLs = try readMediaURLs(value) }
        if let value = members.take("embedding_format") { parts.requests.givesInt8 = try value.word(among: ["float", "int8"]).utf8.count == 4 }
        try members.end()
    }

    private func readMediaURLs(_ value: ConfigValue) throws(Failure) -> [String] {
        var list: [String] = []
        for element in try value.elements() {
            let entry = try element.text()
            guard MediaKind(rawValue: entry) != nil || entry.bytes({ $0.find("://") != nil }) else {
                throw element.failure("must be image, audio, file, video or an address with ://")
            }
            list.append(entry)
        }
        return list
    }

    func authForm(_ value: ConfigValue) throws(Failure) -> AuthForm {
        if !value.isObject {
            _ = try value.word(among: ["bearer"])
            return .bearer
        }
        let members = try value.object()
        guard let header = members.take("header") else { throw value.failure("needs a header") }
        try members.end()
        return .header(try headerName(header.text(), path: header.path))
    }

    func readModels(_ value: ConfigValue) throws(Failure) {
        let models = try value.object()
        if let url = models.take("url") { parts.list.url = try webAddress(url) }
        if let url = models.take("prices_url") { parts.list.pricesURL = try webAddress(url) }
        if let file = models.take("file") {
            parts.list.file = try file.text()
            parts.list.form = "gatelet"
        }
        if let form = models.take("form") { parts.list.form = try listForm(form) }
        if let map = models.take("map") {
            try checkMapping(map)
            parts.list.mapping = map.json
        }
        try models.flag("public", &parts.list.isPublic)
        if let auth = models.take("auth") { parts.list.auth = try authForm(auth) }
        if let headers = models.take("headers") { try mergeHeaders(headers, into: &parts.list.headers) }
        try models.end()
    }

    private func listForm(_ value: ConfigValue) throws(Failure) -> String {
        let name = try value.text()
        if forms.contains(where: { same($0.name, name) }) { return name }
        var known = ""
        for form in forms { known += (known.isEmpty ? "" : ", ") + String(utf8: form.name) }
        throw value.failure(concat("must be one of ", known))
    }

    func mergeHeaders(_ value: ConfigValue, into headers: inout [Header]) throws(Failure) {
        for (name, member) in try value.members() {
            var header = Header(name: try headerName(name.text, path: member.path), value: try member.text())
            header.isPublic = isRow
            headers.removeAll { sameHeader($0.name, name.text) }
            headers.append(header)
        }
    }

    func readKey(_ value: ConfigValue) throws(Failure) {
        if isRow { throw value.unknown() }
        keyVariable = nil
        parts.access.keys = [ProviderKey(name: keyName(1), value: try configuredKey(value))]
    }

    func readKeys(_ value: ConfigValue) throws(Failure) {
        if isRow { throw value.unknown() }
        keyVariable = nil
        parts.access.keys = try keys(value)
    }

    /// What a key is called when the user gave it no name.
    package func keyName(_ number: Int) -> String { concat(parts.identity.id, "#", String(number)) }

    private func keys(_ value: ConfigValue) throws(Failure) -> [ProviderKey] {
        var result: [ProviderKey] = []
        for element in try value.elements() {
            let key = try readKey(element, result.count + 1)
            if result.contains(where: { same($0.name, key.name) }) { throw element.failure("has the name of another key") }
            result.append(key)
        }
        if result.isEmpty { throw value.failure("must not be empty") }
        return result
    }

    private func readKey(_ value: ConfigValue, _ number: Int) throws(Failure) -> ProviderKey {
        var key = ProviderKey(name: keyName(number), value: "")
        let members = try value.object()
        try members.text("name", &key.name)
        if let value = members.take("value") { key.value = try configuredKey(value) }
        try members.integer("weight", 1, 1000, &key.weight)
        if let limits = members.take("limits") { try limits.readLimits(into: &key.limits, isOfKey: true) }
        try members.end()
        if key.value.isEmpty { throw value.failure("needs a value") }
        return key
    }
}

/// What is different where a provider speaks another dialect than its row says.
private struct DialectPlace {
    let dialect: String
    var baseURL: String?
    var auth: AuthForm?
}

private func configuredKey(_ value: ConfigValue) throws(Failure) -> String {
    guard let text = value.string else { throw value.failure("must be a string") }
    return try keyValue(text, path: value.path)
}

/// Headers that say where a message goes, who sends it or where it ends are never the user's to set.
private let ownHeaders = ["host", "authorization", "content-length", "transfer-encoding", "connection", "content-type", "expect"]

private func headerName(_ name: String, path: String) throws(Failure) -> String {
    if let fault = headerComplaint(name) { throw complaint(at: path, fault) }
    return name
}

func headerComplaint(_ name: String) -> String? {
    if !HeaderText.isName(name) { return "not a header name" }
    return ownHeaders.contains { sameHeader($0, name) } ? "this header cannot be set" : nil
}
