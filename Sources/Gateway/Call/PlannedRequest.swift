internal import Accounting
internal import Bytes
internal import CShims
internal import Dialects
internal import JSON
internal import Model
internal import Planning
internal import Settings

/// A request that has passed the door: read, planned, its first body written. Touched by one thread at a time.
final class PlannedRequest: PlanWorld {
    let services: Services
    let models: ModelCatalog
    let setup: Setup
    let operation: Model.Operation
    let surface: Surface
    let view: RequestView
    let options: RequestPolicy
    /// Of keys, and of what the call's options send that may be one.
    var redaction: Redaction { services.redaction.adding(secrets) }
    private let secrets: [String]
    /// What is asked of a provider's other endpoints, and the body of that.
    let raw: RawRequest?
    private var rawBody: ByteBuffer?
    private(set) var candidates: [Candidate] = []
    private(set) var exclusions: [Exclusion] = []
    /// The request as OpenAI writes it: the caller's bytes, which are his memory while he is blocked in the call, else `copy`.
    private var bytes: UnsafeRawBufferPointer
    private var copy: ByteBuffer?
    /// Of another surface's request, for what is answered to it.
    private(set) var translated: TranslatedRequest?
    /// What the caller wrote, where that is another surface's; likewise, else `originalCopy`.
    private var original: UnsafeRawBufferPointer?
    private var originalCopy: ByteBuffer?
    private var body: (candidate: Int, asks: Bool, written: WrittenBody)?
    /// What candidates may have been refused for.
    private(set) var refused: [(candidate: Int, member: RefusedMember)] = []
    var flight = CacheFlight()
    /// What was fetched for it.
    let media = RequestMedia()
    private var knownNeeds: RequestNeeds?
    private var knownBound: PromptBound?

    /// Reads and plans. (Not in the initializer: Embedded Swift leaks an object whose initializer throws half way.)
    static func read(_ services: Services, _ models: ModelCatalog, _ setup: Setup, _ caller: UnsafeRawBufferPointer, _ operation: Model.Operation,
                     _ surface: Surface = .openAI, call: CallOptions?, isTest: Bool, waits: Bool = false) throws(Failure) -> PlannedRequest {
        if operation.isRaw { return try raw(services, models, setup, caller, operation, call) }
        let caps = setup.configuration.caps, translated = try Surfaces.translated(caller, of: surface, operation, caps: caps)
        let bytes = translated?.body.bytes ?? caller
        defer { translated?.body.keepAlive() }
        let view = try readRequest(bytes, operation: operation, caps: caps)
        view.isTranslated = translated != nil
        let allowed = isTest ? .all : call?.extensions ?? setup.configuration.requestExtensions
        var call = call, body = view.gatelet.isNone ? nil : try readOptions(bytes[view.gatelet], allowed: allowed)
        let redaction = setup.redaction.adding(call?.secrets ?? [])
        if let tag = call?.words.tag { call?.words.tag = redaction.line(tag) }
        if let tag = body?.tag { body?.tag = redaction.line(tag) }
        let options = RequestPolicy(call, body, isLifted: allowed == .all)
        options.isTest = isTest
        let made = PlannedRequest(services, models, setup, bytes, operation, surface, view, options)
        if let translated {
            made.copy = translated.body
            made.translated = translated
            made.original = caller
        }
        try made.plan(waits: waits)
        return made
    }

    /// The hook, and whatever counts tokens, sees a document that says what is asked.
    private static func raw(_ services: Services, _ models: ModelCatalog, _ setup: Setup, _ body: UnsafeRawBufferPointer, _ operation: Model.Operation,
                            _ call: CallOptions?) throws(Failure) -> PlannedRequest {
        guard var call, let raw = call.raw else { throw Failure(.json, "options.http is missing: it says what is asked") }
        guard let pattern = setup.configuration.pattern(for: raw) else {
            throw Failure(.refused, concat("`", raw.method.rawValue, " ", concat(raw.path, "` is not allowed: see allow_requests")))
        }
        if body.count > 0, !raw.method.takesBody { throw Failure(.json, "options.http.method: GET has no body") }
        let caps = setup.configuration.caps, kept = ByteBuffer(limit: caps.request), description = ByteBuffer()
        guard kept.append(body) else { throw noRoom("the request", kept, cap: "caps.request") }
        let redaction = setup.redaction.adding(call.secrets)
        if let tag = call.words.tag { call.words.tag = redaction.line(tag) }
        let model = raw.model ?? pattern.text
        var out = MemberWriter(description)
        out.open()
        out.member("model", model)
        out.member("method", raw.method.rawValue)
        out.member("path", raw.path)
        out.close()
        if out.failed { throw Failure(.memory, "out of memory") }
        let view = try readRequest(description.bytes, operation: operation, caps: caps)
        let made = PlannedRequest(services, models, setup, description.bytes, operation, .openAI, view, RequestPolicy(call, nil, isLifted: true))
        made.copy = description
        made.rawBody = kept
        made.candidates = try setup.planner.candidates(raw.providers.isEmpty ? [call.words.provider].compactMap { $0 } : raw.providers, model: model)
        return made
    }

