internal import CShims
internal import Model
internal import Providers
internal import Transport
internal import Wire

/// A request that has passed the door: routed, checked, its body written.
struct Prepared {
    var route: Route
    var model: String
    var key: Int
    var body: ByteBuffer
    var timeouts: Timeouts
    var wantsUsage: Bool
    var repaired: Bool
    var script: Script?
    var dryRun: Bool
}

extension Client {
    /// Reads a request, chooses its provider and writes the body for it. Nothing is sent.
    func prepare(_ bytes: UnsafeRawBufferPointer, _ operation: Model.Operation) throws(Failure) -> Prepared {
        let view = try readRequest(bytes, operation: operation, caps: configuration.caps)
        var options = GateletOptions()
        if !view.gatelet.isNone {
            options = try readOptions(bytes[view.gatelet], allowed: configuration.requestExtensions)
        }
        let choice = try resolve(model: view.model, provider: options.provider, configuration: configuration)
        guard choice.provider >= 0, choice.provider < routes.count else { throw Failure(.internal, "no such provider row") }
        let route = routes[choice.provider]
        try check(route.provider, operation)
        let body = ByteBuffer(limit: configuration.caps.request &+ (64 << 10))
        defer { body.keepAlive() }
        try writeRequest(view, bytes: bytes, model: choice.model, operation: operation, provider: route.provider, into: body)
        var prepared = Prepared(route: route, model: choice.model, key: route.nextKey(), body: body, timeouts: options.applied(to: route.timeouts),
                                wantsUsage: view.callerWantsUsage, repaired: view.loneSurrogate, script: nil, dryRun: options.dryRun)
        if same(route.provider.dialect, "dev") { prepared.script = script(body.bytes, operation, route.provider) }
        return prepared
    }

    private func check(_ provider: Provider, _ operation: Model.Operation) throws(Failure) {
        switch operation {
        case .embeddings where !provider.embeddings: throw unsupported(provider, "embeddings")
        case .completion where !provider.completions, .completionStream where !provider.completions:
            throw unsupported(provider, "text completions")
        default: return
        }
    }

    private func unsupported(_ provider: Provider, _ what: StaticString) -> Failure {
        var failure = Failure(.unsupported, concat(provider.name, " has no ", String(what)))
        failure.provider = provider.id
        return failure
    }

    func script(_ body: UnsafeRawBufferPointer, _ operation: Model.Operation, _ provider: Provider) -> Script {
        let answer = devScript(body: body, operation: operation, tokenDelay: provider.tokenDelay)
        var pieces: [ScriptPiece] = []
        pieces.reserveCapacity(answer.steps.count)
        for step in answer.steps {
            pieces.append(ScriptPiece(delay: Int64(min(max(step.delay, 0), 3600) * 1_000_000), bytes: step.bytes))
        }
        return Script(status: answer.httpStatus, contentType: answer.contentType, pieces: pieces)
    }

    /// What would be done, for `dry_run`.
    func plan(_ request: Prepared) -> ByteBuffer? {
        let out = ByteBuffer()
        let provider = request.route.provider
        let ok = out.append("{\"object\":\"gatelet.plan\",\"plan\":[{\"provider\":") && Report.text(provider.id, out)
            && out.append(",\"model\":") && Report.text(request.model, out)
            && out.append(",\"base_url\":") && Report.text(provider.baseURL, out)
            && out.append(",\"key\":")
            && (request.key < provider.keys.count ? Report.text(provider.keys[request.key].name, out) : out.append("null"))
            && out.append("}]}")
        return ok ? out : nil
    }
}
