@testable import Bytes
@testable import HTTPText
import Testing

private func wait(_ block: String, now: Int64 = 1_000_000_000) -> Int? { withBytes(block) { HeaderText.retryAfterMs(in: $0, unixNow: now) } }
private func date(_ text: String) -> Int64? { withBytes(text) { HTTPDate.seconds($0) } }

@Suite struct HeaderTextTests {
    @Test func names() {
        for name in ["X-Title", "authorization", "a", "x_y", "!#$%&'*+-.^_`|~1"] { #expect(HeaderText.isName(name), "\(name)") }
        for name in ["", "a b", "a:", "a\r\n", "é", "a\0", "(x)"] { #expect(!HeaderText.isName(name), "\(name)") }
    }

    @Test func finds() {
        let block = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nX-Request-ID:  abc \r\nx-request-id-2: no\r\nEmpty:\r\nTwice: 1\r\ntwice: 2\r\n\r\n"
        withBytes(block) { bytes in
            func find(_ name: StaticString) -> String? { HeaderText.find(name, in: bytes).map { String(decoding: $0, as: UTF8.self) } }
            #expect(find("content-type") == "text/event-stream; charset=utf-8")
            #expect(find("x-request-id") == "abc")
            #expect(find("empty") == "")
            #expect(find("twice") == "2")
            #expect(find("absent") == nil && find("http/1.1 200 ok") == nil)
            func find(_ names: StaticString...) -> String? { HeaderText.find(first: names, in: bytes).map { String(decoding: $0, as: UTF8.self) } }
            #expect(find("absent", "twice", "x-request-id") == "2")
            #expect(find("empty", "x-request-id", "twice") == "abc")
            #expect(find("absent", "empty") == nil && find("none") == nil)
        }
        withBytes("no line end: x") { #expect(HeaderText.find("no line end", in: $0)?.equals("x") == true) }
        withBytes("") { #expect(HeaderText.find("a", in: $0) == nil) }
        withBytes("abc") { #expect(HeaderText.find("abc", in: $0) == nil && HeaderText.find("abcd", in: $0) == nil) }
    }

    @Test func retryAfter() {
        #expect(wait("Retry-After: 5\r\n") == 5000)
        #expect(wait("retry-after: 1.5\r\n") == 1500)
        #expect(wait("retry-after: 0\r\n") == 0)
        #expect(wait("retry-after: 0.0004\r\n") == 0)
        #expect(wait("Retry-After-Ms: 250.7\r\nRetry-After: 9\r\n") == 250)
        #expect(wait("x-ms-retry-after-ms: 70\r\nRetry-After: 9\r\n") == 70)
        #expect(wait("retry-after-ms: x\r\nRetry-After: 2\r\n") == 2000)
        for bad in ["-1", "-0.5", "NaN", "nan", "inf", "", "soon", "1,000", "$5", "1 2", "0x10"] { #expect(wait("retry-after: \(bad)\r\n") == nil, "\(bad)") }
        #expect(wait("retry-after: 1e300\r\n") == 315_360_000_000)
        #expect(wait("retry-after: 99999999999999999999\r\n") == 315_360_000_000)
        #expect(wait("") == nil)
    }

    @Test func retryAfterDates() {
        let block = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n"
        #expect(wait(block) == 30000)
        #expect(wait("Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n", now: 784_111_777) == 30000)
        #expect(wait("Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n", now: 784_111_900) == 0)
        #expect(wait("Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", now: .min) == nil)
        #expect(wait("Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", now: 0) == 315_360_000_000)
    }

    @Test func dates() {
        #expect(date("Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
        #expect(date("Sunday, 06-Nov-94 08:49:37 GMT") == 784_111_777)
        #expect(date("Sun Nov  6 08:49:37 1994") == 784_111_777)
        #expect(date("Thu, 01 Jan 1970 00:00:00 GMT") == 0)
        #expect(date("Tue, 29 Feb 2028 12:00:00 GMT") == 1_835_438_400)
        for bad in ["", "5", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994", "a b c d e f g h"] {
            #expect(date(bad) == nil, "\(bad)")
        }
    }
}
