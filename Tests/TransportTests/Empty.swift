import Testing
@testable import Transport

@Test func moduleLoads() { #expect(Bool(true)) }
