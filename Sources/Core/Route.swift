internal import CShims
package import Model
package import Transport
internal import Wire

/// Everything about one provider that does not change from request to request, made ready for curl.
package final class Route: @unchecked Sendable {
    package let provider: Provider
    package let timeouts: Timeouts
    private let chat: [CChar]
    private let completion: [CChar]
    private let embeddings: [CChar]
    package let models: [CChar]
    /// One per key, or a single one without a key.
    private let blocking: [HeaderList]
    private let streaming: [HeaderList]
    package let listing: HeaderList
    let health: RouteHealth
    let keys: RouteKeys

    /// nil: out of memory. `health`: what an earlier configuration has seen of the same provider.
    init?(_ provider: Provider, _ configuration: Configuration, health: RouteHealth? = nil) {
        self.provider = provider
        timeouts = provider.timeouts ?? configuration.timeouts
        self.health = health ?? RouteHealth(configuration.breaker)
        health?.adopt(configuration.breaker)
        keys = RouteKeys(provider)
        chat = Route.terminated(provider.baseURL + "/chat/completions")
        completion = Route.terminated(provider.baseURL + "/completions")
        embeddings = Route.terminated(provider.baseURL + "/embeddings")
        models = Route.terminated(provider.modelsURL.isEmpty ? provider.baseURL + "/models" : provider.modelsURL)
        let post = ["Content-Type: application/json", "Expect:"]
        var blocking: [HeaderList] = [], streaming: [HeaderList] = []
        for key in provider.keys.isEmpty ? [nil] : provider.keys.map({ $0.value as String? }) {
            guard let plain = HeaderList(post + ["Accept: application/json"] + Route.common(provider, key)),
                  let events = HeaderList(post + ["Accept: text/event-stream"] + Route.common(provider, key)) else { return nil }
            blocking.append(plain)
            streaming.append(events)
        }
        self.blocking = blocking
        self.streaming = streaming
        let listKey = provider.modelsPublic ? nil : provider.keys.first?.value
        var lines = ["Accept: application/json"] + Route.common(provider, listKey, provider.modelsAuth)
        for header in provider.modelsHeaders { lines.append(header.name + ": " + header.value) }
        guard let listing = HeaderList(lines) else { return nil }
        self.listing = listing
    }

    static func terminated(_ text: String) -> [CChar] {
        var bytes: [CChar] = []
        for unit in text.octets { bytes.append(CChar(bitPattern: unit)) }
        bytes.append(0)
        return bytes
    }

    private static func common(_ provider: Provider, _ key: String?, _ auth: AuthForm? = nil) -> [String] {
        var lines = ["User-Agent: gatelet/" + libraryVersion]
        if let key {
            switch auth ?? provider.auth {
            case .bearer: lines.append("Authorization: Bearer " + key)
            case .header(let name): lines.append(name + ": " + key)
            }
        }
        for header in provider.headers { lines.append(header.name + ": " + header.value) }
        return lines
    }

    package func url(_ operation: Model.Operation) -> [CChar] {
        switch operation {
        case .chat, .chatStream: chat
        case .completion, .completionStream: completion
        case .embeddings: embeddings
        case .listModels: models
        }
    }

    package func headers(_ operation: Model.Operation, key: Int) -> HeaderList? {
        let lists = operation.isStream ? streaming : blocking
        return key >= 0 && key < lists.count ? lists[key] : nil
    }

    package func clocks(_ timeouts: Timeouts, stream: Bool) -> TransferClocks {
        func us(_ seconds: Double) -> Int64 { Int64(min(max(seconds, 0), 86_400 * 365) * 1_000_000) }
        var clocks = TransferClocks()
        clocks.connect = us(timeouts.connect)
        clocks.firstByte = us(timeouts.firstByte)
        clocks.idle = us(timeouts.idle)
        clocks.content = stream ? us(timeouts.content) : 0
        clocks.total = us(timeouts.total)
        return clocks
    }
}

package let libraryVersion: String = "0.1.0"
