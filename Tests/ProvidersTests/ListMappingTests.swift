@testable import Bytes
@testable import Catalog
import Foundation
@testable import JSON
@testable import Model
@testable import ModelLists
@testable import Settings
import TestSupport
import Testing

private func mapping(_ json: String) throws -> ConfigValue { ConfigValue(try JSONDocument(json), path: "providers.acme.models.map") }

@Suite struct ListMappings {
    @Test func everyFormIsRead() throws {
        for form in forms {
            #expect(throws: Never.self) { _ = try ListMapping(provider { $0.list.form = String(utf8: form.name) }) }
            try ListMapping.check(ConfigValue(try JSONDocument(String(utf8: form.json)), path: "form"))
        }
        #expect(failure { () throws(Failure) in try ListMapping(provider { $0.list.form = "none" }) }?.status == .internal)
    }

    @Test func anInventedShape() throws {
        let map = #"{"list":"result.items","id":"ref","strip":"acme:","name":["labels.long","labels.short"],"context_length":"limits.window","capabilities":[],"flags":{"limits.tools":"tools"},"skip":{"state":"off"},"prices":{"prompt":"cost.in","completion":["usd_per_token:cost.exact","cost.out"],"request":"cost.call"},"tiers":{"prompt":"cost.steps"},"unit":"usd_per_million","types":{"speaks":"chat"},"type":"kind","defaults":{"temperature":"warmth"}}"#
        let body = #"{"result":{"items":[{"ref":"acme:one","labels":{"short":"One"},"limits":{"window":"8,192","tools":true},"state":"on","kind":"speaks","warmth":0.5,"capabilities":["x"],"cost":{"in":2,"exact":"3e-6","out":9,"call":"$0.01","steps":[{"min":1000,"cost":4}]}},{"ref":"two","state":"off"}]}}"#
        let out = ByteBuffer()
        let count = try withBytes(body) { bytes in try readModelList(bytes, provider: provider { $0.list.mapping = map }, into: out) }
        let entry = try #require(try JSONSerialization.jsonObject(with: Data(text(out).utf8)) as? [[String: Any]]).first ?? [:]
        let pricing = entry["pricing"] as? [String: Any]
        #expect(count.models == 1 && count.skipped == 0 && line(entry) == "0.000002 0.000003 - 8192 -")
        #expect(entry["id"] as? String == "one" && entry["name"] as? String == "One" && entry["type"] as? String == "chat")
        #expect(pricing?["request"] as? String == "0.01" && entry["capabilities"] as? [String] == ["tools"])
        #expect((pricing?["overrides"] as? [[String: Any]])?.first?["prompt"] as? String == "0.000004")
        #expect((entry["default_parameters"] as? [String: Any])?["temperature"] as? Double == 0.5)
    }

    @Test func theRowsUnitBeatsTheForms() throws {
        func prompt(_ unit: PriceUnit?, _ form: String) throws -> String {
            let out = ByteBuffer()
            _ = try withBytes(#"[{"id":"a","pricing":{"prompt":2}}]"#) { body in
                try readModelList(body, provider: provider { ($0.list.form, $0.list.priceUnit) = (form, unit) }, into: out)
            }
            let entry = try #require(try JSONSerialization.jsonObject(with: Data(text(out).utf8)) as? [[String: Any]]).first
            return (entry?["pricing"] as? [String: Any])?["prompt"] as? String ?? "-"
        }
        #expect(try [prompt(nil, "chutes"), prompt(.usdPerToken, "chutes"), prompt(.usCentsPerToken, "chutes"), prompt(PriceUnit.none, "chutes"),
                     prompt(nil, "openai")] == ["0.000002", "2", "0.02", "-", "-"])
    }

    @Test(arguments: [
        ("{\"colour\":1}", "colour"), ("[]", ""), ("{\"id\":7}", "id"), ("{\"name\":[\"a\",7]}", "name[1]"), ("{\"name\":\"a..b\"}", "name"),
        ("{\"name\":\"\"}", "name"), ("{\"name\":\"a.b.c.d.e.f.g.h.i\"}", "name"), ("{\"prices\":{\"input\":\"a\"}}", "prices.input"),
        ("{\"prices\":7}", "prices"), ("{\"tiers\":{\"prompt\":{}}}", "tiers.prompt"), ("{\"unit\":\"eur\"}", "unit"), ("{\"skip\":{\"a\":[]}}", "skip.a"),
        ("{\"flags\":{\"a\":true}}", "flags.a"), ("{\"paging\":{\"token\":\"a\"}}", "paging.token"), ("{\"defaults\":{\"t\":\".\"}}", "defaults.t"),
        ("{\"types\":{\"a\":1}}", "types.a"), ("{\"list\":{}}", "list"), ("{\"strip\":\"\"}", "strip"),
    ])
    func mistakesAreNamed(_ json: String, _ place: String) throws {
        let value = try mapping(json)
        let found = failure { () throws(Failure) in try ListMapping.check(value) }
        #expect(found?.status == .config)
        #expect(found?.message.hasPrefix("providers.acme.models.map" + (place.isEmpty ? "" : "." + place) + ": ") == true, "\(found?.message ?? "")")
    }
}

