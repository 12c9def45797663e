import CShims
@testable import Dialects
import Foundation
@testable import Model
@testable import Settings
import Testing
import TestSupport

/// Numbers that a failing test can repeat.
private struct Dice: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}

/// A key, and what may stand of it in a text after all: nothing of more than eight bytes.
private func leaks(_ key: String, in text: String) -> Bool {
    let bytes = Array(key.utf8), all = Array(text.utf8), window = 9
    let wanted = Set((0...max(0, bytes.count - window)).map { Array(bytes[$0..<min($0 + window, bytes.count)]) })
    return all.indices.contains { $0 + window <= all.count && wanted.contains(Array(all[$0..<($0 + window)])) }
}

/// The ways in which providers, proxies and frameworks write what they were sent.
private enum Spelling: CaseIterable {
    case plain, slashes, unicode, percent, doublePercent, html, decimalHTML, nestedJSON, basic, basicUser, basicURL, bearer

    func write(_ key: String, _ dice: inout Dice) -> String {
        switch self {
        case .plain: return key
        case .bearer: return "Authorization: Bearer \(key)"
        case .slashes: return key.replacingOccurrences(of: "/", with: "\\/")
        case .unicode: return key.utf8.map { String(format: "\\u%04x", $0) }.joined()
        case .percent: return key.utf8.map { (48...57).contains($0) ? String(UnicodeScalar($0)) : String(format: Bool.random(using: &dice) ? "%%%02X" : "%%%02x", $0) }.joined()
        case .doublePercent: return key.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!.replacingOccurrences(of: "%", with: "%25")
        case .html: return key.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;").replacingOccurrences(of: "\"", with: "&quot;")
        case .decimalHTML: return key.utf8.map { Bool.random(using: &dice) ? "&#\($0);" : String(format: "&#x%02x;", $0) }.joined()
        case .nestedJSON: return key.replacingOccurrences(of: "/", with: "\\\\\\/").replacingOccurrences(of: "\"", with: "\\\\\\\"")
        case .basic: return "Basic " + Data(key.utf8).base64EncodedString()
        case .basicUser: return "Basic " + Data("\(["u", "ab", "abc", "me@x"].randomElement(using: &dice)!):\(key)".utf8).base64EncodedString()
        case .basicURL: return Data("x:\(key):".utf8).base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
        }
    }

    /// What was left of it, as somebody who wants the key would read it.
    func read(_ text: String) -> [String] {
        var found = [text, text.removingPercentEncoding ?? "", text.replacingOccurrences(of: "\\/", with: "/").replacingOccurrences(of: "\\", with: "")]
        found.append(text.removingPercentEncoding?.removingPercentEncoding ?? "")
        if let decoded = try? JSONSerialization.jsonObject(with: Data("[\"\(text)\"]".utf8)) as? [String] { found += decoded }
        for piece in text.split(whereSeparator: { !($0.isASCII && ($0.isLetter || $0.isNumber || "+/-_=".contains($0))) }) {
            let plain = piece.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/").filter { $0 != "=" }
            for skip in 0..<min(4, plain.count) {
                let part = String(plain.dropFirst(skip))
                let whole = part.prefix(part.count / 4 * 4)
                if let bytes = Data(base64Encoded: String(whole)) { found.append(String(decoding: bytes, as: UTF8.self)) }
            }
        }
        let entities = text.replacingOccurrences(of: "&amp;", with: "&").replacingOccurrences(of: "&lt;", with: "<").replacingOccurrences(of: "&quot;", with: "\"")
        return found + [entities, text.components(separatedBy: "&#").compactMap { piece in
            let code = piece.prefix { $0 != ";" }
            return (code.first == "x" ? UInt8(code.dropFirst(), radix: 16) : UInt8(code)).map { String(UnicodeScalar($0)) }
        }.joined()]
    }
}

@Suite struct RedactionTests {
    private func redaction(_ keys: [String]) -> Redaction { Redaction(secrets: keys) }

    @Test func everyKeyIsReplacedWherever() {
        let some = redaction(["sk-secret", "sk-secret-longer"])
        #expect(some.text("sk-secret and sk-secret-longer.sk-secret") == "*** and ***.***")
        #expect(some.text("nothing") == "nothing")
        #expect(Redaction.none.text("sk-secret") == "sk-secret")
    }

    @Test func failuresLoseThemToo() {
        var failure = Failure(.auth, "bad key sk-secret")
        failure.providerMessage = "Incorrect API key provided: sk-secret"
        failure.code = "sk-secret"
        let clean = RedactedFailure(failure, redaction(["sk-secret"]))
        #expect(clean.message == "bad key ***" && clean.providerMessage == "Incorrect API key provided: ***" && clean.code == "***")
    }

