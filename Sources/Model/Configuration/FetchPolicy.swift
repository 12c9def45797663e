/// What Gatelet may fetch by itself of what a request names: pictures, files, sounds and videos for providers that do not read URLs.
package struct FetchPolicy: Sendable, Equatable {
    package var allowed = false
    /// Of each.
    package var maxBytes = 20 << 20
    /// Seconds for each, redirects included, 0: as many as there are; what is left of the request's own time may be less.
    package var timeout = 10.0
    /// Hosts that may be asked, in lower case; `*.` at the beginning stands for all below. Empty: any.
    package var hosts: [String] = []
    /// Addresses that may be reached although they are not public.
    package var addresses: [AddressBlock] = []
    package init() {}
}
