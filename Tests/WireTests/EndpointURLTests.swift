@testable import HTTPText
import Testing

private func refusal(_ text: String, query: Bool = false) -> EndpointURL.Fault? {
    do throws(EndpointURL.Fault) {
        _ = try EndpointURL(text, query: query)
        return nil
    } catch { return error }
}

@Suite struct EndpointURLTests {
    @Test func readsPieces() throws {
        let plain = try EndpointURL("https://API.OpenAI.com/v1/")
        #expect(plain.secure && !plain.loopback && plain.origin == "https://API.OpenAI.com")
        let local = try EndpointURL("http://127.0.0.1:8080")
        #expect(!local.secure && local.loopback && local.origin == "http://127.0.0.1:8080")
        let six = try EndpointURL("HTTP://[::1]:80?a=1", query: true)
        #expect(!six.secure && six.loopback && six.origin == "HTTP://[::1]:80")
        #expect(refusal("https://host_name.internal:1") == nil)
        #expect(refusal("https://[1.2.3.4]:65535/a%20b") == nil)
    }

    @Test(arguments: [("ftp://x", EndpointURL.Fault.scheme), ("api.openai.com", .scheme), ("//x", .scheme), ("https:/x", .scheme), ("", .scheme), ("http", .scheme),
                      ("https://", .host), ("https:///v1", .host), ("https://:80", .host), ("https://a!b", .host), ("https://[::1", .host), ("https://[fe80::1%25eth0]", .host),
                      ("https://u:p@x", .userinfo), ("https://x@", .userinfo), ("https://good.com@evil.com/", .userinfo),
                      ("https://x:", .host), ("https://x:0", .host), ("https://x:65536", .host), ("https://x:8a", .host), ("https://[::1]8", .host), ("https://a:1:2", .host),
                      ("https://x:0000000000000000000080", .host), ("https://x/?a=1", .query), ("https://x?y", .query), ("https://x#f", .fragment),
                      ("https://x/a b", .character), ("https://x/\r\nHost: y", .character), ("https://x\\y", .character), ("https://exämple.com", .character), ("https://x/\0", .character)])
    func refuses(_ text: String, _ expected: EndpointURL.Fault) {
        #expect(refusal(text) == expected, "\(text)")
        #expect(refusal(text, query: true) == (expected == .query ? nil : expected), "\(text)")
    }

    /// Only what every resolver takes for this machine: a key goes there without TLS.
    @Test(arguments: [("http://localhost", true), ("http://LOCALHOST:1", true), ("http://127.0.0.1", true), ("http://127.255.3.4", true), ("http://[::1]", true),
                      ("http://x.localhost", false), ("http://128.0.0.1", false), ("http://0.0.0.0", false), ("http://localhost.evil.com", false),
                      ("http://notlocalhost", false), ("http://127.0.0.1.evil.com", false), ("http://127.1", false), ("http://0177.0.0.1", false), ("http://127.0.0.01", false),
                      ("http://127.0.0.256", false), ("http://2130706433", false), ("http://0x7f.1", false), ("http://127..0.1", false),
                      ("http://[::2]", false), ("http://[1::1]", false), ("http://[::1:1]", false), ("http://[::]", false), ("http://[::ffff:10.0.0.1]", false)])
    func loopback(_ text: String, _ expected: Bool) throws { #expect(try EndpointURL(text).loopback == expected, "\(text)") }

    @Test func segments() {
        #expect(encodePathSegment("gpt-4o_mini.v~1") == "gpt-4o_mini.v~1")
        #expect(encodePathSegment("a/b c?d#é%") == "a%2Fb%20c%3Fd%23%C3%A9%25")
        #expect(encodePathSegment("..") == nil && encodePathSegment(".") == nil && encodePathSegment("") == nil)
        #expect(encodePathSegment("...") == "..." && encodeQuery("..") == ".." && encodeQuery("") == "")
        #expect(encodePathSegment("@cf/meta:free") == "%40cf%2Fmeta%3Afree")
    }
}
