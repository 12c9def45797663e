/// The member of a request that bounds the answer, as a provider calls it.
package enum OutputLimit: UInt8, Sendable {
    case maxTokens, maxCompletionTokens

    package var name: StaticString {
        switch self {
        case .maxTokens: "max_tokens"
        case .maxCompletionTokens: "max_completion_tokens"
        }
    }
}

/// How a provider wants its key.
package enum AuthForm: Sendable, Equatable {
    /// `Authorization: Bearer KEY`
    case bearer
    /// `<header>: KEY`
    case header(String)
}

/// What the prices in a provider's model list mean.
package enum PriceUnit: UInt8, Sendable {
    case none, usdPerToken, usdPerMillion, usCentsPerToken
    /// Integers of 1e-4 USD per million tokens.
    case tenThousandthsPerMillion

    /// As `rawValue` counts them.
    package static let words: StaticString = "none, usd_per_token, usd_per_million, us_cents_per_token, 1e-4_usd_per_million"
}

/// Which price of a provider's models counts (docs/prices.md): what its list says, what the maker of a model asks for it, what the
/// price table says. `hybrid` is the list, then the table; `crossReference` the list, then the maker, then the table.
package enum PriceStrategy: UInt8, Sendable { case hybrid, api, crossReference, table }

package enum KeyNeed: UInt8, Sendable { case required, optional, none }

/// A member of a request that this provider spells differently; an empty `to` drops it.
package struct Rename: Sendable, Equatable {
    package var from: String
    package var to: String
    package init(from: String, to: String) { self.from = from; self.to = to }
}

package struct Header: Sendable, Equatable {
    package var name: String
    package var value: String
    /// It stands in a row of the catalog: no secret.
    package var isPublic = false
    package init(name: String, value: String) { self.name = name; self.value = value }
    package static func == (a: Header, b: Header) -> Bool { a.name == b.name && a.value == b.value }
}

package struct ProviderKey: Sendable, Equatable {
    /// Shown in reports instead of the value; `provider#n` when the user gave none.
    package var name: String
    package var value: String
    package var weight: Int
    package var limits = LimitRules()
    package init(name: String, value: String, weight: Int = 1) { self.name = name; self.value = value; self.weight = weight }
}

/// Seconds; 0 means none.
package struct Timeouts: Sendable, Equatable {
    package var connect = 10.0
    package var firstByte = 60.0
    package var idle = 60.0
    package var content = 300.0
    package var total = 0.0
    package init() {}
}

/// Time-outs that somebody set; the others stay what they are.
package struct TimeoutOverrides: Sendable, Equatable {
    package var connect: Double?
    package var firstByte: Double?
    package var idle: Double?
    package var content: Double?
    package var total: Double?
    package init() {}

    package func applied(to base: Timeouts) -> Timeouts {
        var result = base
        result.connect = connect ?? base.connect
        result.firstByte = firstByte ?? base.firstByte
        result.idle = idle ?? base.idle
        result.content = content ?? base.content
        result.total = total ?? base.total
        return result
    }
}

/// Sizes in bytes.
package struct Caps: Sendable, Equatable {
    package var headers = 256 << 10
    package var event = 16 << 20
    package var body = 64 << 20
    package var request = 64 << 20
    package var depth = 512
    /// How many further models a request may name.
    package var models = 100
    /// Of one list, unless it has 200 bytes for each.
    package var entries = 25_000
    package init() {}
}

/// How long a model list counts, in seconds.
package struct ListPolicy: Sendable, Equatable {
    package var fresh = 3600.0
    /// Until then it is answered while it is fetched anew.
    package var stale = 7200.0
    package init() {}
}

/// Where a provider tells what is left on the account: a path behind the base URL, and paths to numbers in the answer.
package struct BalanceForm: Sendable, Equatable {
    package var url = ""
    package var remaining: [String] = []
    package var total = ""
    package var used = ""
    package init() {}
}

package struct HTTPOptions: Sendable, Equatable {
    package var http2 = false
    /// For all requests; with it those of the environment are not looked at.
    package var proxy: String?
    /// Hosts that are reached without a proxy.
    package var noProxy: String?
    package var caFile: String?
    /// From the environment, where `proxy` and `caFile` are not set.
    package var found = FoundHTTP()
    package var clientCert: String?
    package var clientKey: String?
    package var unixSocket: String?
    /// curl's form, `host:port:address[,address]`.
    package var resolve: [String] = []
    package var allowInsecure = false
    /// Seconds that a connection may have been idle and still be used; nil: the row's, else 30.
    package var keepAlive: Double?
    package init() {}
}

