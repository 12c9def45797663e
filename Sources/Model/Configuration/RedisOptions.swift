/// What happens to requests under limits while Redis cannot be asked.
package enum RedisFailurePolicy: String, CaseIterable, Sendable {
    /// The limits hold within the process alone.
    case open
    /// They are refused.
    case closed
}

/// The server through which processes share their limits, and how it is used.
package struct RedisOptions: Sendable, Equatable {
    package var address = RedisAddress()
    /// What is shared: those with the same prefix share it.
    package var prefix = "gatelet"
    /// How long an answer is waited for, in seconds.
    package var timeout = 1.0
    /// After so many seconds, what a process that is gone has reserved is free.
    package var lease = 60.0
    package var onFailure = RedisFailurePolicy.open
    package init() {}
}

package struct RedisAddress: Sendable, Equatable {
    /// Host and port; brackets of IPv6 addresses stand.
    package var authority = "127.0.0.1:6379"
    package var isSecure = false
    package var socketPath: String?
    package var user: String?
    package var password: String?
    package var database = 0
    package init() {}
}
