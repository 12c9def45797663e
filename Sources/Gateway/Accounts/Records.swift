internal import Bytes
internal import CShims
internal import Dialects
internal import Model
internal import Settings
internal import Transport

/// Appends a line of JSON for each request to the file `records` of the configuration.
final class RecordFile: @unchecked Sendable {
    private let lock = Lock()
    private var path = ""
    private var descriptor: Int32 = -1
    private var checked: Int64 = 0
    private var complained = false
    /// A disk that was full may have left half a line.
    private var isTorn: Int32 = 0

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Why it could not be written, once; nil when it was, or when that was said before.
    func write(_ line: ByteBuffer, to wanted: String, _ now: Int64) -> String? {
        defer { line.keepAlive() }
        let code = lock.with { () -> Int32 in
            if descriptor >= 0, !same(path, wanted) || checked != now && gl_file_moved(descriptor, wanted) != 0 {
                close(descriptor)
                descriptor = -1
            }
            checked = now
            if descriptor < 0 {
                path = wanted
                descriptor = gl_open_append(wanted, &isTorn)
            }
            let code = descriptor < 0 ? gl_errno() : gl_append(descriptor, line.base, line.count, &isTorn)
            let isNew = code != 0 && !complained
            complained = code != 0
            return isNew ? code : 0
        }
        return code == 0 ? nil : concat("records cannot be written to ", wanted, ": ", String(cString: strerror(code)))
    }
}

extension Client {
    /// The ledger's entry of a request that has ended, and its record.
    func book(_ call: Call, _ end: Outcome.End, _ failure: Failure?) {
        if call.request.options.dryRun { return }
        ledger.add(call, end)
        guard let path = call.setup.configuration.records else { return }
        let line = ByteBuffer()
        guard record(call, end, failure, into: line), call.request.redaction.clean(line), let problem = records.write(line, to: path, gl_unix_seconds()) else { return }
        log(1, problem)
    }

    private func record(_ call: Call, _ end: Outcome.End, _ failure: Failure?, into out: ByteBuffer) -> Bool {
        let trace = call.trace, told = trace.told
        return out.append("{\"request_id\":\"") && Report.append(trace.requestID, out) && out.append("\",\"time\":")
            && Report.number(gl_unix_seconds(), out) && out.append(",\"operation\":\"") && out.append(call.operation.name)
            && out.append("\",\"requested_model\":") && orNull(call.request.view.model, out)
            && out.append(",\"provider\":") && orNull(told.provider.isEmpty ? nil : told.provider, out)
            && out.append(",\"model\":") && orNull(told.model.isEmpty ? nil : told.model, out)
            && out.append(",\"key\":") && orNull(told.key, out) && out.append(",\"tag\":") && orNull(call.request.options.tag, out)
            && out.append(",\"end\":\"") && out.append(Report.name(end)) && out.append("\",\"status\":\"") && out.append((failure?.status ?? .ok).name)
            && out.append("\"") && Report.money(trace, out) && out.append(",\"attempts\":") && Report.number(Int64(trace.attempts.count), out)
            && out.append(",\"timings\":") && Report.outerTimings(trace, out) && out.append("}\n")
    }

    private func orNull(_ text: String?, _ out: ByteBuffer) -> Bool {
        guard let text else { return out.append("null") }
        return Report.text(text, out)
    }
}