/// What the environment says of the way out.
package struct FoundHTTP: Sendable, Equatable {
    package var httpProxy: String?
    package var httpsProxy: String?
    package var noProxy: String?
    package var caFile: String?
    package var caDirectory: String?
    package init() {}
}

/// A provider as the product knows it: a row of the catalog, or one from configuration, with the user's overrides merged.
/// Written while a configuration is loaded, and never afterwards. A class, because every request passes it on: a struct of
/// so many strings costs a reference count for each of them, and much code.
package final class Provider: @unchecked Sendable {
    package var id = ""
    package var name = ""
    package var aliases: [String] = []
    /// Without a trailing slash, and without a query.
    package var baseURL = ""
    /// Goes with every address behind `baseURL`: "api-version=2024-10-21".
    package var query = ""
    package var paths = OperationPaths()
    /// The model that the address itself names: requests need not.
    package var deployment: String?
    /// Another host than the row's, set by a variable: the prices of the row do not hold.
    package var isElsewhere = false
    /// What its address lacks, as the name of a variable or of a member; then it cannot be asked.
    package var unset = ""
    package var dialect = "openai"
    /// Its dialect answers by itself: nobody is called.
    package var isScripted = false
    package var auth = AuthForm.bearer
    package var keyNeed = KeyNeed.required
    package var keys: [ProviderKey] = []
    /// What a missing key is called in the error: "Infron AI API key not configured: set ONEROUTER_API_KEY".
    package var keyEnvironment: [String] = []
    /// Sent with every request, keys excepted.
    package var headers: [Header] = []
    /// Names of headers (in lower case) and of members of the query that the options of a call may set; `*` at the end of one
    /// stands for whatever follows.
    package var allowHeaders: [String] = []
    package var allowQuery: [String] = []
    /// Absolute; empty: behind `baseURL`, where its dialect has it.
    package var modelsURL = ""
    /// Where it tells prices that its list does not, in the form of the list; "": nowhere.
    package var pricesURL = ""
    /// Which form of the catalog its model list has (Catalog/forms).
    package var modelListForm = "openai"
    /// A mapping in JSON, laid over the form's; it was checked.
    package var modelListMap: String?
    /// Of the prices in the list, where the form's is not right.
    package var priceUnit: PriceUnit?
    /// How its list wants the key, where that is not `auth`.
    package var modelsAuth: AuthForm?
    /// Sent with the fetching of the list alone.
    package var modelsHeaders: [Header] = []
    /// A list in a file takes the place of the provider's own.
    package var modelsFile: String?
    package var priceStrategy = PriceStrategy.hybrid
    /// The list needs no key.
    package var modelsPublic = false
    package var renames: [Rename] = []
    /// Model ids whose first segment stays although it names this provider (`openrouter/auto`).
    package var keepPrefix: [String] = []
    /// Takes any id: never found by detection, only by name, prefix or default.
    package var passThrough = false
    /// Understands OpenRouter's routing words itself.
    package var nativeRouting = false
    /// `stream_options.include_usage` may be added to streams.
    package var streamUsage = false
    /// Neither a row nor configuration says whether it may.
    package var knowsStreamUsage = false
    /// Streams unless it is told not to: `stream: false` is added where a request does not stream and says nothing.
    package var streamFalse = false
    /// nil: it depends on the model.
    package var outputLimit: OutputLimit?
    /// `usage: {"include": true}` is added to requests (Infron: usage must be asked for).
    package var usageInclude = false
    /// All of a prompt costs what cached tokens cost, hit or miss (Infron).
    package var promptAsCached = false
    /// Which header, or which members of an answer, name the server that gave it.
    package var servedHeader: String?
    package var servedPaths: [String] = []
    /// Ends of model ids that choose a server: `cheapest`, or `any` for another choice of the provider's.
    package var serverSuffixes: [ModelAlias] = []
    /// nil: not known.
    package var imagePrice: ImagePrice?
    /// Globs of models that search the web for each answer.
    package var searchModels: [String] = []
    package var embeddings = true
    package var completions = true
    package var siteURL = ""
    /// Official documentation.
    package var docsURL = ""
    package var logoURL = ""
    package var balance: BalanceForm?
    /// Named in configuration (not merely found through the environment).
    package var named = false
    /// Local servers and hosts that share a key with another row: unusable until named.
    package var onlyWhenNamed = false
    /// What holds for this provider: loading sets it from the client's, the row's and the provider's own.
    package var timeouts: Timeouts?
    /// Seconds that a connection may have been idle and still be used; 0: each request has one of its own.
    package var keepAlive = 30.0
    package var defaultModel: String?
    /// Development provider: seconds between the tokens of a stream.
    package var tokenDelay = 0.01
    /// Development provider: what goes wrong, attempt after attempt.
    package var faults: FaultScript?

    // Routing.
    /// Globs of ids that are this provider's by their form ("@cf/*", "*:free"); the one with most literal text wins.
    package var detect: [String] = []
    /// Globs of ids that no other provider's prefix may claim while this one is usable ("*:free").
    package var locks: [String] = []
    /// Id prefixes that a router passes on to others ("openai/", or "*/" for any organisation).
    package var serves: [String] = []
    /// The organisation whose models it makes, as routers spell it: "openai/gpt-4o" is "gpt-4o" here.
    package var organization: String?
    /// Beginnings of ids without a slash that are its own ("gpt-", "grok-").
    package var bare: [String] = []
    /// The general id of a model and what this provider calls it.
    package var modelIDs: [ModelAlias] = []
    package var knownModels: [KnownModel] = []
    /// Place in the chain of the preset `gatewayz`; smaller is earlier, nil is not in it.
    package var priority: Int?
    package var weight = 1
    package var regions: [String] = []
    /// What the row states about prompts: kept or trained upon; kept at all. nil: not known.
    package var collectsData: Bool?
    package var zeroDataRetention: Bool?
    /// An assistant message at the end of a request is continued.
    package var prefill = false
    /// Closing the connection ends the billing; nil: not known.
    package var cancelStopsBilling: Bool?
    package var limits = LimitRules()
    /// What holds for this provider, set by loading.
    package var retry = RetryPolicy()
    package var fallbackModels: [String] = []

    package init() {}

    /// It can be asked: its key is there or not needed, and it is named where that is a condition.
    package var isConfigured: Bool {
        if onlyWhenNamed && !named || !unset.isEmpty { return false }
        return switch keyNeed {
        case .required: !keys.isEmpty
        case .optional: named || !keys.isEmpty
        case .none: named
        }
    }

    /// It could be asked if only its address were whole.
    package var lacksAddress: Bool { !unset.isEmpty && (keyNeed != .required || !keys.isEmpty) }
}

