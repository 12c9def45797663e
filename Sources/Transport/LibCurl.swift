internal import Bytes
internal import CShims

/// The libcurl that is loaded, and what has to be done about its version (docs/libcurl.md).
package enum LibCurl {
    /// 7.80.0, the first one with CURLOPT_PREREQFUNCTION: older ones send requests twice, and nobody can stop them.
    private static let oldest: UInt32 = 0x075000

    /// Why nothing can be done with it; nil: it will do.
    package static var complaint: String? {
        let found = gl_curl_version()
        return found >= oldest ? nil : "libcurl " + name(oldest) + " or newer is needed; the one that is loaded is " + name(found)
    }

    /// From 7.83.0 on, a handle's second response that begins with a folded header line touched a header of the first one, which was
    /// freed; 8.1.1 forgets it in time (https://github.com/curl/curl/pull/11103).
    static var reusesHandles: Bool {
        let found = gl_curl_version()
        return found < 0x075300 || found >= 0x080101
    }

    private static func name(_ version: UInt32) -> String {
        String(decimal: Int(version >> 16)) + "." + String(decimal: Int(version >> 8 & 0xFF)) + "." + String(decimal: Int(version & 0xFF))
    }
}
