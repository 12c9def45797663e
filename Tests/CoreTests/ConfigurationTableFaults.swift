/// The members of `providers.<id>.faults`: of one step, and of each step of a sequence.
let faultCases: [MemberCase] = [
    MemberCase("providers.*.faults", "429", wrong: "\"fine\"", base: development),
    MemberCase("providers.*.faults.sequence", "[429]", wrong: "[]", base: development),
    MemberCase("providers.*.faults.sequence[]", "429", wrong: "100", base: development),
] + stepCases("providers.*.faults.") + stepCases("providers.*.faults.sequence[].")

private let development = #"{"providers": {"mine": {"dialect": "dev"}}}"#

private func stepCases(_ path: String) -> [MemberCase] {
    [
        ("ok", "true", "false"), ("status", "503", "99"), ("headers", "{\"retry-after\": \"1\"}", "[]"), ("headers.*", "\"1\"", "1"),
        ("body", "\"x\"", "{}"), ("error", "{\"message\": \"x\"}", "\"x\""), ("first_byte_delay", "1.5", "-1"),
        ("error_at_chunk", "0", "-1"), ("stall_at_chunk", "0", "0.5"), ("truncate_at_chunk", "0", "\"0\""),
        ("length", "\"long\"", "\"wrong\""), ("empty", "true", "1"), ("html", "true", "1"), ("reset", "true", "1"), ("refuse", "true", "1"),
    ].map { MemberCase(path + $0.0, $0.1, wrong: $0.2, base: development) }
}
