internal import Bytes
package import Model

/// All there are.
package enum Dialects {
    package static let all: [any Dialect] = [OpenAIDialect(), CohereDialect(), OllamaDialect(), ResponsesDialect(), AnthropicDialect(), GeminiDialect(), DevDialect()]

    /// By what rows call it.
    package static func named(_ name: String) -> (any Dialect)? { all.first { name.equals($0.name) } }

    package static var names: [String] { all.map { String($0.name) } }

    /// Where operations are in any of them: such an ending may have been copied along with an address.
    package static var paths: [StaticString] {
        var paths: [StaticString] = []
        for dialect in all {
            for operation in [Operation.chat, .chatStream, .completion, .embeddings, .listModels, .countTokens] { paths.append(dialect.path(operation)) }
        }
        return paths
    }

    /// That of a provider's row, which was checked when it was read.
    package static func spoken(by provider: Provider) -> any Dialect {
        let dialect = spoken(in: provider.requests)
        return provider.requests.completionsAreChats ? CompletionsOverChat(dialect) : dialect
    }

    package static func spoken(in requests: Provider.Requests) -> any Dialect { named(requests.dialect) ?? all[0] }

    /// A reader for one stream of a provider.
    package static func reader(_ operation: Operation, of provider: Provider, to request: UnsafeRawBufferPointer, model: String, caps: Caps) -> any StreamReader {
        let asked = provider.requests.completionsAreChats ? operation.asChat : operation
        var reader = spoken(in: provider.requests).stream(asked, to: request, model: model, caps: caps)
        if let tag = provider.requests.reasoningTag, asked == .chatStream { reader = TaggedStreamReader(reader, tag, depth: caps.depth) }
        return asked == operation ? reader : CompletionStreamReader(reader)
    }

    /// Where an operation is at a provider.
    package static func address(of operation: Operation, at provider: Provider) -> String {
        let path = provider.access.paths[provider.requests.completionsAreChats ? operation.asChat : operation]
        return provider.access.address(path.isEmpty ? String(spoken(by: provider).path(operation)) : path)
    }

    /// Where a provider's model list is.
    package static func listAddress(of provider: Provider) -> String {
        provider.list.url.isEmpty ? address(of: .listModels, at: provider) : provider.list.url
    }
}