    private init(_ services: Services, _ models: ModelCatalog, _ setup: Setup, _ bytes: UnsafeRawBufferPointer, _ operation: Model.Operation,
                 _ surface: Surface, _ view: RequestView, _ options: RequestPolicy) {
        self.services = services
        self.models = models
        self.setup = setup
        self.operation = operation
        self.surface = surface
        self.bytes = bytes
        self.view = view
        self.options = options
        secrets = options.call?.secrets ?? []
        raw = options.call?.raw
        if options.continueStream, operation.isStream, operation != .chatStream || surface != .openAI {
            options.warnings.add(.dropped, "gatelet.continue", "only streams of a chat are gone on with")
        }
    }

    private func plan(waits: Bool) throws(Failure) {
        let wish = PlanRequest(model: view.model, operation: operation)
        wish.pinned = options.provider
        wish.ownModels = options.models
        if let own = options.ownPreferences { wish.route = own }
        if let own = options.callPreferences { wish.callPreferences = own }
        wish.isLifted = options.isLifted
        if view.hasRoutingPreferences {
            let read = try readRoutingPreferences(view, bytes)
            wish.models = read.models
            wish.words = read.words
        }
        try checkModels(wish.models.count)
        if waits { try waitForLists(setup.planner.wantedLists(wish, self)) }
        let plan = try setup.planner.plan(wish, world: self, explain: options.dryRun)
        candidates = plan.candidates
        exclusions = plan.exclusions
        if candidates.isEmpty { throw Failure(.internal, "a plan without candidates") }
        try checkAdditions()
        if let first = setup.provider(candidates[0].provider) {
            options.weigh(setup.endpoints[candidates[0].provider].timeouts, first.routing.retry, setup.configuration)
        }
        if options.isTest { candidates.removeLast(candidates.count &- 1) }
        if !options.dryRun { try writeFirst() }
    }

    /// What the first candidate cannot be told another one may be: the attempts see.
    private func writeFirst() throws(Failure) {
        do throws(Failure) {
            if setup.fetch != nil, try !remoteMedia(for: 0).isEmpty { return } // it is written once that is there
            _ = try body(for: 0)
        } catch { if error.status != .unsupported || candidates.count < 2 { throw error } }
    }

    /// Those that cannot be had are done without.
    private func waitForLists(_ wanted: [Int]) throws(Failure) {
        if wanted.isEmpty { return }
        let query = ByteBuffer()
        defer { query.keepAlive() }
        var out = MemberWriter(query)
        out.open("{\"provider\":[")
        for index in wanted {
            out.separate()
            out.string(setup.endpoints[index].provider.id)
        }
        out.close("]}")
        if out.failed { throw Failure(.memory, "out of memory") }
        do throws(Failure) { _ = try ListCall.answer(services, models, setup, query.bytes, options.call) } catch {
            if error.status == .cancelled || error.status == .closed || error.status == .memory { throw error }
        }
    }

    /// Operators bound how many models a body names; those of the options of the call are theirs.
    private func checkModels(_ count: Int) throws(Failure) {
        let all = count &+ options.bodyModels, most = setup.configuration.caps.models
        if all > most {
            throw Failure(.tooLarge, concat("the request names ", String(decimal: all), " further models; the cap is ", String(decimal: most), " (caps.models)"))
        }
    }

    /// Headers and members of the query have to be allowed where the request may go.
    private func checkAdditions() throws(Failure) {
        guard let call = options.call else { return }
        for header in call.headers where !isAllowed({ setup.configuration.allows(header: header.name, to: $0) }) {
            throw Failure(.refused, concat("`", memberPath("options.headers", header.name), "` is not allowed: see allow_headers"))
        }
        for member in call.query where !isAllowed({ setup.configuration.allows(query: member.name, to: $0) }) {
            throw Failure(.refused, concat("`", memberPath("options.query", member.name), "` is not allowed: see allow_query"))
        }
    }

