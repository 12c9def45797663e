internal import Bytes
internal import CShims
internal import Dialects
internal import HTTPText
package import Model
internal import Settings
package import Transport

/// Everything about one provider that does not change from request to request, made ready for curl.
package final class Endpoint {
    package let provider: Provider
    let dialect: any Dialect
    package let timeouts: Timeouts
    private let chat: EndpointAddress
    private let chatStream: EndpointAddress
    private let completion: EndpointAddress
    private let completionStream: EndpointAddress
    private let embeddings: EndpointAddress
    private let countTokens: EndpointAddress
    /// One per key, or a single one without a key; none of a provider that cannot be asked, as most are.
    private let blocking: [HeaderList]
    private let streaming: [HeaderList]
    let health: EndpointHealth
    let keys: EndpointKeys

    /// nil: out of memory. `health`: what an earlier configuration has seen of the same provider.
    convenience init?(_ provider: Provider, _ configuration: Configuration, health: EndpointHealth? = nil) {
        var blocking: [HeaderList] = [], streaming: [HeaderList] = []
        if Endpoint.isAsked(provider) {
            for index in 0..<max(provider.access.keys.count, 1) {
                let key = index < provider.access.keys.count ? provider.access.keys[index].value : nil
                guard let plain = HeaderList(Endpoint.lines(provider, key, stream: false)),
                      let events = HeaderList(Endpoint.lines(provider, key, stream: true)) else { return nil }
                blocking.append(plain)
                streaming.append(events)
            }
        }
        self.init(provider, configuration, blocking, streaming, health)
    }

    private init(_ provider: Provider, _ configuration: Configuration, _ blocking: [HeaderList], _ streaming: [HeaderList], _ health: EndpointHealth?) {
        self.provider = provider
        dialect = Dialects.spoken(by: provider)
        self.blocking = blocking
        self.streaming = streaming
        timeouts = provider.access.timeouts ?? configuration.timeouts
        self.health = health ?? EndpointHealth(configuration.breaker)
        health?.adopt(configuration.breaker)
        keys = EndpointKeys(provider)
        let isAsked = Endpoint.isAsked(provider)
        func address(_ operation: Model.Operation) -> EndpointAddress { EndpointAddress(isAsked ? Dialects.address(of: operation, at: provider) : "") }
        chat = address(.chat)
        chatStream = address(.chatStream)
        completion = address(.completion)
        completionStream = address(.completionStream)
        embeddings = address(.embeddings)
        countTokens = address(.countTokens)
    }

    private static func isAsked(_ provider: Provider) -> Bool { provider.isConfigured || provider.isScripted }

    // Lists are seldom asked for, so nothing is kept ready.

    package var models: [CChar] { Endpoint.terminated(Dialects.listAddress(of: provider)) }

    /// nil: out of memory.
    package var listing: HeaderList? {
        let key = provider.list.isPublic ? nil : provider.access.keys.first?.value
        var lines = ["Accept: application/json"] + Endpoint.common(provider, key, provider.list.auth)
        for header in provider.list.headers { lines.append(header.name + ": " + header.value) }
        return HeaderList(lines)
    }

    static func terminated(_ text: String) -> [CChar] {
        var bytes: [CChar] = []
        for unit in text.octets { bytes.append(CChar(bitPattern: unit)) }
        bytes.append(0)
        return bytes
    }

    /// Of a request. `more`: headers of the call's options, in the place of the provider's own of that name.
    private static func lines(_ provider: Provider, _ key: String?, stream: Bool, more: [Header] = []) -> [String] {
        var lines = common(provider, key, more: more)
        for header in more { lines.append(header.name + ": " + header.value) }
        lines.append("Content-Type: application/json")
        lines.append("Expect:")
        lines.append(stream ? "Accept: text/event-stream" : "Accept: application/json")
        return lines
    }

    private static func common(_ provider: Provider, _ key: String?, _ auth: AuthForm? = nil, more: [Header] = []) -> [String] {
        let isReplaced = { (name: String) in more.contains { sameHeader($0.name, name) } }
        var lines = isReplaced("User-Agent") ? [] : ["User-Agent: gatelet/" + libraryVersion]
        if let key {
            switch auth ?? provider.access.auth {
            case .bearer: lines.append("Authorization: Bearer " + key)
            case .header(let name): lines.append(name + ": " + key)
            }
        }
        for header in provider.access.headers where !isReplaced(header.name) { lines.append(header.name + ": " + header.value) }
        return lines
    }

    /// What the options of a call add to the headers and the address, as far as this provider may get it.
    func add(_ options: CallOptions, _ configuration: Configuration, _ operation: Model.Operation, key: Int, to transfer: Transfer) {
        let headers = options.headers.filter { configuration.allows(header: $0.name, to: provider) }
        if !headers.isEmpty {
            let key = key >= 0 && key < provider.access.keys.count ? provider.access.keys[key].value : nil
            transfer.headers = HeaderList(Endpoint.lines(provider, key, stream: operation.isStream, more: headers)) ?? transfer.headers
        }
        let pairs = Endpoint.pairs(options.query.filter { configuration.allows(query: $0.name, to: provider) })
        if !pairs.isEmpty { transfer.url = Endpoint.terminated(address(String(utf8: transfer.url.dropLast().map { UInt8(bitPattern: $0) }), with: pairs)) }
    }

    private static func pairs(_ members: [Header]) -> String {
        var text = ""
        for member in members { text += concat(text.isEmpty ? "" : "&", encodeQuery(member.name), "=", encodeQuery(member.value)) }
        return text
    }

    /// A raw request, with this provider's address and key.
    func write(_ raw: RawRequest, key: Int, to transfer: Transfer) {
        let value = key >= 0 && key < provider.access.keys.count ? provider.access.keys[key].value : nil
        var lines = Endpoint.common(provider, value, more: raw.headers)
        for header in raw.headers { lines.append(header.name + ": " + header.value) }
        func says(_ name: String) -> Bool { raw.headers.contains { sameHeader($0.name, name) } }
        if !says("Accept") { lines.append("Accept: */*") }
        if raw.method.takesBody, !says("Content-Type") { lines.append("Content-Type: application/json") }
        lines.append("Expect:")
        transfer.headers = HeaderList(lines)
        transfer.url = Endpoint.terminated(address(provider.access.address(raw.path), with: Endpoint.pairs(raw.query)))
        if raw.method != .get, raw.method != .post { transfer.method = Endpoint.terminated(raw.method.rawValue) }
    }

    package func url(_ operation: Model.Operation, _ model: String) -> [CChar] {
        switch operation {
        case .chat: chat.url(model)
        case .chatStream: chatStream.url(model)
        case .completion: completion.url(model)
        case .completionStream: completionStream.url(model)
        case .embeddings: embeddings.url(model)
        case .countTokens: countTokens.url(model)
        case .listModels: models
        case .raw, .rawStream: [0]
        }
    }

    /// Its address is one for this model.
    func leads(_ operation: Model.Operation, to model: String) -> Bool {
        switch operation {
        case .chat: chat.leads(to: model)
        case .chatStream: chatStream.leads(to: model)
        case .completion: completion.leads(to: model)
        case .completionStream: completionStream.leads(to: model)
        case .embeddings: embeddings.leads(to: model)
        case .countTokens: countTokens.leads(to: model)
        case .listModels, .raw, .rawStream: true
        }
    }

    package func headers(_ operation: Model.Operation, key: Int) -> HeaderList? {
        let lists = operation.isStream ? streaming : blocking
        return key >= 0 && key < lists.count ? lists[key] : nil
    }

    /// Whole seconds, as curl counts them.
    var keepAlive: Int { Int(min(max(provider.access.keepAlive, 0), 86_400).rounded(.up)) }

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

package var libraryVersion: String { String(cString: gl_version()) }
