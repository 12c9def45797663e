internal import CShims
package import Model
internal import Providers
package import Transport
internal import Wire

/// One accepted request on its way. Subclasses read the response; this class makes the reports. After `start` it is
/// touched by the thread that drives its engine only, the fields marked otherwise excepted.
package class Call: TransferDelegate, @unchecked Sendable {
    package let client: Client
    package let route: Route
    package let operation: Model.Operation
    package let tag: UInt64
    package let transfer: Transfer
    package var sink: (any EventSink)?
    var journey = Report.Journey()
    package private(set) var hasEnded = false

    // Of the queue, under its lock.
    package var queueIndex = -1
    package var undeliveredEvents = 0
    package var undeliveredBytes = 0
    package var isPaused = false
    // Of the client, under its lock.
    package var clientIndex = -1

    init(client: Client, route: Route, request: Prepared, operation: Model.Operation, tag: UInt64) {
        self.client = client
        self.route = route
        self.operation = operation
        self.tag = tag
        transfer = Transfer(profile: client.profile, headerLimit: client.configuration.caps.headers)
        transfer.url = route.url(operation)
        transfer.headers = route.headers(operation, key: request.key)
        transfer.body = request.body
        transfer.clocks = route.clocks(request.timeouts, stream: operation.isStream)
        transfer.script = request.script
        journey.requestID = client.requestIDs.next()
        journey.provider = route.provider.id
        journey.model = request.model
        journey.repairedRequest = request.repaired
        if request.key < route.provider.keys.count { journey.key = route.provider.keys[request.key].name }
    }

    /// Hands the call to an engine, which keeps it alive until it has ended.
    func submit(to engine: Engine) {
        transfer.delegate = self
        engine.submit(transfer)
    }

    package func transfer(_: Transfer, body _: UnsafeRawBufferPointer) -> BodyVerdict { .accept }
    package func transferEnded(_: Transfer, fault _: TransferFault, detail _: String) {}

    /// The failure that a response of status >= 300 stands for; nil for success.
    func httpFailure(_ body: UnsafeRawBufferPointer) -> Failure? {
        if transfer.status >= 200, transfer.status < 300 { return nil }
        return classify(httpStatus: transfer.status, headers: transfer.responseHeaders.bytes, body: body,
                        provider: route.provider, model: journey.model)
    }

    func transportFailure(_ fault: TransferFault, _ detail: String) -> Failure {
        if fault == .cancelled, client.isClosing {
            return Failure(.closed, "the client was freed while the request was in flight")
        }
        return Failure(fault, detail: detail, provider: route.provider)
    }

    /// Fills in who and where, and takes keys out.
    func complete(_ failure: Failure) -> Failure {
        var full = failure
        full.provider = full.provider ?? route.provider.id
        full.model = full.model ?? journey.model
        if full.requestID == nil { full.requestID = String(utf8: journey.requestID) }
        if full.httpStatus == nil, transfer.status > 0, full.status.rawValue >= 200 { full.httpStatus = transfer.status }
        return client.redaction.failure(full)
    }

    func noteTimings(_ status: Status) {
        let t = transfer.timings
        journey.timings.connect = t.connect
        journey.timings.firstByte = t.firstByte
        journey.timings.firstContent = t.firstContent
        journey.timings.total = t.total
        journey.timings.reused = t.reused
        journey.httpStatus = transfer.status
        journey.status = status
    }

    /// Ends the call, once.
    func end(_ end: Outcome.End, _ failure: Failure?, answer: ByteBuffer?, usage: UnsafeRawBufferPointer?) {
        if hasEnded { return }
        hasEnded = true
        let document = ByteBuffer()
        if !Report.end(end, usage: usage, failure: failure, journey: journey, into: document) {
            document.removeAll()
            _ = document.append("{\"end\":\"error\",\"usage\":null,\"error\":null,\"gatelet\":null}")
        }
        logEnd(failure)
        let sink = self.sink
        self.sink = nil
        sink?.ended(self, outcome: Outcome(end: end, failure: failure, answer: answer, document: document))
        client.forget(self)
    }

    private func logEnd(_ failure: Failure?) {
        let level: Int32 = failure == nil || failure?.status == .cancelled ? 4 : 2
        guard client.logs(level) else { return }
        let id = String(utf8: journey.requestID)
        let what = if let failure { concat(String(failure.status.name), ": ", failure.message) } else { "ok" }
        client.log(level, concat(id, " ", journey.provider, "/", journey.model, " http ", String(decimal: transfer.status), ": ", what))
    }
}
