@testable import HTTPText
import Testing

private func url(_ text: String) -> URLText? { try? URLText(text) }

private func fault(_ text: String) -> URLText.Fault? {
    do throws(URLText.Fault) {
        _ = try URLText(text)
        return nil
    } catch { return error }
}

@Suite struct URLTextTests {
    @Test func readsPieces() throws {
        let plain = try #require(url("https://API.OpenAI.com/v1/"))
        #expect(plain.isSecure && plain.host == "api.openai.com" && plain.port == 443 && plain.path == "/v1")
        #expect(plain.text == "https://api.openai.com/v1")
        let local = try #require(url("http://127.0.0.1:8080"))
        #expect(!local.isSecure && local.port == 8080 && local.path == "" && local.text == "http://127.0.0.1:8080")
        let six = try #require(url("HTTP://[::1]:80/a%20b"))
        #expect(six.isIPv6 && six.host == "::1" && six.path == "/a%20b" && six.text == "http://[::1]/a%20b")
        #expect(url("https://host_name.internal:1")?.port == 1)
    }

    @Test(arguments: [("ftp://x", URLText.Fault.scheme), ("api.openai.com", .scheme), ("//x", .scheme), ("https:/x", .scheme), ("", .scheme),
                      ("https://", .host), ("https:///v1", .host), ("https://:80", .host), ("https://a..b", .host), ("https://.a", .host), ("https://a.", .host),
                      ("https://a!b", .host), ("https://[::1", .host), ("https://[fe80::1%25eth0]", .host), ("https://[1.2.3.4]", .host), ("http://1.2.3", .host),
                      ("http://2130706433", .host), ("http://0x7f.1", .host), ("http://127.0.0.01", .host), ("http://256.1.1.1", .host),
                      ("https://u:p@x", .userinfo), ("https://x@", .userinfo), ("https://good.com@evil.com/", .userinfo),
                      ("https://x:", .port), ("https://x:0", .port), ("https://x:65536", .port), ("https://x:8a", .port), ("https://[::1]8", .port), ("https://a:1:2", .port),
                      ("https://x/../y", .path), ("https://x/%2e%2E/y", .path), ("https://x/.%2e", .path), ("https://x/./y", .path), ("https://x/%zz", .path), ("https://x/%2", .path),
                      ("https://x/?a=1", .query), ("https://x#f", .query), ("https://x?y", .query),
                      ("https://x/a b", .character), ("https://x/\r\nHost: y", .character), ("https://x\\y", .character), ("https://exämple.com", .character), ("https://x/\0", .character)])
    func refuses(_ text: String, _ expected: URLText.Fault) { #expect(fault(text) == expected, "\(text)") }

    @Test(arguments: [("http://localhost", true), ("http://LOCALHOST:1", true), ("http://x.localhost", true), ("http://127.0.0.1", true), ("http://127.255.3.4", true),
                      ("http://[::1]", true), ("http://[0:0:0:0:0:0:0:1]", true), ("http://[::0001]", true), ("http://[::ffff:127.0.0.1]", true),
                      ("http://128.0.0.1", false), ("http://0.0.0.0", false), ("http://localhost.evil.com", false), ("http://notlocalhost", false), ("http://127.0.0.1.evil.com", false),
                      ("http://[::2]", false), ("http://[1::1]", false), ("http://[::1:1]", false), ("http://[::]", false), ("http://[::ffff:10.0.0.1]", false)])
    func loopback(_ text: String, _ expected: Bool) { #expect(url(text)?.isLoopback == expected, "\(text)") }

    @Test func segments() {
        #expect(encodePathSegment("gpt-4o_mini.v~1") == "gpt-4o_mini.v~1")
        #expect(encodePathSegment("a/b c?d#é%") == "a%2Fb%20c%3Fd%23%C3%A9%25")
        #expect(encodePathSegment("..") == nil && encodePathSegment(".") == nil && encodePathSegment("") == nil)
        #expect(encodePathSegment("...") == "...")
        #expect(encodePath("openai/gpt-4o:free") == "openai/gpt-4o%3Afree")
        #expect(encodePath("a/../b") == nil && encodePath("/a") == nil && encodePath("a//b") == nil && encodePath("a/") == nil)
        #expect(encodePath("@cf/meta") == "%40cf/meta")
    }
}
