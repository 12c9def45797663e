internal import Bytes

/// Something that a request wanted and did not get.
package struct RequestWarning: Sendable, Equatable {
    package enum Code: String, Sendable {
        /// A body went beyond what is allowed to it.
        case clamped
        /// The options of the call say otherwise.
        case overruled
        /// The provider that was asked has no way to be told.
        case dropped
        /// It was sent, and nobody says what the provider makes of it.
        case unsure
    }

    package var code: Code
    /// The member of the request.
    package var path: String
    package var message: String
}

/// The warnings of one request: each member is complained of once.
package final class RequestWarnings {
    /// A request of thousands of messages is complained of so often, and no more.
    private static let most = 64

    package private(set) var list: [RequestWarning] = []
    package init() {}

    /// Says paths and messages in other words.
    package func rename(_ renamed: (String) -> String) {
        for at in list.indices { (list[at].path, list[at].message) = (renamed(list[at].path), renamed(list[at].message)) }
    }

    package func add(_ code: RequestWarning.Code, _ path: String, _ message: String) {
        if list.count < RequestWarnings.most, !list.contains(where: { same($0.path, path) }) { list.append(RequestWarning(code: code, path: path, message: message)) }
    }
}
