@testable import Accounting
import Bytes
import Catalog
@testable import Dialects
@testable import Gateway
import HTTPText
import JSON
import Model
@testable import ModelLists
import Planning
import Resilience
@testable import Settings

/// The input of a fuzzer: memory that ends where the input does, so that a sanitizer sees a read behind it.
func withInput(_ data: UnsafePointer<UInt8>?, _ count: Int, _ body: (UnsafeRawBufferPointer) -> Void) -> Int32 {
    body(UnsafeRawBufferPointer(start: data, count: count))
    return 0
}

func hold(_ condition: Bool, _ promise: StaticString) {
    if !condition { fatalError("\(promise)") }
}

func isJSON(_ bytes: UnsafeRawBufferPointer) -> Bool { JSONView(document: bytes, depthLimit: 2048) != nil }

/// The first byte chooses; the rest is the input.
func chosen(_ bytes: UnsafeRawBufferPointer) -> (choice: UInt8, rest: UnsafeRawBufferPointer) {
    (bytes.byte(at: 0), bytes[ByteRange(min(1, bytes.count), bytes.count)])
}

/// Pieces of a length that the seed makes up.
func pieces(_ bytes: UnsafeRawBufferPointer, _ seed: UInt8, _ body: (UnsafeRawBufferPointer) -> Void) {
    var at = 0, state = UInt32(seed) &* 2_654_435_761 | 1
    while at < bytes.count {
        state = state &* 1_664_525 &+ 1_013_904_223
        let end = min(bytes.count, at &+ 1 &+ Int(state >> 28))
        body(bytes[ByteRange(at, end)])
        at = end
    }
}

let plainProvider = provider { $0.requests.parameters = [rule("max_tokens") { $0.rename = "max_completion_tokens" }, rule("seed") { $0.isDropped = true }] }

private func rule(_ name: String, _ change: (inout ParameterRule) -> Void) -> ParameterRule {
    var rule = ParameterRule(name)
    change(&rule)
    return rule
}

let routingProvider = provider { $0.requests.nativeRouting = true }

func provider(_ change: (inout ProviderParts) -> Void = { _ in }) -> Provider {
    var provider = ProviderParts()
    (provider.identity.id, provider.identity.name, provider.access.baseURL) = ("acme", "Acme", "https://acme.example/v1")
    change(&provider)
    return Provider(provider)
}
