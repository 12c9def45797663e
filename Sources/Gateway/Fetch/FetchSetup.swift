internal import Bytes
internal import CShims
internal import Model
internal import Transport

/// How a client fetches what requests name: no proxy, no client certificate and no connection that anything else uses, since none of
/// them would let the guard see where it goes.
final class FetchSetup {
    let policy: FetchPolicy
    let cassette: Cassette?
    let profile: HTTPProfile
    let headers: HeaderList
    let connectTime: Int64
    /// Of all that is fetched for one.
    let mostOfRequest: Int

    /// nil: fetching is not allowed.
    static func make(_ configuration: Configuration, _ cassette: Cassette?) throws(Failure) -> FetchSetup? {
        if !configuration.fetch.allowed { return nil }
        var options = HTTPProfile.Options(), http = configuration.http
        options.caFile = http.caFile ?? http.found.caFile
        options.caDirectory = http.caFile == nil ? http.found.caDirectory : nil
        options.addresses = AddressGuard(allowing: configuration.fetch.addresses)
        guard let profile = HTTPProfile(options, resolve: http.resolve), let headers = HeaderList(["User-Agent: gatelet/" + libraryVersion, "Accept: */*"]) else {
            throw Failure(.memory, "libcurl could not be set up")
        }
        return FetchSetup(configuration, cassette, profile, headers)
    }

    private init(_ configuration: Configuration, _ cassette: Cassette?, _ profile: HTTPProfile, _ headers: HeaderList) {
        policy = configuration.fetch
        self.cassette = cassette
        connectTime = Int64(min(configuration.timeouts.connect, 86_400) * 1_000_000)
        mostOfRequest = configuration.caps.request
        self.profile = profile
        self.headers = headers
    }

    /// The host of a URL that may be fetched, in lower case.
    func host(of url: String) throws(FetchFault) -> String {
        guard url.octets.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }) else { throw .address }
        let (code, name) = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { room in
            room.initialize(repeating: 0)
            let code = url.withCString { gl_url_host($0, room.baseAddress, room.count) }
            return (code, room.baseAddress.map { String(cString: $0) } ?? "")
        }
        switch Int(code) {
        case Int(GL_URL_OK): break
        case Int(GL_URL_SCHEME): throw .scheme
        case Int(GL_URL_USER): throw .credentials
        default: throw .address
        }
        let host = lowercased(name)
        if !policy.hosts.isEmpty, !policy.hosts.contains(where: { matches(host, $0) }) { throw .host }
        return host
    }

    private func matches(_ host: String, _ pattern: String) -> Bool {
        var host = host.octets
        let pattern = pattern.octets
        if host.last == UInt8(ascii: ".") { host.removeLast() }
        guard pattern.first == UInt8(ascii: "*") else { return host == pattern }
        let ending = pattern.dropFirst()
        return host.count > ending.count && Array(host.suffix(ending.count)) == Array(ending)
    }
}

/// Why something was not fetched.
enum FetchFault: Error {
    case address, scheme, credentials, host, blocked, redirects, status(Int), tooLarge, tooMany, tooMuch, type, timeout, deadline, memory, cancelled
    case connection(TransferFault)
}