extension Provider {
    /// `stream_options.include_usage` is added, and left out where it turns out to be refused.
    package var triesStreamUsage: Bool { !knowsStreamUsage && !streamUsage && !usageInclude && !nativeRouting }
}

extension Provider: Equatable {
    package static func == (a: Provider, b: Provider) -> Bool {
        a === b || a.sameName(b) && a.sameAccess(b) && a.sameDialect(b) && a.sameLists(b) && a.sameBilling(b) && a.sameUse(b) && a.sameRouting(b)
    }

    private func sameName(_ b: Provider) -> Bool {
        id == b.id && name == b.name && aliases == b.aliases && siteURL == b.siteURL && docsURL == b.docsURL && logoURL == b.logoURL && balance == b.balance
    }

    private func sameAccess(_ b: Provider) -> Bool {
        baseURL == b.baseURL && isElsewhere == b.isElsewhere && query == b.query && paths == b.paths && unset == b.unset && auth == b.auth && keyNeed == b.keyNeed
            && keys == b.keys && keyEnvironment == b.keyEnvironment && headers == b.headers
            && allowHeaders == b.allowHeaders && allowQuery == b.allowQuery && timeouts == b.timeouts && keepAlive == b.keepAlive
    }

    private func sameDialect(_ b: Provider) -> Bool {
        dialect == b.dialect && renames == b.renames && nativeRouting == b.nativeRouting && streamUsage == b.streamUsage && knowsStreamUsage == b.knowsStreamUsage && streamFalse == b.streamFalse
            && outputLimit == b.outputLimit && usageInclude == b.usageInclude && promptAsCached == b.promptAsCached && embeddings == b.embeddings && completions == b.completions && tokenDelay == b.tokenDelay
            && faults == b.faults
    }

    private func sameLists(_ b: Provider) -> Bool {
        modelsURL == b.modelsURL && pricesURL == b.pricesURL && modelListForm == b.modelListForm && modelsPublic == b.modelsPublic && priceUnit == b.priceUnit
            && modelListMap == b.modelListMap && modelsAuth == b.modelsAuth && modelsHeaders == b.modelsHeaders && modelsFile == b.modelsFile
            && priceStrategy == b.priceStrategy
    }

