internal import Bytes
internal import Catalog
internal import Dialects
internal import HTTPText
package import Model

/// Complains of a mapping of model lists (`models.map`) that cannot be used. What mappings are is the business of the model lists.
package typealias MappingCheck = (ConfigValue) throws(Failure) -> Void

/// A provider while it is being put together: a row of the catalog first, then what configuration says of it.
package final class ProviderDraft {
    package let provider = Provider()
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
    /// The addresses of rows are looked at by tests.
    private var isRow = false
    private var renames: [Rename] = []
    private var drops: [String] = []
    private let checkMapping: MappingCheck

    package init(id: String, checkMapping: @escaping MappingCheck) {
        self.checkMapping = checkMapping
        provider.id = id
        provider.name = id
    }

    /// A row of the catalog.
    package convenience init(row: ConfigValue, checkMapping: @escaping MappingCheck) throws(Failure) {
        self.init(id: "", checkMapping: checkMapping)
        isRow = true
        let members = try row.object()
        try members.text("id", &provider.id)
        try apply(members)
        isRow = false
        rowHost = host(of: provider.baseURL)
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
        try apply(members)
        if hasFaults && !provider.isScripted { throw document.failure("faults need the dialect dev") }
    }

    private func apply(_ members: ConfigMembers) throws(Failure) {
        // The address comes first: a new one makes the row's own list address void (see setBaseURL).
        if let url = members.take("base_url") { try setBaseURL(url.text(), path: url.path) }
        // And the dialect, which brings defaults along.
        if let dialect = members.take("dialect") { try setDialect(dialect) }
        try identify(members)
        try describe(members)
        try shape(members)
        try readVariables(members)
        try readBelonging(members)
        try readChoosing(members)
        try readBilling(members)
        if !isRow { try readKeys(members) }
        if let faults = members.take("faults") { provider.faults = try readFaults(faults) }
        try members.end()
        provider.renames = renames + drops.map { Rename(from: $0, to: "") }
    }

    private func checkPairs(_ members: ConfigMembers, _ document: ConfigValue) throws(Failure) {
        if members.has("api_key") && members.has("keys") { throw document.failure("api_key and keys exclude each other") }
        if members.has("models") && members.has("models_url") { throw document.failure("models and models_url exclude each other") }
    }

    /// A new address takes the list along: it is read from there, not from the host that the row names.
    package func setBaseURL(_ text: String, path: String) throws(Failure) {
        if isRow { return provider.baseURL = text }
        let text = withoutBlanks(text)
        _ = try EndpointURL(expanded(text, nil).url, path: path, query: true)
        let (address, query) = split(text), (url, ending) = baseURL(of: address)
        if let ending {
            let notice = UnredactedText(concat(path, ": ", String(ending), " at its end was taken off: requests add it themselves"))
            if !notices.contains(notice) { notices.append(notice) }
        }
        (addressVariable, refusedAddress) = (nil, nil)
        if !provider.baseURL.isEmpty && !same(url, provider.baseURL) && !(provider.modelsURL.isEmpty && provider.pricesURL.isEmpty) {
            forgetList()
        }
        provider.baseURL = url
        provider.query = query
        findDeployment()
    }

    /// An address from a variable may be anybody's: what the row says of prices holds for its own host.
    package func settlePrices() {
        provider.isElsewhere = addressVariable != nil && !rowHost.isEmpty && !same(rowHost, host(of: provider.baseURL))
    }

    private func forgetList() {
        provider.modelsURL = ""
        provider.pricesURL = ""
        provider.modelListForm = "openai"
        provider.modelListMap = nil
        provider.modelsPublic = false
        provider.modelsAuth = nil
        provider.modelsHeaders = []
        provider.priceUnit = nil
    }

    private func setDialect(_ value: ConfigValue) throws(Failure) {
        guard let name = value.string else { throw value.failure("must be a string") }
        guard let dialect = Dialects.named(name) else { throw value.failure("must be one of " + joined(Dialects.names)) }
        if !isRow, !same(provider.dialect, name) { dialect.prepare(provider) }
        provider.dialect = name
        provider.isScripted = dialect.isScripted
    }

    private func identify(_ members: ConfigMembers) throws(Failure) {
        if let value = members.take("id"), try !same(value.text(), provider.id) {
            throw value.failure(concat("must be \"", provider.id, "\""))
        }
        try members.text("name", &provider.name)
        try members.texts("aliases", &provider.aliases)
        if let value = members.take("query") { try readQuery(value) }
        if let paths = try members.object("paths") { try readPaths(paths) }
        if let value = members.take("variables") { try readAliases(value, into: &addressVariables) }
        if let value = members.take("values") { try readAddressValues(value) }
        if let value = members.take("site_url") { provider.siteURL = try webAddress(value) }
        if let value = members.take("docs_url") { provider.docsURL = try webAddress(value) }
        if let value = members.take("logo_url") { provider.logoURL = try webAddress(value) }
        if let value = members.take("balance") {
            var form = BalanceForm()
            try form.read(value)
            provider.balance = form
        }
        if let quirks = members.take("quirks") {
            for quirk in try quirks.elements() { try checkQuirk(quirk.object()) }
        }
    }

    /// Quirks are for readers of the row.
    private func checkQuirk(_ quirk: ConfigMembers) throws(Failure) {
        var ignored = ""
        try quirk.text("note", &ignored)
        try quirk.text("link", &ignored)
        try quirk.text("date", &ignored)
        try quirk.end()
    }

    private func webAddress(_ value: ConfigValue) throws(Failure) -> String {
        let text = try value.text()
        if !isRow { _ = try EndpointURL(text, path: value.path, query: true) }
        return text
    }

    private func describe(_ members: ConfigMembers) throws(Failure) {
        if let auth = members.take("auth") { provider.auth = try authForm(auth) }
        if let word = try members.word("key", of: "required, optional, none") { provider.keyNeed = KeyNeed(rawValue: word) ?? .required }
        if let word = try members.word("price_unit", of: PriceUnit.words) { provider.priceUnit = PriceUnit(rawValue: word) }
        if let word = try members.word("prices", of: "hybrid, api, cross_reference, table") {
            provider.priceStrategy = PriceStrategy(rawValue: word) ?? .hybrid
        }
        try members.flag("only_when_named", &provider.onlyWhenNamed)
        try members.texts("keep_prefix", &provider.keepPrefix)
        try members.flag("pass_through", &provider.passThrough)
        try members.flag("native_routing", &provider.nativeRouting)
        if members.has("stream_usage") { provider.knowsStreamUsage = true }
        try members.flag("stream_usage", &provider.streamUsage)
        try members.flag("stream_false", &provider.streamFalse)
        if let word = try members.word("output_limit", of: "max_tokens, max_completion_tokens") { provider.outputLimit = OutputLimit(rawValue: word) }
        try members.flag("usage_include", &provider.usageInclude)
        try members.flag("prompt_billed_as_cached", &provider.promptAsCached)
        try members.text("default_model", &provider.defaultModel)
        try members.seconds("token_delay", &provider.tokenDelay)
    }

    private func shape(_ members: ConfigMembers) throws(Failure) {
        if let value = members.take("headers") { try mergeHeaders(value, into: &provider.headers) }
        if let value = members.take("allow_headers") { provider.allowHeaders = try readAllowedHeaders(value) }
        try members.texts("allow_query", &provider.allowQuery)
        if let models = try members.object("models") { try readModels(models) }
        if let value = members.take("models_url") { provider.modelsURL = try webAddress(value) }
        if let value = members.take("renames") { try mergeRenames(value) }
        try members.texts("drops", &drops)
        if let capabilities = try members.object("capabilities") {
            try capabilities.flag("embeddings", &provider.embeddings)
            try capabilities.flag("completions", &provider.completions)
            try capabilities.end()
        }
        if let value = members.take("timeouts") { try ownTimeouts.read(value) }
        try members.seconds("keep_alive", &ownKeepAlive)
    }

    private func authForm(_ value: ConfigValue) throws(Failure) -> AuthForm {
        if !value.isObject {
            _ = try value.word(of: "bearer")
            return .bearer
        }
        let members = try value.object()
        guard let header = members.take("header") else { throw value.failure("needs a header") }
        try members.end()
        return .header(try headerName(header.text(), path: header.path))
    }

    private func readModels(_ models: ConfigMembers) throws(Failure) {
        if let url = models.take("url") { provider.modelsURL = try webAddress(url) }
        if let url = models.take("prices_url") { provider.pricesURL = try webAddress(url) }
        if let file = models.take("file") {
            provider.modelsFile = try file.text()
            provider.modelListForm = "gatelet"
        }
        if let form = models.take("form") { provider.modelListForm = try listForm(form) }
        if let map = models.take("map") {
            try checkMapping(map)
            provider.modelListMap = map.json
        }
        try models.flag("public", &provider.modelsPublic)
        if let auth = models.take("auth") { provider.modelsAuth = try authForm(auth) }
        if let headers = models.take("headers") { try mergeHeaders(headers, into: &provider.modelsHeaders) }
        try models.end()
    }

    private func listForm(_ value: ConfigValue) throws(Failure) -> String {
        let name = try value.text()
        if forms.contains(where: { same($0.name, name) }) { return name }
        var known = ""
        for form in forms { known += (known.isEmpty ? "" : ", ") + String(utf8: form.name) }
        throw value.failure(concat("must be one of ", known))
    }

    private func mergeRenames(_ value: ConfigValue) throws(Failure) {
        for (name, member) in try value.members() {
            let rename = Rename(from: name.text, to: try member.text())
            renames.removeAll { same($0.from, name.text) }
            renames.append(rename)
        }
    }

    private func mergeHeaders(_ value: ConfigValue, into headers: inout [Header]) throws(Failure) {
        for (name, member) in try value.members() {
            var header = Header(name: try headerName(name.text, path: member.path), value: try member.text())
            header.isPublic = isRow
            headers.removeAll { sameHeader($0.name, name.text) }
            headers.append(header)
        }
    }

    private func readKeys(_ members: ConfigMembers) throws(Failure) {
        if members.has("api_key") || members.has("keys") { keyVariable = nil }
        if let value = members.take("api_key") {
            provider.keys = [ProviderKey(name: keyName(1), value: try configuredKey(value))]
        }
        if let value = members.take("keys") { provider.keys = try keys(value) }
    }

    /// What a key is called when the user gave it no name.
    package func keyName(_ number: Int) -> String { concat(provider.id, "#", String(number)) }

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
        if let limits = members.take("limits") { try key.limits.read(limits, isOfKey: true) }
        try members.end()
        if key.value.isEmpty { throw value.failure("needs a value") }
        return key
    }
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

/// Header names are compared without regard to case.
@inline(never)
package func sameHeader(_ a: String, _ b: String) -> Bool {
    same(lowercased(a), lowercased(b))
}

