internal import CShims
internal import Model
internal import Providers
package import Transport
internal import Wire

/// A request that does not stream: the body is collected and handed on with the member `gatelet` appended.
package final class BodyCall: Call, @unchecked Sendable {
    private let body: ByteBuffer
    private var stopped: Failure?

    override init(client: Client, route: Route, request: Prepared, operation: Model.Operation, tag: UInt64) {
        body = ByteBuffer(limit: client.configuration.caps.body)
        super.init(client: client, route: route, request: request, operation: operation, tag: tag)
    }

    package override func transfer(_: Transfer, body bytes: UnsafeRawBufferPointer) -> BodyVerdict {
        if body.append(bytes) { return .accept }
        stopped = Failure(.tooLarge, concat("the answer is over the cap of ", String(decimal: body.limit), " bytes (caps.body)"))
        return .abort
    }

    package override func transferEnded(_: Transfer, fault: TransferFault, detail: String) {
        var failure = stopped
        if failure == nil, fault != .none { failure = transportFailure(fault, detail) }
        if failure == nil { failure = httpFailure(body.bytes) }
        noteTimings(failure?.status ?? .ok)
        if failure == nil { failure = finishAnswer() }
        guard let failure else { return end(.finished, nil, answer: body, usage: nil) }
        noteTimings(failure.status)
        let cut = failure.status == .truncated
        let cancelled = failure.status == .cancelled || failure.status == .closed
        end(cancelled ? .cancelled : cut ? .truncated : .error, complete(failure), answer: nil, usage: nil)
    }

    private func finishAnswer() -> Failure? {
        let gatelet = ByteBuffer()
        defer { gatelet.keepAlive() }
        guard Report.gatelet(journey, into: gatelet) else { return Failure(.memory, "out of memory") }
        do throws(Failure) {
            let view = try readAnswer(body, operation: operation, provider: route.provider, model: journey.model,
                                      depth: client.configuration.caps.depth)
            return appendGatelet(gatelet.bytes, to: body, view: view) ? nil : Failure(.tooLarge, "the answer is over its cap (caps.body)")
        } catch {
            return error
        }
    }
}
