internal import Accounting
internal import Bytes
internal import CShims
internal import Dialects
internal import Model
internal import ModelLists
internal import Transport

/// One question to a provider. A probe asks for the model list, the cheapest there is: does it answer, and how fast? What it
/// says counts for its health as any attempt does. The other one is what is left on the account.
final class ProviderQuestion: TransferDelegate {
    private let services: Services
    private let policy: BreakerPolicy
    let endpoint: Endpoint
    let transfer: Transfer
    private(set) var ended = false
    private let balance: BalanceForm?
    private let ticket: HealthTicket?
    private var failure: Failure?
    private let body = ByteBuffer(limit: 1 << 20)

    /// The probe's own line in the health report.
    private static let model = "(probe)"

    init(_ services: Services, _ setup: Setup, _ endpoint: Endpoint, balance: Bool = false) {
        self.services = services
        policy = setup.configuration.breaker
        self.endpoint = endpoint
        self.balance = balance ? endpoint.provider.access.balance : nil
        transfer = Transfer(profile: setup.profile, headerLimit: setup.configuration.caps.headers)
        transfer.clocks = endpoint.clocks(endpoint.timeouts, stream: false)
        transfer.keepAlive = endpoint.keepAlive
        if let form = self.balance {
            transfer.url = Endpoint.terminated(form.url.octets.contains(UInt8(ascii: "?")) ? endpoint.provider.access.baseURL + form.url : endpoint.provider.access.address(form.url))
            transfer.headers = endpoint.headers(.chat, key: 0)
            setup.cassette?.attach(transfer, CassetteExchange(endpoint.provider.id, "", services.redaction))
            ticket = nil
            return
        }
        transfer.url = endpoint.models
        transfer.headers = endpoint.listing
        transfer.followRedirects = endpoint.provider.list.isPublic
        ticket = endpoint.health.admit(ProviderQuestion.model, probe: true, gl_now_us())
        transfer.script = endpoint.listScript
        setup.cassette?.attach(transfer, CassetteExchange(endpoint.provider.id, "", services.redaction))
    }

    func begin(on engine: Engine) {
        transfer.delegate = self
        engine.start(transfer)
    }

    func transfer(_: Transfer, body bytes: UnsafeRawBufferPointer) -> BodyVerdict {
        if balance == nil { // whether it is a list shows at its beginning, and errors are no longer
            if body.count < 64 << 10 { _ = body.append(bytes) }
            return .accept
        }
        if body.append(bytes) { return .accept }
        failure = noRoom("the balance", body)
        return .abort
    }

    func transferEnded(_: Transfer, fault: TransferFault, detail: String) {
        ended = true
        if failure != nil { // too large
        } else if fault != .none {
            failure = fault.failure(detail, at: endpoint.provider)
        } else if transfer.status < 200 || transfer.status >= 300 {
            failure = classify(httpStatus: transfer.status, headers: transfer.responseHeaders.bytes, body: body.bytes,
                               provider: endpoint.provider, model: "")
        } else if balance == nil {
            failure = noModelList(body.bytes, endpoint.provider)
        }
        body.keepAlive()
        failure?.provider = endpoint.provider.id
        guard let ticket else { return }
        let flips = endpoint.health.record(ticket, failure?.status ?? .ok, transfer, tokens: nil, gl_now_us())
        services.log.sayBreakers(flips, endpoint.provider, ProviderQuestion.model, policy)
    }

    func report(into out: ByteBuffer) -> Bool {
        if let balance { return reportBalance(balance, out) }
        return out.append(",\"probe\":{\"ok\":") && out.append(failure == nil ? "true" : "false") && out.append(",\"latency_ms\":")
            && (failure == nil ? Report.milliseconds(transfer.timings.total, out) : out.append("null")) && out.append(",\"error\":")
            && reportFailure(out) && out.append("}")
    }

    private func reportFailure(_ out: ByteBuffer) -> Bool {
        failure.map { Report.error(RedactedFailure($0, services.redaction), into: out) } ?? out.append("null")
    }

    private func reportBalance(_ form: BalanceForm, _ out: ByteBuffer) -> Bool {
        defer { body.keepAlive() }
        let read = failure == nil ? form.read(body.bytes) : AccountBalance()
        if failure == nil, read.remaining == nil {
            failure = noBalance(body.bytes, endpoint.provider)
            failure?.provider = endpoint.provider.id
        }
        var ok = out.append(",\"balance\":{\"currency\":\"USD\"")
        for (name, text) in [(",\"remaining\":", read.remaining), (",\"total\":", read.total), (",\"used\":", read.used)] as [(StaticString, String?)] {
            ok = ok && out.append(name) && (text.map { Report.text(services.redaction.text($0), out) } ?? out.append("null"))
        }
        return ok && out.append(",\"error\":") && reportFailure(out) && out.append("}")
    }
}