    /// By one of those that may be asked.
    private func isAllowed(_ check: (Provider) -> Bool) -> Bool { candidates.contains { setup.provider($0.provider).map(check) ?? false } }

    /// The most that all attempts together may cost.
    var maxCost: AttoUSD? { options.maxCost(setup.configuration.limits.maxCost) }

    /// What its attempts use and cost is counted.
    var counts: Bool { maxCost != nil || setup.hasLimits }

    /// The bytes outlive the caller's own. Only a request that may need another body keeps them.
    func outliveCaller() throws(Failure) {
        if counts { _ = (needs(), bound()) } // asked for at each attempt
        let mayBeWrittenAgain = candidates.count > 1 || body == nil || options.continueStream || setup.configuration.devFallback
        if !mayBeWrittenAgain, !services.hooks.wantsContent {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            copy = nil
            translated?.letGo()
            return original = nil
        }
        if let caller = original {
            let kept = try PlannedRequest.kept(caller)
            originalCopy = kept
            return original = kept.bytes
        }
        let kept = try PlannedRequest.kept(bytes)
        copy = kept
        bytes = kept.bytes
    }

    private static func kept(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> ByteBuffer {
        let kept = ByteBuffer()
        guard kept.append(bytes) else { throw Failure(.memory, "no memory for the request") }
        return kept
    }

    /// What is sent for a candidate. Retries send the same bytes again.
    func body(for index: Int) throws(Failure) -> WrittenBody {
        if let rawBody { return WrittenBody(buffer: rawBody, warnings: RequestWarnings()) }
        if let body, body.candidate == index { return body.written }
        guard index >= 0, index < candidates.count, let endpoint = setup.endpoint(candidates[index].provider) else {
            throw Failure(.internal, "no such candidate")
        }
        let asks = asksUsage(index), model = candidates[index].model
        let written = withoutRefused(try write(endpoint, model, asksUsage: asks), endpoint, model, index)
        body = (index, asks, written)
        return written
    }

    func hasBody(for index: Int) -> Bool { body.map { $0.candidate == index } ?? false }

    /// From now on a candidate gets this body, which is without a member.
    func put(_ written: WrittenBody, without member: RefusedMember, _ index: Int) {
        if let path = told(member), let provider = setup.provider(candidates[index].provider) { written.warn(path, provider, candidates[index].model) }
        refused.append((index, member))
        body = (index, !member.isUsage && hasAskedForUsage(index), written)
    }

    /// What the caller asked for and does not get, in the caller's word.
    func told(_ member: RefusedMember) -> String? {
        func asks(_ name: String) -> Bool { view.members.contains { nameEquals(bytes, $0.name, name) } }
        if member.isUsage || member.rename != nil || member.isInclude && !asks("include") { return nil }
        return member.parameter.equals("reasoning") && !asks("reasoning") && asks("reasoning_effort") ? "reasoning_effort" : member.parameter
    }

    /// What was last written for this candidate asks for usage by Gatelet's own word; others may have learnt since that it is refused.
    func hasAskedForUsage(_ index: Int) -> Bool { body.map { $0.candidate == index && $0.asks } ?? false }

    /// The body for a provider; with `prefill`, the text that was delivered stands behind the messages. What is said of it is said in the caller's words.
    func write(_ endpoint: Endpoint, _ model: String, prefill: UnsafeRawBufferPointer? = nil, asksUsage: Bool? = nil) throws(Failure) -> WrittenBody {
        guard let translated else { return try writeChat(endpoint, model, prefill, asksUsage) }
        do throws(Failure) {
            let written = try writeChat(endpoint, model, prefill, asksUsage)
            written.warnings.rename(translated.renamed)
            return written
        } catch {
            var failure = error
            failure.message = failure.message.renamed(translated.renamed)
            throw failure
        }
    }

    private func writeChat(_ endpoint: Endpoint, _ model: String, _ prefill: UnsafeRawBufferPointer?, _ asksUsage: Bool?) throws(Failure) -> WrittenBody {
        guard endpoint.leads(operation, to: model) else {
            throw Failure(.modelUnresolved, concat("`", model, "` cannot be part of an address of ", endpoint.provider.title))
        }
        let buffer = ByteBuffer(limit: setup.configuration.caps.request &+ (64 << 10))
        var outgoing = outgoing(to: endpoint, model)
        outgoing.prefill = prefill
        if outgoing.passthrough == nil, let translated { try checkTranslation(translated, endpoint, outgoing.warnings) }
        let inlined = try inlineMedia(&outgoing)
        defer { inlined?.keepAlive() }
        let obeyed = outgoing.passthrough == nil ? try outgoing.obeyRules(setup.configuration.caps) : nil
        defer { obeyed?.keepAlive() }
        outgoing.maxTokens = defaultMaxTokens(endpoint.provider, model)
        outgoing.asksUsage = asksUsage
        try endpoint.dialect.write(outgoing, into: buffer)
        return WrittenBody(buffer: buffer, warnings: outgoing.warnings)
    }

    private func outgoing(to endpoint: Endpoint, _ model: String) -> OutgoingRequest {
        var outgoing = OutgoingRequest(view, bytes, operation, for: endpoint.provider, model: model)
        if passes(through: endpoint) { outgoing.passthrough = original }
        return outgoing
    }

    /// What a candidate cannot read by itself.
    func remoteMedia(for index: Int) throws(Failure) -> [RemoteMedia] {
        guard index >= 0, index < candidates.count, let endpoint = setup.endpoint(candidates[index].provider) else { return [] }
        return try outgoing(to: endpoint, candidates[index].model).remoteMedia()
    }

    /// What the surface has beyond the chat only counts where the provider has it too.
    private func checkTranslation(_ request: TranslatedRequest, _ endpoint: Endpoint, _ warnings: RequestWarnings) throws(Failure) {
        if let path = request.nativeOnly {
            throw Failure(.unsupported, concat("`", path, "` cannot be said to ") + concat(endpoint.provider.title, ", which does not speak as the request does"))
        }
        for dropped in request.dropped { warnings.add(.dropped, dropped.path, dropped.message) }
    }

    /// The request as the caller wrote it, for a hook that asked for content.
    var content: UnsafeRawBufferPointer { original ?? bytes }

    /// The caller speaks as this provider does: his request, and its answer, stay as they are.
    func passes(through endpoint: Endpoint) -> Bool { translated?.mayPass ?? false && endpoint.dialect.surface == surface }

    // MARK: PlanWorld

    func facts(_ provider: Int, _ model: String) -> ModelFacts? { setup.provider(provider).flatMap { models.facts($0.id, model) } }

    func prices(_ provider: Int, _ model: String) -> PriceSet? {
        guard let price = setup.provider(provider).flatMap({ models.price($0, model, setup) }), price.isSound else { return nil }
        return price.rules.isEmpty ? price.base : price.at(promptTokens: promptTokens ?? 0, minuteOfDay: minuteOfDay(), Serving(knownNeeds?.tier))
    }

    func lists(_ provider: Int) -> Bool { setup.provider(provider).map { models.lists($0.id) } ?? false }
    func tables(_ provider: Int, _ model: String) -> Bool { setup.provider(provider).map { models.prices.tables($0, model) } ?? false }
    func catalog(_ provider: Int) -> [KnownModel] { setup.provider(provider).map { models.catalog($0.id) } ?? [] }

    func providers(listing model: String) -> [Int] {
        let names = models.providers(listing: model)
        return names.isEmpty ? [] : setup.endpoints.indices.filter { names.has(setup.endpoints[$0].provider.id) }
    }

    func random() -> UInt64 { services.ids.random() }

    func health(_ provider: Int, _ model: String) -> CandidateHealth {
        guard provider >= 0, provider < setup.endpoints.count else { return CandidateHealth() }
        let endpoint = setup.endpoints[provider], now = gl_now_us()
        var seen = endpoint.health.glance(model, now)
        seen.keysLeft = endpoint.keys.hasKey(now)
        return seen
    }

    /// What `needs` counts, where it still can: a queue lets go of the bytes.
    var promptTokens: Int? { knownNeeds != nil || bytes.count > 0 ? needs().allTokens : nil }

    /// For caps. It has to be asked for while the bytes are there.
    func bound() -> PromptBound {
        if let knownBound { return knownBound }
        let bound = promptBound(view, bytes)
        knownBound = bound
        return bound
    }

    func needs() -> RequestNeeds {
        if let knownNeeds { return knownNeeds }
        let needs = requestNeeds(view, bytes)
        knownNeeds = needs
        return needs
    }
}

/// Of the UTC day: some prices depend on it.
func minuteOfDay() -> Int { Int(gl_unix_seconds() % 86_400 / 60) }
