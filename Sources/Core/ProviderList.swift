internal import CShims
package import Model
internal import Providers
internal import Routing
internal import Transport
package import Wire

/// `gatelet_providers`.
extension Client {
    package func listProviders(_ bytes: UnsafeRawBufferPointer?) throws(Failure) -> ByteBuffer {
        let setup = setup
        do throws(Failure) {
            let query = try bytes.map { (text) throws(Failure) in try readProviderQuery(text, setup.configuration.caps.depth) } ?? ProviderQuery()
            var routes = setup.routes
            if !query.providers.isEmpty { routes = try setup.named(query.providers) }
            let probes = query.probe ? try probe(routes, setup) : []
            let out = ByteBuffer()
            var ok = out.append("{\"object\":\"list\",\"data\":[")
            for (index, route) in routes.enumerated() {
                ok = ok && (index == 0 || out.append(",")) && describe(route, setup, into: out)
                    && (probes.first { $0.route === route }.map { $0.report(setup, into: out) } ?? true) && out.append("}")
            }
            guard ok, out.append("]}") else { throw Failure(.memory, "out of memory") }
            return out
        } catch {
            throw setup.redaction.failure(error)
        }
    }

    private func describe(_ route: Route, _ setup: Setup, into out: ByteBuffer) -> Bool {
        let provider = route.provider
        return out.append("{\"id\":") && Report.text(provider.id, out) && out.append(",\"name\":") && Report.text(provider.name, out)
            && out.append(",\"aliases\":") && texts(provider.aliases, out)
            && out.append(",\"configured\":") && out.append(provider.isConfigured ? "true" : "false")
            && out.append(",\"named\":") && out.append(provider.named ? "true" : "false")
            && out.append(",\"base_url\":") && Report.text(setup.redaction.text(provider.baseURL), out)
            && out.append(",\"site_url\":") && orNull(provider.siteURL, out) && out.append(",\"logo_url\":") && orNull(provider.logoURL, out)
            && out.append(",\"regions\":") && texts(provider.regions, out) && out.append(",\"keys\":")
            && route.keys.report(gl_now_us(), into: out) && out.append(",\"health\":") && route.health.report(into: out)
    }

    private func texts(_ list: [String], _ out: ByteBuffer) -> Bool {
        var ok = out.append("[")
        for (index, text) in list.enumerated() { ok = ok && (index == 0 || out.append(",")) && Report.text(text, out) }
        return ok && out.append("]")
    }

    private func orNull(_ text: String, _ out: ByteBuffer) -> Bool { text.isEmpty ? out.append("null") : Report.text(text, out) }

    /// Asks each provider that can be asked for its model list, all at once: the cheapest question there is.
    private func probe(_ routes: [Route], _ setup: Setup) throws(Failure) -> [ProviderProbe] {
        let probes = routes.filter { $0.provider.isConfigured }.map { ProviderProbe(self, setup, $0) }
        if probes.isEmpty { return [] }
        let engine = try takeEngine()
        let pipe = gl_sigpipe_block()
        for probe in probes { probe.begin(on: engine) }
        var told = false
        while probes.contains(where: { !$0.ended }) {
            if isClosing, !told {
                told = true
                for probe in probes { engine.cancel(probe.transfer) }
            }
            _ = engine.turn(wait: 3_600_000_000)
        }
        gl_sigpipe_restore(pipe)
        giveEngine(engine)
        if isClosing { throw Failure(.closed, "the client was freed") }
        return probes
    }
}

extension Setup {
    /// Routes by id or alias, each once.
    func named(_ names: [String]) throws(Failure) -> [Route] {
        var found: [Route] = []
        for name in names {
            guard let route = routes.first(where: { $0.provider.isCalled(name) }) else {
                throw Failure(.modelUnresolved, concat("no provider is called ", name))
            }
            if !found.contains(where: { $0 === route }) { found.append(route) }
        }
        return found
    }
}

/// One active question: does the provider answer, and how fast? What it says counts for its health as any attempt does.
private final class ProviderProbe: TransferDelegate {
    let route: Route
    let transfer: Transfer
    private(set) var ended = false
    private let client: Client
    private let ticket: HealthTicket?
    private var failure: Failure?

    init(_ client: Client, _ setup: Setup, _ route: Route) {
        self.client = client
        self.route = route
        transfer = Transfer(profile: setup.profile, headerLimit: setup.configuration.caps.headers)
        transfer.url = route.models
        transfer.headers = route.listing
        transfer.clocks = route.clocks(route.timeouts, stream: false)
        transfer.followRedirects = route.provider.modelsPublic
        ticket = route.health.admit(ProviderProbe.model, probe: true, gl_now_us())
        if same(route.provider.dialect, "dev") {
            transfer.script = client.script(UnsafeRawBufferPointer(start: nil, count: 0), .listModels, route.provider)
        }
    }

    /// Its own line in the health report.
    private static let model = "(probe)"

    func begin(on engine: Engine) {
        transfer.delegate = self
        engine.start(transfer)
    }

    func transfer(_: Transfer, body _: UnsafeRawBufferPointer) -> BodyVerdict { .accept }

    func transferEnded(_: Transfer, fault: TransferFault, detail: String) {
        ended = true
        if fault != .none {
            failure = Failure(fault, detail: detail, provider: route.provider)
        } else if transfer.status < 200 || transfer.status >= 300 {
            failure = classify(httpStatus: transfer.status, headers: transfer.responseHeaders.bytes,
                               body: UnsafeRawBufferPointer(start: nil, count: 0), provider: route.provider, model: "")
        }
        failure?.provider = route.provider.id
        if let ticket { route.health.record(ticket, failure?.status ?? .ok, transfer, tokens: nil, gl_now_us()) }
    }

    func report(_ setup: Setup, into out: ByteBuffer) -> Bool {
        out.append(",\"probe\":{\"ok\":") && out.append(failure == nil ? "true" : "false") && out.append(",\"latency_ms\":")
            && (failure == nil ? Report.milliseconds(transfer.timings.total, out) : out.append("null")) && out.append(",\"error\":")
            && (failure.map { Report.error(setup.redaction.failure($0), into: out) } ?? out.append("null")) && out.append("}")
    }
}

struct ProviderQuery {
    var providers: [String] = []
    var probe = false
}

/// {"provider": "<id>" | ["<id>", ...], "probe": true}
private func readProviderQuery(_ bytes: UnsafeRawBufferPointer, _ depth: Int) throws(Failure) -> ProviderQuery {
    guard let root = JSONView(document: bytes, depthLimit: depth), root.isObject else { throw Failure(.json, "the query is not a JSON object") }
    var query = ProviderQuery()
    for (name, value) in try ConfigValue(request: root, path: "query").members() {
        switch name {
        case "provider": query.providers = try value.isArray ? value.texts() : [value.text()]
        case "probe": query.probe = try value.flag()
        default: throw value.unknown()
        }
    }
    return query
}
