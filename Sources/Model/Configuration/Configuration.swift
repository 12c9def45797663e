/// How much a request's `gatelet` member may say.
package enum RequestExtensions: String, CaseIterable, Sendable { case none, routing, all }

/// A price from the user's price file.
package struct FiledPrice: Sendable, Equatable {
    package var provider: String
    package var model: String
    package var price: ModelPrice
    package init(provider: String, model: String, price: ModelPrice) { self.provider = provider; self.model = model; self.price = price }
}

/// What a client was told. Every client has one of its own, which is changed as a whole or not at all.
package struct Configuration: Sendable {
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
    package var fetch = FetchPolicy()
    package var requestExtensions = RequestExtensions.routing
    /// As a provider's, for all of them.
    package var allowHeaders: [String] = []
    package var allowQuery: [String] = []
    /// Raw requests that may be made beside the usual ones.
    package var allowRequests: [RawPattern] = []
    package var fallbackModels: [String] = []
    /// The chain of providers, ids; empty: the named ones.
    package var providerOrder: [String] = []
    package var preset = FailoverPreset.gatelet
    package var failover: [FailoverRule] = []
    package var retry = RetryPolicy()
    package var breaker = BreakerPolicy()
    package var hedge: HedgePolicy?
    package var limits = LimitsPolicy()
    /// nil: no answer is kept.
    package var cache: CachePolicy?
    package var redis = RedisOptions()
    /// It has an address.
    package var sharesByRedis = false
    package var strategy = RoutingStrategy.priority
    package var regions: [String] = []
    package var allModels: AllModelsPolicy?
    /// A 401 or 403 is answered by the development provider, and marked.
    package var devFallback = false
    /// The files it was read from are watched, and it is read anew when one of them has changed.
    package var watch = false
    /// 0 off, else GATELET_LOG_.
    package var logLevel: Int32 = 2
    /// A line of JSON for each request is appended to this file.
    package var records: String?
    /// Where exchanges with providers are written down, or come from.
    package var cassette = CassetteOptions()
    /// Things worth a log line at level warning, such as a variable that cannot be used.
    package private(set) var notices: [UnredactedText] = []
    private static let mostNotices = 64

    package init() {}

    /// nil: this process shares nothing.
    package var sharedRedis: RedisOptions? { sharesByRedis ? redis : nil }

    package mutating func warn(_ notice: UnredactedText) {
        if notices.count < Configuration.mostNotices, !notices.contains(notice) { notices.append(notice) }
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
