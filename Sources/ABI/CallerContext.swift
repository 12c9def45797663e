internal import CGatelet

/// The `user` of a caller's function. Whoever lets go of it last has it destroyed: the setter, the client's end, or a thread
/// that was still inside the function.
final class CallerContext {
    private let user: UnsafeMutableRawPointer?
    private let destroy: gatelet_destroy_fn?
    private let client: UInt64

    init(_ client: OpaquePointer?, _ user: UnsafeMutableRawPointer?, _ destroy: gatelet_destroy_fn?) {
        self.client = handleValue(client)
        self.user = user
        self.destroy = destroy
    }

    deinit {
        guard let destroy else { return }
        let user = user
        inCallback(.destroy, of: client) { destroy(user) }
    }

    /// Calls the function, and lives at least as long as it runs.
    func call<R>(_ place: Function.Place, _ function: (UnsafeMutableRawPointer?) -> R) -> R {
        withExtendedLifetime(self) { inCallback(place, of: client) { function(user) } }
    }
}