@Suite struct ModelListPages {
    private func pages(_ form: String, url: String = "", _ change: (inout ProviderParts) -> Void = { _ in }) throws(Failure) -> ListPages {
        try ListPages(provider { ($0.access.baseURL, $0.list.url, $0.list.form) = ("https://acme.example/v1", url, form); change(&$0) })
    }

    private func next(_ pages: inout ListPages, _ body: String) throws(Failure) -> String? {
        let buffer = ByteBuffer()
        defer { buffer.keepAlive() }
        _ = buffer.append(body)
        var scan = PageScan(buffer.bytes, paths: pages.mapping.pagePaths)
        guard let stop = try? scan.run(.max), case .finished = stop else { return nil }
        return try pages.next(after: pages.mapping.page(scan, buffer.bytes))
    }

    @Test func aTokenLeadsOn() throws {
        var pages = try pages("gemini")
        #expect(pages.first == "https://acme.example/v1/models?pageSize=1000")
        let body = String(decoding: try ownFixture("models/gemini.json"), as: UTF8.self)
        #expect(try next(&pages, body) == "https://acme.example/v1/models?pageSize=1000&pageToken=abc%2F%2B%3D")
        #expect(try next(&pages, #"{"models":[{"name":"models/x"}]}"#) == nil)
    }

    @Test func theLastIdLeadsOn() throws {
        var pages = try pages("anthropic", url: "https://acme.example/list?beta=1")
        #expect(pages.first == "https://acme.example/list?beta=1&limit=1000")
        #expect(try next(&pages, #"{"data":[{"id":"a"}],"has_more":true,"last_id":"a b"}"#) == "https://acme.example/list?beta=1&limit=1000&after_id=a%20b")
        #expect(try next(&pages, #"{"data":[{"id":"b"}],"has_more":false,"last_id":"b"}"#) == nil)
    }

    @Test func linksStayAtTheHost() throws {
        var pages = try pages("openrouter", url: "https://acme.example:8443/v1/models?limit=2")
        #expect(try next(&pages, #"{"data":[{}],"links":{"next":"/api?offset=2"}}"#) == "https://acme.example:8443/api?offset=2")
        #expect(try next(&pages, #"{"data":[{}],"links":{"next":"https://acme.example:8443/api?offset=4"}}"#) == "https://acme.example:8443/api?offset=4")
        #expect(try next(&pages, #"{"data":[{}],"links":{"next":null}}"#) == nil)
        for link in ["https://other.example/", "http://acme.example:8443/", "https://acme.example/", "//other.example/", "javascript:x", "https://acme.example:8443@other.example/"] {
            let found = failure { () throws(Failure) in
                var copy = pages
                return try next(&copy, "{\"data\":[{}],\"links\":{\"next\":\"\(link)\"}}")
            }
            #expect(link.hasPrefix("//") || found?.status == .badResponse, "\(link)")
        }
    }

    @Test func numberedPagesEndWithAShortOne() throws {
        var pages = try pages("openai") { $0.list.mapping = #"{"paging":{"page":"page","size":"per_page=2"}}"# }
        #expect(pages.first == "https://acme.example/v1/models?per_page=2")
        #expect(try next(&pages, #"[{"id":"a"},{"id":"b"}]"#) == "https://acme.example/v1/models?per_page=2&page=2")
        #expect(try next(&pages, #"[{"id":"c"},{"id":"d"}]"#) == "https://acme.example/v1/models?per_page=2&page=3")
        var other = pages, same = pages
        #expect(try next(&pages, #"[{"id":"e"}]"#) == nil && next(&other, "[]") == nil && next(&same, #"[{"id":"c"},{"id":"d"}]"#) == nil)
    }

    @Test func theyComeToAnEnd() throws {
        var pages = try pages("gemini"), copy = pages
        _ = try next(&pages, #"{"models":[{}],"nextPageToken":"t"}"#)
        #expect(failure { () throws(Failure) in try next(&pages, #"{"models":[{}],"nextPageToken":"t"}"#) }?.status == .badResponse)
        #expect(try next(&copy, #"{"models":[],"nextPageToken":"t"}"#) == nil && next(&copy, "<html>") == nil && next(&copy, #"{"nextPageToken":"t"}"#) == nil)
        let stop = failure { () throws(Failure) in for n in 0..<1000 { _ = try next(&copy, "{\"models\":[{}],\"nextPageToken\":\"\(n)\"}") } }
        #expect(stop?.message.contains("page 501 does not come to an end") == true, "\(stop?.message ?? "")")
        var none = try self.pages("openai")
        #expect(try next(&none, #"{"data":[{"id":"a"}],"nextPageToken":"t"}"#) == nil && none.first == "https://acme.example/v1/models")
    }
}
