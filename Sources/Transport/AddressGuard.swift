internal import Bytes
internal import CShims
package import Model

/// Which addresses a profile's connections may go to: those of the public internet, and these.
package struct AddressGuard: Sendable {
    private let allowed: [AddressBlock]

    package init(allowing blocks: [AddressBlock]) { allowed = blocks }

    func allows(_ address: IPAddress) -> Bool { address.isPublic || allowed.contains { $0.contains(address) } }
}

extension Transfer {
    /// An address that a socket is about to be made for.
    func mayReach(_ address: UnsafePointer<curl_sockaddr>) -> Bool {
        guard profile.addresses != nil else { return true }
        return mayReach(IPAddress { gl_address_of(address, $0) != 0 })
    }

    /// The other end of a connection that is ready.
    func mayReach(_ address: UnsafePointer<CChar>?) -> Bool {
        guard profile.addresses != nil else { return true }
        return mayReach(address.flatMap { text in IPAddress { gl_parse_address(text, $0) != 0 } })
    }

    private func mayReach(_ address: IPAddress?) -> Bool {
        let isAllowed = address.map { profile.addresses?.allows($0) ?? true } ?? false
        if !isAllowed { wasBlocked = true }
        return isAllowed
    }

    func noteRedirect(_ easy: UnsafeMutableRawPointer) {
        guard profile.addresses != nil, status >= 300, status < 400, let url = gl_info_text(easy, CURLINFO_REDIRECT_URL) else { return }
        redirect = String(cString: url)
    }
}
