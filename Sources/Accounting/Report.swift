package import Bytes
internal import Dialects
internal import JSON
package import Model

/// Writes the documents that the library itself makes: the member `gatelet`, END events and errors. Fields that are
/// unknown are left out or null, never 0.
package enum Report {
    /// `brief`: as hooks see it.
    package static func gatelet(_ trace: RequestTrace, brief: Bool = false, into out: ByteBuffer) -> Bool {
        let reported = trace.reported
        return out.append("{\"request_id\":\"") && append(trace.requestID, out) && out.append("\",\"provider\":")
            && text(reported.provider, out) && out.append(",\"model\":") && text(reported.model, out)
            && optional(",\"provider_request_id\":", reported.providerRequestID, out)
            && (brief || response(reported.response, out))
            && raw(trace, out)
            && (!trace.unclean || out.append(",\"unclean_close\":true"))
            && (trace.lateError.map { out.append(",\"late_error\":\"") && out.append($0.name) && out.append("\"") } ?? true)
            && (!trace.repairedRequest || out.append(",\"request_repaired\":true"))
            && (!trace.continued || out.append(",\"continued\":true"))
            && (!trace.devFallback || out.append(",\"dev_fallback\":true"))
            && warnings(trace.allWarnings, into: out)
            && cache(trace.cacheHit, out)
            && (trace.limits.isEmpty || out.append(",\"limits\":") && limits(trace.limits, into: out))
            && (!trace.devMode || out.append(",\"dev_mode\":true"))
            && money(trace, out)
            && out.append(",\"attempts\":") && attempts(trace.attempts, into: out)
            && out.append(",\"timings\":") && outerTimings(trace, out) && out.append("}")
    }

    package static func outerTimings(_ trace: RequestTrace, _ out: ByteBuffer) -> Bool {
        var timing = trace.reported.timings
        timing.total = trace.total
        return timings(timing, reused: true, out)
    }

    package static func attempts(_ list: [AttemptTrace], into out: ByteBuffer) -> Bool {
        guard out.append("[") else { return false }
        for (index, attempt) in list.enumerated() {
            guard index == 0 || out.append(","), out.append("{\"provider\":"), one(attempt, out),
                  list.count == 1 && attempt.delivered || ownFacts(attempt, out), out.append("}") else { return false }
        }
        return out.append("]")
    }

    /// What stands outside where there is one attempt.
    private static func ownFacts(_ a: AttemptTrace, _ out: ByteBuffer) -> Bool {
        optional(",\"provider_request_id\":", a.providerRequestID, out) && money(a.account, out)
    }

    /// What is known of an attempt when it starts; begins behind `"provider":`.
    package static func start(_ a: AttemptTrace, _ out: ByteBuffer) -> Bool {
        text(a.provider, out) && out.append(",\"model\":") && text(a.model, out) && optional(",\"key\":", a.key, out)
            && (a.waited <= 0 || (out.append(",\"wait_ms\":") && milliseconds(a.waited, out)))
            && (!a.isHedge || out.append(",\"hedge\":true"))
            && (!a.isProbe || out.append(",\"probe\":true"))
    }

    /// Begins behind `"provider":`, since attempts and hook events share it.
    package static func one(_ a: AttemptTrace, _ out: ByteBuffer) -> Bool {
        text(a.provider, out)
            && out.append(",\"model\":") && text(a.model, out)
            && optional(",\"key\":", a.key, out)
            && out.append(",\"status\":\"") && out.append(a.status.name) && out.append("\"")
            && (a.httpStatus == 0 || (out.append(",\"http_status\":") && number(Int64(a.httpStatus), out)))
            && (a.next.map { out.append(",\"action\":\"") && out.append($0) && out.append("\"") } ?? true)
            && (a.waited <= 0 || (out.append(",\"wait_ms\":") && milliseconds(a.waited, out)))
            && (!a.isHedge || out.append(",\"hedge\":true"))
            && (!a.isProbe || out.append(",\"probe\":true"))
            && (!a.isUnsent || out.append(",\"unsent\":true"))
            && (!a.isCached || out.append(",\"cached\":true"))
            && out.append(",\"timings\":") && timings(a.timings, reused: false, out)
    }

    private static func timings(_ t: RequestTimings, reused: Bool, _ out: ByteBuffer) -> Bool {
        out.append("{\"connect_ms\":") && milliseconds(t.connect, out)
            && out.append(",\"first_byte_ms\":") && milliseconds(t.firstByte, out)
            && out.append(",\"first_content_ms\":") && milliseconds(t.firstContent, out)
            && out.append(",\"total_ms\":") && milliseconds(t.total, out)
            && (!reused || (out.append(",\"connection_reused\":") && out.append(t.reused ? "true" : "false"))) && out.append("}")
    }

    private static func cache(_ hit: CacheHit?, _ out: ByteBuffer) -> Bool {
        guard let hit else { return true }
        return out.append(",\"cache\":{\"hit\":true,\"age_s\":") && appendDigits(UInt64(hit.age / 1000), decimals: 3, to: out)
            && (hit.saved == nil || out.append(",\"saved\":") && amount(hit.saved, out)) && out.append("}")
    }

    /// The END event: `{end, usage, error, gatelet}`; `brief`: as hooks see it.
    package static func end(_ end: RequestEnd, usage: UnsafeRawBufferPointer?, failure: RedactedFailure?,
                            trace: RequestTrace, brief: Bool = false, into out: ByteBuffer) -> Bool {
        guard out.append("{\"end\":\"") && out.append(end.name) && out.append("\",\"usage\":") else { return false }
        if let usage, usage.count > 0 {
            guard brief ? figures(JSONView(valid: usage, ByteRange(0, usage.count)), into: out) : out.append(usage) else { return false }
        } else if !out.append("null") {
            return false
        }
        guard out.append(",\"error\":") else { return false }
        if let failure {
            guard error(failure, brief: brief, into: out) else { return false }
        } else if !out.append("null") {
            return false
        }
        return out.append(",\"gatelet\":") && gatelet(trace, brief: brief, into: out) && out.append("}")
    }

    /// An error document (docs/errors.md); `brief`: without what the provider wrote, as hooks see it.
    package static func error(_ f: RedactedFailure, brief: Bool = false, into out: ByteBuffer) -> Bool {
        out.append("{\"status\":") && number(Int64(f.status.rawValue), out)
            && out.append(",\"kind\":\"") && out.append(f.status.name) && out.append("\",\"message\":") && text(brief ? f.ownMessage : f.message, out)
            && out.append(",\"http_status\":") && (f.httpStatus.map { number(Int64($0), out) } ?? out.append("null"))
            && out.append(",\"provider\":") && textOrNull(f.provider, out)
            && out.append(",\"model\":") && textOrNull(brief ? f.lineModel : f.model, out)
            && out.append(",\"code\":") && textOrNull(brief ? f.codeWord : f.code, out)
            && out.append(",\"type\":") && textOrNull(brief ? f.typeWord : f.type, out)
            && out.append(",\"param\":") && textOrNull(brief ? f.parameterWord : f.parameter, out)
            && out.append(",\"provider_message\":") && textOrNull(brief ? nil : f.providerMessage, out)
            && (brief || optional(",\"provider_body\":", f.body, out) && response(f.response, out))
            && out.append(",\"retryable\":") && out.append(f.retryable ? "true" : "false")
            && out.append(",\"retry_after_ms\":") && (f.retryAfterMs.map { number(Int64($0), out) } ?? out.append("null"))
            && out.append(",\"request_id\":") && textOrNull(brief ? f.requestIDWord : f.requestID, out)
            && (f.callbackResult.map { out.append(",\"callback_result\":") && number(Int64($0), out) } ?? true)
            && (f.attempts.isEmpty || (out.append(",\"attempts\":") && append(f.attempts, out)))
            && append(f.warnings, out)
            && (brief || f.surface == .openAI || out.append(",\"reply\":") && ErrorReply.write(f, into: out))
            && out.append("}")
    }

    private static func raw(_ trace: RequestTrace, _ out: ByteBuffer) -> Bool {
        guard let raw = trace.raw else { return true }
        defer { raw.keepAlive() }
        return out.append(",\"raw\":") && out.append(raw.bytes)
    }

    /// `,"response":{status, headers}`; nothing where nobody asked for it.
    private static func response(_ document: [UInt8], _ out: ByteBuffer) -> Bool {
        document.isEmpty || out.append(",\"response\":") && append(document, out)
    }

    /// `,"warnings":[...]`; nothing where there are none.
    package static func warnings(_ list: [RequestWarning], into out: ByteBuffer) -> Bool {
        if list.isEmpty { return true }
        var ok = out.append(",\"warnings\":[")
        for (index, warning) in list.enumerated() {
            ok = ok && (index == 0 || out.append(",")) && out.append("{\"code\":\"")
                && out.append(warning.code.rawValue) && out.append("\",\"path\":") && text(warning.path, out)
                && out.append(",\"message\":") && text(warning.message, out) && out.append("}")
        }
        return ok && out.append("]")
    }

    // MARK: pieces

    package static func append(_ bytes: [UInt8], _ out: ByteBuffer) -> Bool { bytes.withUnsafeBytes { out.append($0) } }

    package static func text(_ value: String, _ out: ByteBuffer) -> Bool {
        var value = value
        return value.withUTF8 { appendJSONString(UnsafeRawBufferPointer($0), to: out) }
    }

    package static func textOrNull(_ value: String?, _ out: ByteBuffer) -> Bool {
        guard let value else { return out.append("null") }
        return text(value, out)
    }

    package static func optional(_ name: StaticString, _ value: String?, _ out: ByteBuffer) -> Bool {
        guard let value else { return true }
        return out.append(name) && text(value, out)
    }

    package static func number(_ value: Int64, _ out: ByteBuffer) -> Bool {
        if value < 0, !out.append(0x2D) { return false }
        return appendDigits(value.magnitude, decimals: 0, to: out)
    }

    /// Microseconds as milliseconds with three decimals; null when unknown.
    package static func milliseconds(_ us: Int64, _ out: ByteBuffer) -> Bool {
        appendMilliseconds(us, to: out)
    }
}
