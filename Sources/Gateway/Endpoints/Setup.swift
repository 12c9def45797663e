internal import Bytes
internal import Dialects
package import Model
internal import ModelLists
internal import Planning
internal import Resilience
internal import Settings
package import Transport

/// One configuration made ready for use. A request keeps the one it began with when `gatelet_reload` puts another in place.
package final class Setup {
    package let configuration: Configuration
    package let profile: HTTPProfile
    /// nil: nothing that a request names is fetched.
    let fetch: FetchSetup?
    /// nil: nothing is recorded or replayed.
    let cassette: Cassette?
    package let redaction: Redaction
    let endpoints: [Endpoint]
    let planner: Planner
    let failover: FailoverTable
    let limits: LimitMap
    /// Counts the configurations of one client.
    let number: UInt32

    /// Health and limits of providers that stay where they are live on in the new setup.
    convenience init(_ configuration: Configuration, _ desk: LimitDesk, _ log: Log, after previous: Setup? = nil) throws(Failure) {
        if let complaint = LibCurl.complaint { throw Failure(.unsupported, complaint) }
        guard let profile = HTTPProfile(Setup.options(configuration.http), resolve: configuration.http.resolve) else {
            throw Failure(.memory, "libcurl could not be set up")
        }
        var endpoints: [Endpoint] = []
        for provider in configuration.providers {
            let old = previous?.endpoints.first { same($0.provider.id, provider.id) && same($0.provider.access.baseURL, provider.access.baseURL) }
            guard let endpoint = Endpoint(provider, configuration, health: old?.health) else { throw Failure(.memory, "out of memory") }
            endpoints.append(endpoint)
        }
        let cassette = try Cassette.make(configuration, log)
        self.init(configuration, profile, try FetchSetup.make(configuration, cassette), cassette, endpoints, desk, after: previous)
    }

    private init(_ configuration: Configuration, _ profile: HTTPProfile, _ fetch: FetchSetup?, _ cassette: Cassette?, _ endpoints: [Endpoint], _ desk: LimitDesk,
                 after previous: Setup?) {
        self.configuration = configuration
        self.profile = profile
        self.fetch = fetch
        self.cassette = cassette
        self.endpoints = endpoints
        redaction = Redaction(secrets: secrets(of: configuration), after: previous?.redaction)
        planner = Planner(configuration)
        failover = FailoverTable(preset: configuration.preset, rules: configuration.failover)
        limits = desk.load(configuration)
        number = (previous?.number ?? 0) &+ 1
    }

    /// Most clients have no limits, and pay nothing.
    var hasLimits: Bool { !limits.isEmpty }

    private static func options(_ http: HTTPOptions) -> HTTPProfile.Options {
        var options = HTTPProfile.Options()
        options.http2 = http.http2
        options.httpProxy = http.proxy ?? http.found.httpProxy
        options.httpsProxy = http.proxy ?? http.found.httpsProxy
        options.noProxy = http.noProxy ?? (http.proxy == nil ? http.found.noProxy : nil)
        options.caFile = http.caFile ?? http.found.caFile
        options.caDirectory = http.caFile == nil ? http.found.caDirectory : nil
        options.clientCert = http.clientCert
        options.clientKey = http.clientKey
        options.unixSocket = http.unixSocket
        return options
    }

    /// A provider is gone, lives somewhere else than it did, or its list is read in another way.
    func hasMoved(_ id: String, from old: Setup) -> Bool {
        guard let now = endpoints.first(where: { same($0.provider.id, id) })?.provider,
              let before = old.endpoints.first(where: { same($0.provider.id, id) })?.provider else { return true }
        return !same(now.access.baseURL, before.access.baseURL) || !same(Dialects.listAddress(of: now), Dialects.listAddress(of: before))
            || now.listReading != before.listReading || !same(now.list.file ?? "", before.list.file ?? "")
    }

    /// A model at a provider, for messages.
    func title(_ provider: String, _ model: String) -> String {
        endpoints.first { same($0.provider.id, provider) }?.provider.title(of: model) ?? concat(provider, "/", model)
    }

    func endpoint(_ index: Int) -> Endpoint? { index >= 0 && index < endpoints.count ? endpoints[index] : nil }
    func provider(_ index: Int) -> Provider? { endpoint(index)?.provider }

    /// Who answers in development mode, and in the place of somebody who refused a key.
    var development: Endpoint? { planner.development.flatMap { endpoint($0) } }
}
