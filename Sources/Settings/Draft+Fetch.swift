internal import Bytes
internal import Model

/// `fetch`: what may be fetched of what requests name.
extension ConfigurationDraft {
    func applyFetch(_ members: ConfigMembers) throws(Failure) {
        try members.flag("allowed", &result.fetch.allowed)
        try members.integer("max_bytes", 1 << 10, 1 << 30, &result.fetch.maxBytes)
        try members.seconds("timeout", &result.fetch.timeout)
        if let value = members.take("allow_hosts") { result.fetch.hosts = try fetchHosts(value) }
        if let value = members.take("allow_addresses") { result.fetch.addresses = try addressBlocks(value) }
        try members.end()
    }

    private func fetchHosts(_ value: ConfigValue) throws(Failure) -> [String] {
        var hosts: [String] = []
        for element in try value.elements() {
            let host = lowercased(try element.text())
            guard isHostPattern(host.octets) else { throw element.failure("must be a host, or *. and a domain") }
            hosts.append(host)
        }
        return hosts
    }

    private func addressBlocks(_ value: ConfigValue) throws(Failure) -> [AddressBlock] {
        var blocks: [AddressBlock] = []
        for element in try value.elements() {
            guard let block = AddressBlock(try element.text()) else { throw element.failure("must be an address, or one with the length of a prefix (10.0.0.0/8)") }
            blocks.append(block)
        }
        return blocks
    }
}

/// A name or an address, without scheme, port and path; one star, as the whole first label.
private func isHostPattern(_ host: [UInt8]) -> Bool {
    let rest = host.starts(with: "*.".octets) ? host.dropFirst(2) : host[...]
    let isAddress = rest.first == UInt8(ascii: "[") && rest.last == UInt8(ascii: "]")
    return !rest.isEmpty && rest.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), 0x80...: true
        case UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"): isAddress
        default: false
        }
    }
}
