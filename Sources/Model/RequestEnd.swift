/// How an accepted request ended.
package enum RequestEnd: Sendable {
    case finished, error, truncated, cancelled

    package var name: StaticString {
        switch self {
        case .finished: "finished"
        case .error: "error"
        case .truncated: "truncated"
        case .cancelled: "cancelled"
        }
    }
}
