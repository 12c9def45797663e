import Testing
@testable import Wire

@Test func moduleLoads() { #expect(Bool(true)) }