    /// Random keys in random places and spellings, cut anywhere by us, by whoever sent them, or by both.
    @Test func noSpellingAndNoCutLeaks() {
        let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/+.=~!$\"<&")
        for round in 0..<6000 {
            var dice = Dice(state: UInt64(round))
            let key = "sk-" + String((0..<Int.random(in: 13...90, using: &dice)).map { _ in letters.randomElement(using: &dice)! })
            let some = redaction([key, "another-key-entirely"]), spelling = Spelling.allCases[round % Spelling.allCases.count]
            var text = String(repeating: "ä ", count: Int.random(in: 0...30, using: &dice)) + spelling.write(key, &dice)
            let cut = Int.random(in: 0...3, using: &dice)
            if cut == 1 { text = String(text.prefix(Int.random(in: 0...text.count, using: &dice))) + ["", "...", "…"].randomElement(using: &dice)! }
            if cut == 2 { text += String(repeating: " and on", count: 20) }
            let most = Int.random(in: 0...(text.utf8.count + 4), using: &dice)
            let shown = some.text(UnredactedText(foreign: text, most: cut == 3 ? .max : most))
            #expect(shown.utf8.count <= max(most, cut == 3 ? .max : 0))
            for read in spelling.read(shown) {
                #expect(!leaks(key, in: read), "round \(round) \(spelling): \(key) in \(text) -> \(shown)")
            }
            #expect(!shown.contains("\u{FFFD}"))
        }
    }

    /// The kind that was found: 48 of 50 bytes in front of a cut at 2,048 bytes.
    @Test func takenOutBeforeTheCut() {
        let key = "sk-" + String(repeating: "k7", count: 24)
        var parts = ProviderParts()
        parts.identity.id = "p"
        let provider = Provider(parts)
        for before in [2000, 2020, 2040, 2047, 2048, 60_000, 65_500] {
            for body in ["{\"error\":{\"message\":\"\(String(repeating: "x", count: before))\(key)\"}}", String(repeating: "x", count: before) + key + "y",
                         "<html><title>\(String(repeating: "x", count: before % 300))\(key)</title>"] {
                let failure = body.withCString { text in
                    classify(httpStatus: 500, headers: .init(start: nil, count: 0), body: .init(start: text, count: strlen(text)), provider: provider, model: "m")
                }
                let clean = RedactedFailure(failure, redaction([key]))
                #expect(!leaks(key, in: clean.message) && !leaks(key, in: clean.providerMessage ?? ""))
                #expect((clean.providerMessage ?? "").utf8.count <= 2048)
            }
        }
    }

    /// Whoever quotes a text behind words of its own has a key that was cut stand in the middle.
    @Test func aPartIsTakenOutInTheMiddleToo() {
        let key = "sk-Zk9qT3vLw8Xn2RbYc5Jd7Hf1Mg4Pa6Es0Ui", some = redaction([key])
        for end in ["\": upstream said no", "*******", " (shortened)", "\\\" and so on", "</b>", "&hellip;more"] {
            for length in 20..<key.utf8.count { #expect(!leaks(key, in: some.text("bad key \(key.prefix(length))\(end)")), "\(length) in front of \(end)") }
        }
        #expect(some.text("keys begin with sk-Zk9qT, they say") == "keys begin with sk-Zk9qT, they say")
    }

    /// Proxies take passwords, and headers values, that are not ASCII, or have backslashes and quotes.
    @Test func charactersThatEveryLanguageEscapesInItsOwnWay() {
        let secret = "pä\\ss'w\"örd €😀/end", some = redaction([secret])
        let points = { (write: (UInt32) -> String) in secret.unicodeScalars.map { $0.isASCII && $0 != "\\" && $0 != "\"" && $0 != "'" ? String($0) : write($0.value) }.joined() }
        let units = secret.utf16.map { String(format: "\\u%04x", $0) }.joined()
        for text in [
            units, units.uppercased().replacingOccurrences(of: "\\U", with: "\\u"), units.replacingOccurrences(of: "\\", with: "\\\\"),
            points { String(format: $0 > 0xFFFF ? "\\ud83d\\ude00" : "\\u%04x", $0) },
            points { "&#\($0);" }, points { String(format: "&#x%X;", $0) },
            secret.utf8.map { String(format: "\\x%02x", $0) }.joined(), secret.utf8.map { String(format: "\\%03o", $0) }.joined(),
            secret.utf8.map { $0 < 128 && $0 != 92 && $0 != 39 ? String(UnicodeScalar($0)) : $0 < 128 ? "\\\(UnicodeScalar($0))" : String(format: "\\x%02x", $0) }.joined(),
            secret.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "'", with: "\\'"),
            secret.replacingOccurrences(of: "\\", with: "\\\\\\\\").replacingOccurrences(of: "\"", with: "\\\\\\\""),
        ] { #expect(some.text("<\(text)>") == "<***>", "\(text)") }
    }

    /// Each byte of a run of backslashes may begin an escape that has all of the rest: 300 KB took a minute.
    @Test func timeGrowsWithTheText() {
        let some = redaction(["sk-secret-key", "\\\\begins-with-backslashes"])
        let start = threadTime()
        for text in ["\\", "\\\\u", "%25", "&#", "sk-secret-ke", "\\ud83d"] {
            let long = String(repeating: text, count: 300_000 / text.utf8.count)
            #expect(!some.text(long + "sk-secret-key").hasSuffix("sk-secret-key"))
        }
        #expect(threadTime() - start < 30)
    }

    /// A document stays one, whatever is taken out of it.
    @Test func documentsStayJSON() throws {
        let letters = Array("abcuntf0123456789ABCDEF/+-\"\\")
        for round in 0..<3000 {
            var dice = Dice(state: UInt64(round) &+ 77)
            let key = String((0..<Int.random(in: 8...40, using: &dice)).map { _ in letters.randomElement(using: &dice)! })
            let text = (0..<4).map { _ in
                ["\n", "\\", "\"", "\u{1}", "a", "/", "=", key, Data("\n\(key)".utf8).base64EncodedString(), String(key.prefix(9)) + "..."].randomElement(using: &dice)!
            }.joined()
            let document = try JSONSerialization.data(withJSONObject: ["text": text, key: text])
            let clean = document.withUnsafeBytes { redaction([key]).bytes($0) } ?? Array(document)
            #expect((try? JSONSerialization.jsonObject(with: Data(clean))) != nil, "round \(round): \(String(decoding: document, as: UTF8.self)) -> \(String(decoding: clean, as: UTF8.self))")
        }
    }

    @Test func secretsOfAConfiguration() throws {
        let configuration = try load("""
            {"providers": {"mine": {"base_url": "https://x.example/v1", "keys": [{"value": "first-key-1"}, {"value": "second-key-2"}],
              "headers": {"X-Long": "long-value-of-a-header", "X-Team": "search", "X-Session-Token": "tok1"},
              "models": {"url": "https://x.example/list?sig=s1g&page=1&other=%2Fother%2Fvalue", "headers": {"Cookie": "a=b; session=4711"}}},
             "anthropic": {"api_key": "third-key-3"}},
             "http": {"proxy": "http://me:pa%20ss@proxy.example:3128"}}
            """)
        let clean = Redaction(secrets: secrets(of: configuration))
        for secret in ["first-key-1", "second-key-2", "third-key-3", "long-value-of-a-header", "tok1", "s1g?", "%2Fother%2Fvalue", "/other/value", "session=4711",
                       "pa%20ss", "pa ss", "me:pa ss", Data("me:pa ss".utf8).base64EncodedString()] {
            #expect(clean.text("<\(secret)>").contains("***") || secret == "s1g?", "\(secret)")
        }
        for word in ["search", "page", "2023-06-01", "x.example"] { #expect(clean.text("a \(word) b") == "a \(word) b") }
    }

    @Test func formerSecretsStaySecret() {
        var all = redaction(["key-number-0"])
        for number in 1...200 { all = Redaction(secrets: ["key-number-\(number)"], after: all) }
        #expect(all.text("key-number-200 key-number-199. key-number-7. key-number-0.") == "*** ***. ***. ***.")
        for number in 201...600 { all = Redaction(secrets: ["key-number-\(number)"], after: all) }
        #expect(all.text("<key-number-600><key-number-400>") == "<***><***>" && all.text("<key-number-100>") == "<key-number-100>", "bounded")
    }

    @Test func linesHoldNoControlCharactersAndNoForeignWords() {
        let text = UnredactedText("a\r\nb\u{7F}c\u{85}d\u{2028}e\u{202E}f\u{2066}g\u{1B}[31mh") + UnredactedText(foreign: ": my prompt", most: 100)
        #expect(redaction([]).line(text) == "a  b c d e f g [31mh")
        #expect(redaction([]).text(text).hasSuffix(": my prompt"))
    }
}
