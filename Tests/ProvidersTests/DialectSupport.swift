@testable import Bytes
@testable import Dialects
import Foundation
@testable import Model
import Testing
import TestSupport

/// Calls with the bytes of a text.
func withBytes<R, E: Error>(_ text: String, _ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try withBytes(Array(text.utf8), body)
}

func withBytes<R, E: Error>(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    let buffer = ByteBuffer()
    _ = bytes.withUnsafeBytes { buffer.append($0) }
    return try body(buffer.bytes)
}

func text(_ buffer: ByteBuffer) -> String { String(decoding: buffer.bytes, as: UTF8.self) }

/// The failure a body throws; nil when it throws none.
func failure<R>(_ body: () throws(Failure) -> R) -> Failure? {
    do throws(Failure) {
        _ = try body()
        return nil
    } catch { return error }
}

func provider(_ change: (inout ProviderParts) -> Void = { _ in }) -> Provider {
    var provider = ProviderParts()
    provider.identity.id = "acme"
    provider.identity.name = "Acme"
    change(&provider)
    return Provider(provider)
}

func rule(_ name: String, _ change: (inout ParameterRule) -> Void) -> ParameterRule {
    var rule = ParameterRule(name)
    change(&rule)
    return rule
}

/// Writes a request as the dialect of a provider has it.
func write(_ view: RequestView, _ bytes: UnsafeRawBufferPointer, _ operation: Model.Operation, model: String = "m", to provider: Provider,
           prefill: UnsafeRawBufferPointer? = nil, into out: ByteBuffer) throws(Failure) {
    var request = OutgoingRequest(view, bytes, operation, for: provider, model: model)
    request.prefill = prefill
    let obeyed = try request.obeyRules(Caps())
    defer { obeyed?.keepAlive() }
    try Dialects.spoken(by: provider).write(request, into: out)
}

/// What the development provider answers.
func devScript(_ body: UnsafeRawBufferPointer, _ operation: Model.Operation, delay: Double, step: FaultStep? = nil) -> AnswerScript {
    let provider = provider { $0.requests.dialect = "dev"; $0.requests.tokenDelay = delay }
    return Dialects.spoken(by: provider).script(body, operation: operation, provider: provider, step: step) ?? AnswerScript()
}

/// A parsed document, for assertions about meaning.
func parsed(_ json: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
}

/// The small files of the project itself.
func ownFixture(_ path: String) throws -> [UInt8] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return Array(try Data(contentsOf: folder.appendingPathComponent("Fixtures/" + path)))
}

struct Recording {
    let id: String
    let provider: String
    let api: String
    let status: Int
    let url: String
    let requestBody: String?
    let headers: String
    let body: [UInt8]
    let streaming: Bool
}

/// Every recorded exchange that `keep` wants.
func recordings(_ keep: (Recording) -> Bool) -> [Recording] { Recorded.exchanges().compactMap(recording).filter(keep) }

private func recording(_ root: [String: Any]) -> Recording? {
    guard let request = root["request"] as? [String: Any], let response = root["response"] as? [String: Any],
          let status = response["status"] as? Int else { return nil }
    var headers = "HTTP/1.1 \(status) X\r\n"
    for (name, value) in response["headers"] as? [String: Any] ?? [:] {
        let first = value as? String ?? (value as? [String])?.first ?? ""
        headers += "\(name): \(first)\r\n"
    }
    return Recording(id: root["id"] as? String ?? "", provider: root["provider"] as? String ?? "", api: root["api"] as? String ?? "",
                     status: status, url: request["url"] as? String ?? "", requestBody: request["body"] as? String, headers: headers + "\r\n",
                     body: Recorded.body(response), streaming: root["streaming"] as? Bool ?? false)
}
