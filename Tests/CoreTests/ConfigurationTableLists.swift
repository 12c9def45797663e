/// Members of `providers.<id>.models.map`.
let listCases: [MemberCase] = places + [
    MemberCase("providers.*.models.map", "{\"id\": \"ref\"}", wrong: "[]"),
    MemberCase("providers.*.models.map.list", "\"items\"", wrong: "7"), MemberCase("providers.*.models.map.list[]", "\"items\"", wrong: "7"),
    MemberCase("providers.*.models.map.prices", "\"cost\"", wrong: "7"), MemberCase("providers.*.models.map.prices.*", "\"a.b\"", wrong: "\".\""),
    MemberCase("providers.*.models.map.prices.*[]", "\"usd_per_token:a\"", wrong: "{}"),
    MemberCase("providers.*.models.map.servers", #"{"list": "servers", "name": "id", "prices": {"prompt": "in"}}"#, wrong: "\"servers\""),
    MemberCase("providers.*.models.map.servers.list", "\"servers\"", wrong: "\"a..b\""), MemberCase("providers.*.models.map.servers.name", "\"id\"", wrong: "1"),
    MemberCase("providers.*.models.map.servers.prices", #"{"prompt": "in"}"#, wrong: "\"in\""),
    MemberCase("providers.*.models.map.servers.prices.*", "\"cost.in\"", wrong: "\".\""),
    MemberCase("providers.*.models.map.tiers", "{\"prompt\": \"steps\"}", wrong: "\"steps\""),
    MemberCase("providers.*.models.map.tiers.*", "\"steps\"", wrong: "{}"), MemberCase("providers.*.models.map.tiers.*[]", "\"steps\"", wrong: "\"\""),
    MemberCase("providers.*.models.map.flags", "{\"a\": \"tools\"}", wrong: "[]"), MemberCase("providers.*.models.map.flags.*", "\"tools\"", wrong: "true"),
    MemberCase("providers.*.models.map.defaults", "{\"seed\": \"a\"}", wrong: "[]"), MemberCase("providers.*.models.map.defaults.*", "\"a\"", wrong: "\"a.\""),
    MemberCase("providers.*.models.map.skip", "{\"a\": true}", wrong: "[]"), MemberCase("providers.*.models.map.skip.*", "false", wrong: "[]"),
    MemberCase("providers.*.models.map.types", "{\"a\": \"chat\"}", wrong: "[]"), MemberCase("providers.*.models.map.types.*", "\"chat\"", wrong: "1"),
    MemberCase("providers.*.models.map.words", "{\"a\": \"tools\"}", wrong: "[]"), MemberCase("providers.*.models.map.words.*", "\"tools\"", wrong: "1"),
    MemberCase("providers.*.models.map.strip", "\"models/\"", wrong: "1"), MemberCase("providers.*.models.map.unit", "\"usd_per_token\"", wrong: "\"eur\""),
    MemberCase("providers.*.models.map.paging", "{\"page\": \"p\"}", wrong: "[]"), MemberCase("providers.*.models.map.paging.next", "\"a\"", wrong: "1"),
    MemberCase("providers.*.models.map.paging.query", "\"a\"", wrong: "1"), MemberCase("providers.*.models.map.paging.more", "\"a\"", wrong: "1"),
    MemberCase("providers.*.models.map.paging.link", "\"a\"", wrong: "1"), MemberCase("providers.*.models.map.paging.page", "\"a\"", wrong: "1"),
    MemberCase("providers.*.models.map.paging.size", "\"a\"", wrong: "1"),
]

private let slots = ["id", "canonical_slug", "hugging_face_id", "name", "created", "description", "context_length", "max_output_tokens", "modality",
                     "input_modalities", "output_modalities", "instruct_type", "tokenizer", "top_provider", "per_request_limits", "supported_parameters",
                     "default_parameters", "type", "capabilities", "aliases", "expiration_date", "overrides", "hourly"]
private let places: [MemberCase] = slots.flatMap { slot in
    [MemberCase("providers.*.models.map.\(slot)", "\"limits.window\"", wrong: "\"a..b\""),
     MemberCase("providers.*.models.map.\(slot)[]", "\"limits.window\"", wrong: "7")]
}