    private func sameBilling(_ b: Provider) -> Bool {
        servedHeader == b.servedHeader && servedPaths == b.servedPaths && serverSuffixes == b.serverSuffixes && imagePrice == b.imagePrice
            && searchModels == b.searchModels
    }

    private func sameRouting(_ b: Provider) -> Bool {
        detect == b.detect && locks == b.locks && serves == b.serves && organization == b.organization && bare == b.bare
            && modelIDs == b.modelIDs && knownModels == b.knownModels && priority == b.priority && weight == b.weight
            && regions == b.regions && collectsData == b.collectsData && zeroDataRetention == b.zeroDataRetention
            && prefill == b.prefill && cancelStopsBilling == b.cancelStopsBilling && limits == b.limits && retry == b.retry
            && fallbackModels == b.fallbackModels
    }

    private func sameUse(_ b: Provider) -> Bool {
        keepPrefix == b.keepPrefix && passThrough == b.passThrough && named == b.named && onlyWhenNamed == b.onlyWhenNamed
            && defaultModel == b.defaultModel
    }
}

/// Where operations are, behind a provider's address; "": where its dialect has them.
package struct OperationPaths: Sendable, Equatable {
    package var chat = ""
    package var completions = ""
    package var embeddings = ""
    package var models = ""
    package init() {}

    package subscript(operation: Operation) -> String {
        switch operation {
        case .chat, .chatStream: chat
        case .completion, .completionStream: completions
        case .embeddings: embeddings
        case .listModels: models
        }
    }
}

extension Provider {
    package func address(_ path: String) -> String { query.isEmpty ? baseURL + path : baseURL + path + "?" + query }
}

/// How much a request's `gatelet` member may say.
package enum RequestExtensions: UInt8, Sendable, Comparable {
    case none, routing, all
    package static func < (a: RequestExtensions, b: RequestExtensions) -> Bool { a.rawValue < b.rawValue }
}

/// A short name for a model id.
package struct ModelAlias: Sendable, Equatable {
    package var name: String
    package var model: String
    package init(name: String, model: String) { self.name = name; self.model = model }
}

/// A price from the user's price file.
package struct FiledPrice: Sendable, Equatable {
    package var provider: String
    package var model: String
    package var price: ModelPrice
    package init(provider: String, model: String, price: ModelPrice) { self.provider = provider; self.model = model; self.price = price }
}

/// Written while it is loaded, and never afterwards.
package final class Configuration: @unchecked Sendable {
    package var devMode = false
    /// The variable that turned it on; nil: configuration did.
    package var devVariable: String?
    /// Every row of the catalog plus custom ones, in row order; `isConfigured` tells which can be asked.
    package var providers: [Provider] = []
    package var defaultProvider: String?
    package var defaultModel: String?
    /// A file with prices of the user's own, and what stands in it.
    package var priceFile: String?
    package var filedPrices: [FiledPrice] = []
    /// Free of loops.
    package var aliases: [ModelAlias] = []
    package var timeouts = Timeouts()
    package var caps = Caps()
    package var lists = ListPolicy()
    /// Where the last good lists are kept; nil: nowhere.
    package var cacheDir: String?
    package var http = HTTPOptions()
    package var requestExtensions = RequestExtensions.routing
    /// As a provider's, for all of them.
    package var allowHeaders: [String] = []
    package var allowQuery: [String] = []
    package var fallbackModels: [String] = []
    /// The chain of providers, ids; empty: the named ones.
    package var providerOrder: [String] = []
    package var preset = FailoverPreset.gatelet
    package var failover: [FailoverRule] = []
    package var retry = RetryPolicy()
    package var breaker = BreakerPolicy()
    package var hedge: HedgePolicy?
    package var limits = LimitsPolicy()
    package var strategy = RoutingStrategy.priority
    package var regions: [String] = []
    package var allModels: AllModelsPolicy?
    /// A 401 or 403 is answered by the development provider, and marked.
    package var devFallback = false
    /// 0 off, else GATELET_LOG_.
    package var logLevel: Int32 = 2
    /// A line of JSON for each request is appended to this file.
    package var records: String?
    /// Things worth a log line at level warning, such as a variable that cannot be used.
    package private(set) var notices: [UnredactedText] = []
    private static let mostNotices = 64

    package init() {}

    package func warn(_ notice: UnredactedText) {
        if notices.count < Configuration.mostNotices, !notices.contains(notice) { notices.append(notice) }
    }
}
