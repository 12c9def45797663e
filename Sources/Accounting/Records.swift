package import Bytes
internal import CShims
internal import Model

/// Appends a line of JSON for each request to the file `records` of the configuration.
package final class RecordFile {
    private let lock = Lock()
    private var path = ""
    private var descriptor: Int32 = -1
    private var checked: Int64 = 0
    private var complained = false
    /// A disk that was full may have left half a line.
    private var isTorn: Int32 = 0

    /// What is written, for complaints.
    private let subject: String

    package init(_ subject: String = "records") { self.subject = subject }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Why it could not be written, once; nil when it was, or when that was said before.
    package func write(_ line: ByteBuffer, to wanted: String, _ now: Int64) -> String? {
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
        return code == 0 ? nil : concat(subject, " cannot be written to ", concat(wanted, ": ", String(cString: strerror(code))))
    }
}

extension FinishedRequest {
    /// The line of `records`.
    package func record(into out: ByteBuffer) -> Bool {
        let reported = trace.reported
        return out.append("{\"request_id\":\"") && Report.append(trace.requestID, out) && out.append("\",\"time\":")
            && Report.number(gl_unix_seconds(), out) && out.append(",\"operation\":\"") && out.append(operation.name)
            && out.append("\",\"requested_model\":") && Report.textOrNull(requestedModel, out)
            && out.append(",\"provider\":") && Report.textOrNull(reported.provider.isEmpty ? nil : reported.provider, out)
            && out.append(",\"model\":") && Report.textOrNull(reported.model.isEmpty ? nil : reported.model, out)
            && out.append(",\"key\":") && Report.textOrNull(reported.key, out) && out.append(",\"tag\":") && Report.textOrNull(tag, out)
            && out.append(",\"end\":\"") && out.append(end.name) && out.append("\",\"status\":\"") && out.append(status.name)
            && out.append("\"") && Report.money(trace, out) && out.append(",\"attempts\":") && Report.number(Int64(trace.attempts.count), out)
            && out.append(",\"timings\":") && Report.outerTimings(trace, out) && out.append("}\n")
    }
}
