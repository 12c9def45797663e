internal import Bytes
package import Model

/// All there are.
package enum Dialects {
    package static let all: [any Dialect] = [OpenAIDialect(), DevDialect()]

    /// By what rows call it.
    package static func named(_ name: String) -> (any Dialect)? { all.first { name.equals($0.name) } }

    package static var names: [String] { all.map { String($0.name) } }

    /// Where operations are in any of them: such an ending may have been copied along with an address.
    package static var paths: [StaticString] {
        var paths: [StaticString] = []
        for dialect in all {
            for operation in [Operation.chat, .completion, .embeddings, .listModels] { paths.append(dialect.path(operation)) }
        }
        return paths
    }
}

extension Provider.Requests {
    /// That of its row, which was checked when it was read.
    package var spoken: any Dialect { Dialects.named(dialect) ?? Dialects.all[0] }
}

extension Provider {
    package var spoken: any Dialect { requests.spoken }

    /// Where an operation is.
    package func address(of operation: Operation) -> String {
        let path = access.paths[operation]
        return access.address(path.isEmpty ? String(spoken.path(operation)) : path)
    }

    /// Where its model list is.
    package var listAddress: String { list.url.isEmpty ? address(of: .listModels) : list.url }
}
