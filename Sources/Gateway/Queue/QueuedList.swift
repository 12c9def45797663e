internal import Accounting
internal import Bytes
internal import Model

/// A model list that is asked for on a queue, and its events. What changes in it changes under the queue's lock, or on the thread that
/// reads the list.
final class QueuedList {
    let call: ListCall
    let tag: UInt64
    let arena = EventArena()
    /// It stands among the events, or somebody reads it.
    var isWithReader = false

    init(_ call: ListCall, _ tag: UInt64) {
        self.call = call
        self.tag = tag
    }

    /// Writes on: the answer, and the END behind it. False: there is more to write.
    func write(_ pace: Pace) -> Bool {
        let document = ByteBuffer()
        defer { document.keepAlive() }
        do throws(Failure) {
            if !(try call.write(into: arena.bytes, pace)) { return false }
            arena.addAnswer(tag)
            _ = document.append("{\"end\":\"finished\",\"usage\":null,\"error\":null,\"gatelet\":null}")
            arena.add(.end, .ok, tag, document.bytes)
        } catch {
            arena.clear()
            let end: RequestEnd = error.status == .closed || error.status == .cancelled ? .cancelled : .error
            _ = document.append("{\"end\":\"") && document.append(end.name) && document.append("\",\"usage\":null,\"error\":")
                && Report.error(RedactedFailure(error, call.services.redaction), into: document) && document.append(",\"gatelet\":null}")
            arena.add(.end, error.status, tag, document.bytes)
        }
        return true
    }
}
