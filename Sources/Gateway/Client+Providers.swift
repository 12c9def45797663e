internal import Accounting
package import Bytes
internal import CShims
internal import JSON
package import Model
internal import Settings
internal import Transport

/// `gatelet_providers`.
extension Client {
    package func listProviders(_ bytes: UnsafeRawBufferPointer?) throws(Failure) -> ByteBuffer {
        let setup = setup
        let query = try bytes.map { (text) throws(Failure) in try readProviderQuery(text, setup.configuration.caps.depth) } ?? ProviderQuery()
        var endpoints = setup.endpoints
        if !query.providers.isEmpty { endpoints = try setup.named(query.providers) }
        var questions: [ProviderQuestion] = []
        if query.probe { for endpoint in endpoints where endpoint.provider.isConfigured { questions.append(ProviderQuestion(services, setup, endpoint)) } }
        if query.balance {
            for endpoint in endpoints where endpoint.provider.access.balance != nil && !endpoint.provider.access.keys.isEmpty && endpoint.provider.isConfigured {
                questions.append(ProviderQuestion(services, setup, endpoint, balance: true))
            }
        }
        try ask(questions, query.cancelID)
        let out = ByteBuffer()
        var ok = out.append("{\"object\":\"list\",\"data\":[")
        for (index, endpoint) in endpoints.enumerated() {
            ok = ok && (index == 0 || out.append(",")) && describe(endpoint, setup, into: out)
            for question in questions where question.endpoint === endpoint { ok = ok && question.report(into: out) }
            ok = ok && out.append("}")
        }
        ok = ok && out.append("],\"warnings\":") && texts(setup.configuration.notices.map { redaction.line($0) }, out)
        ok = ok && out.append(",\"redis\":") && (services.redis.limits.map { $0.redis.report(into: out, redaction) } ?? out.append("null"))
        guard ok, out.append("}"), redaction.clean(out) else { throw Failure(.memory, "out of memory") }
        return out
    }

    private func describe(_ endpoint: Endpoint, _ setup: Setup, into out: ByteBuffer) -> Bool {
        let provider = endpoint.provider
        return out.append("{\"id\":") && Report.text(provider.id, out) && out.append(",\"slug\":") && Report.text(provider.id, out)
            && out.append(",\"name\":") && Report.text(provider.name, out)
            && out.append(",\"aliases\":") && texts(provider.identity.aliases, out)
            && out.append(",\"configured\":") && out.append(provider.isConfigured ? "true" : "false")
            && out.append(",\"named\":") && out.append(provider.access.named ? "true" : "false")
            && out.append(",\"key_present\":") && out.append(provider.access.keys.isEmpty ? "false" : "true")
            && out.append(",\"key_need\":") && Report.text(provider.access.keyNeed.rawValue, out)
            && out.append(",\"key_variables\":") && texts(provider.access.keyEnvironment, out)
            && out.append(",\"priority\":") && orNull(provider.routing.priority, out)
            && out.append(",\"base_url\":") && Report.text(provider.access.baseURL, out)
            && out.append(",\"site_url\":") && orNull(provider.identity.siteURL, out) && out.append(",\"docs_url\":") && orNull(provider.identity.docsURL, out)
            && out.append(",\"logo_url\":") && orNull(provider.identity.logoURL, out)
            && out.append(",\"regions\":") && texts(provider.routing.regions, out) && out.append(",\"keys\":")
            && endpoint.keys.report(gl_now_us(), into: out) && out.append(",\"health\":") && endpoint.health.report(into: out)
            && out.append(",\"list\":") && describeList(endpoint, setup, out)
    }

    private func texts(_ list: [String], _ out: ByteBuffer) -> Bool {
        var ok = out.append("[")
        for (index, text) in list.enumerated() { ok = ok && (index == 0 || out.append(",")) && Report.text(text, out) }
        return ok && out.append("]")
    }

    private func orNull(_ text: String, _ out: ByteBuffer) -> Bool { text.isEmpty ? out.append("null") : Report.text(text, out) }

    private func orNull(_ number: Int?, _ out: ByteBuffer) -> Bool { number.map { Report.number(Int64($0), out) } ?? out.append("null") }

    /// All at once.
    private func ask(_ questions: [ProviderQuestion], _ id: String?) throws(Failure) {
        if questions.isEmpty { return }
        let engine = try services.engines.take()
        let pipe = gl_sigpipe_block()
        for question in questions { question.begin(on: engine) }
        let wish = StopWish(services.engines)
        services.blocked.run(id, wish.say) { wait(questions, engine, wish) }
        gl_sigpipe_restore(pipe)
        services.engines.give(engine)
        if isClosing { throw .clientFreed }
        if let failure = wish.failure("the questions to providers") { throw failure }
    }

    private func wait(_ questions: [ProviderQuestion], _ engine: Engine, _ wish: StopWish) {
        var isTold = false, watch = InterruptWatch(services.interrupts)
        while questions.contains(where: { !$0.ended }) {
            if isClosing || wish.isSaid, !isTold {
                isTold = true
                for question in questions { engine.cancel(question.transfer) }
            }
            let value = watch.verdict(engine.turn(wait: watch.patience))
            if value != 0 { wish.interrupted(value) }
        }
    }

    /// Where its list stands.
    private func describeList(_ endpoint: Endpoint, _ setup: Setup, _ out: ByteBuffer) -> Bool {
        let slot = models.slot(endpoint.provider.id), list = models.list(slot), failure = slot.lastFailure
        if list == nil, failure == nil { return out.append("null") }
        var ok = out.append("{")
        if let list { ok = ok && list.report(isStale: slot.isStale(list, setup), into: out) && out.append(",") }
        ok = ok && out.append("\"error\":")
        if let failure { ok = ok && Report.error(RedactedFailure(failure, redaction), into: out) } else { ok = ok && out.append("null") }
        return ok && out.append("}")
    }
}

extension Setup {
    /// Routes by id or alias, each once.
    func named(_ names: [String]) throws(Failure) -> [Endpoint] {
        var found: [Endpoint] = []
        for name in names {
            guard let endpoint = endpoints.first(where: { $0.provider.isCalled(name) }) else {
                throw Failure(.modelUnresolved, concat("no provider is called ", name))
            }
            if !found.contains(where: { $0 === endpoint }) { found.append(endpoint) }
        }
        return found
    }
}

struct ProviderQuery {
    var providers: [String] = []
    var probe = false
    var balance = false
    var cancelID: String?
}

/// {"provider": "<id>" | ["<id>", ...], "probe": true, "balance": true, "cancel_id": "..."}
private func readProviderQuery(_ bytes: UnsafeRawBufferPointer, _ depth: Int) throws(Failure) -> ProviderQuery {
    guard let root = JSONView(document: bytes, depthLimit: depth), root.isObject else { throw Failure(.json, "the query is not a JSON object") }
    var query = ProviderQuery()
    for (name, value) in try ConfigValue(request: root, path: "query").members() {
        switch name {
        case "provider": query.providers = try value.isArray ? value.texts() : [value.text()]
        case "probe": query.probe = try value.flag()
        case "balance": query.balance = try value.flag()
        case "cancel_id": query.cancelID = try value.label()
        default: throw value.unknown()
        }
    }
    return query
}
