internal import CShims

/// A curl easy handle, set up for one profile, with the buffer for its error text.
final class Handle {
    let easy: UnsafeMutableRawPointer
    let profile: HTTPProfile
    let errorText: UnsafeMutablePointer<CChar>

    /// nil: out of memory.
    convenience init?(_ profile: HTTPProfile) {
        guard let easy = gl_easy_init() else { return nil }
        self.init(easy, profile)
    }

    private init(_ easy: UnsafeMutableRawPointer, _ profile: HTTPProfile) {
        self.easy = easy
        self.profile = profile
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        profile.apply(to: easy)
        gl_set_ptr(easy, CURLOPT_ERRORBUFFER, errorText)
        TransferCallbacks.install(on: easy, speaks: profile.http2)
        if profile.addresses != nil { TransferCallbacks.watchAddresses(of: easy) }
    }

    deinit {
        curl_easy_cleanup(easy)
        errorText.deallocate()
    }
}

/// Handles between two transfers. Belongs to one engine.
struct HandlePool {
    private static let most = 128

    private var idle: [Handle] = []
    /// How many are out: 0 means that no transfer uses the network.
    private(set) var lent = 0

    /// nil: out of memory.
    mutating func take(_ profile: HTTPProfile) -> Handle? {
        while let last = idle.popLast() {
            if last.profile !== profile { continue } // of another client, which may be gone
            lent += 1
            return last
        }
        guard let made = Handle(profile) else { return nil }
        lent += 1
        return made
    }

    /// Only a handle whose transfer went well is used again: what curl keeps in it of one that broke is nobody's business.
    mutating func give(_ handle: Handle, reusable: Bool) {
        lent -= 1
        handle.errorText[0] = 0
        if reusable, LibCurl.reusesHandles, idle.count < Self.most { idle.append(handle) }
    }

    mutating func removeAll() { idle.removeAll() }
}
